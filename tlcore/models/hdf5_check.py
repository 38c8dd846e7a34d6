"""Looking through an HDF5 file before anything of it is read: what weights never have is refused.

HDF5 can point to other files, claim arrays of any size, run filters from plug-ins and go round in circles. Files with a
published hash need no such look; this is for those that nobody vouches for.
"""

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.errors import UserError

if TYPE_CHECKING:
    import h5py

MOST_OBJECTS, MOST_DEPTH = 100_000, 30
MOST_ATTRIBUTE_BYTES = 16_000_000  # of one: the names of all layers
MOST_ARRAY_BYTES = 4_000_000_000
MAX_RATIO, SMALL = 20, 1_000_000
"""How many times its stored bytes an array may unpack to that is larger than SMALL bytes. Weights hardly shrink."""

_FILTERS = {1, 2, 3}  # gzip, shuffle, Fletcher-32: those that HDF5 itself brings and Keras may use


def check_hdf5(path: Path) -> None:
    """Look at all groups, arrays and attributes of a file without reading an array.

    Raises:
        UserError: it has what no file of weights has; the sentence says what.
        OSError, RuntimeError, KeyError, ValueError: it is damaged or no HDF5 file.
    """
    import h5py  # here, since pages ask for what is present and never read a file

    with h5py.File(path, "r") as file:
        _Look(path).group(file, 0)


class _Look:
    """One look through a file: what was seen so far."""

    def __init__(self, path: Path) -> None:
        self._path, self._file_bytes = path, path.stat().st_size
        self._seen: set[int] = set()
        self._stored = 0

    def group(self, group: "h5py.Group", depth: int) -> None:
        """Look at all that is in a group."""
        import h5py

        if depth > MOST_DEPTH:
            raise self._refused(f"groups in more than {MOST_DEPTH} others")
        self._attributes(group)
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise self._refused("a link to another place or file")
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in self._seen:  # under a second name, or a circle
                continue
            self._seen.add(address)
            if len(self._seen) > MOST_OBJECTS:
                raise self._refused(f"more than {MOST_OBJECTS:,} parts")
            if isinstance(item, h5py.Group):
                self.group(item, depth + 1)
            elif isinstance(item, h5py.Dataset):
                self._attributes(item)
                self._array(item)

    def _array(self, array: "h5py.Dataset") -> None:
        """Look at how an array says that it is stored."""
        import h5py

        plan, kind = array.id.get_create_plist(), array.id.get_type()
        if plan.get_external_count() or plan.get_layout() == h5py.h5d.VIRTUAL:
            raise self._refused("an array that lies in another file")
        if any(plan.get_filter(number)[0] not in _FILTERS for number in range(plan.get_nfilters())):
            raise self._refused("an array that is packed in an uncommon way")
        if not _is_plain(kind):
            raise self._refused("an array of something else than numbers or short texts")
        chunk = plan.get_chunk() if plan.get_layout() == h5py.h5d.CHUNKED else ()
        needed = max(prod(array.shape or ()), prod(chunk)) * kind.get_size()
        stored = array.id.get_storage_size()
        self._stored += stored
        absurd = needed > SMALL and needed > MAX_RATIO * stored
        if absurd or needed > MOST_ARRAY_BYTES or self._stored > self._file_bytes:
            raise self._refused(f"an array that claims to be {' × '.join(map(str, array.shape or ()))}")

    def _attributes(self, item: Any) -> None:
        import h5py

        for name in item.attrs:
            attribute = h5py.h5a.open(item.id, name.encode("utf-8", "surrogateescape"))
            kind = attribute.get_type()
            if prod(attribute.shape or ()) * kind.get_size() > MOST_ATTRIBUTE_BYTES:
                raise self._refused("a note of absurd length")
            if not _is_plain(kind, any_length=True):
                raise self._refused("a note that is neither number nor text")

    def _refused(self, what: str) -> UserError:
        return UserError(
            f"{self._path.name} is not a normal weights file ({what}), so it was not opened.",
            "Delete it and download the weights from Keras.",
        )


def _is_plain(kind: Any, any_length: bool = False) -> bool:
    """Whether a type is one of numbers or texts. Texts of any length do not lie where their array lies."""
    import h5py

    if kind.get_class() == h5py.h5t.STRING:
        return any_length or not kind.is_variable_str()
    return kind.get_class() in (h5py.h5t.INTEGER, h5py.h5t.FLOAT)
