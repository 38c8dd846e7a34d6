"""Reading the files of a bundle out of a folder or a zip that anybody may have made: nothing it claims is believed.

Only the files that are asked for are read, one after the other and not more of each than is allowed; nothing is ever
written under a name that stands in a zip.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from tlcore.errors import UserError
from tlcore.features.activations import size_text
from tlcore.features.memory import free_memory

MOST_DIRECTORY_BYTES = 1_000_000
"""Of a zip's table of contents, some 10,000 entries; Python makes objects of all of it before anything can be asked."""

SMALL = 50_000_000  # bytes of a file that needs no further look at its size
MAX_RATIO = 100
"""How many times its packed size a file may have that is not small. Weights hardly shrink at all."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack without a limit: 4 kB may become 5 GB
_ENCRYPTED = 0x1
_END, _END_BYTES, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
_END_64 = b"PK\x06\x07"  # the mark of the larger format, which no bundle needs
_DAMAGED = (
    *(OSError, EOFError, KeyError, ValueError, RuntimeError, OverflowError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)


class NoBundle(Exception):
    """There is no bundle in a folder or a file, or not all of one."""


def read_files(path: Path, limits: Mapping[str, int]) -> dict[str, bytes]:
    """The files with these names, out of a folder or a zip; in a zip they may be wrapped in folders.

    Args:
        limits: how many bytes each file may have; the first name is that of the file that tells where the others are.

    Raises:
        NoBundle: it is no folder and no zip that can be read, or one of the files is missing.
        UserError: a file is too large, or there is more than one in the zip that could be meant.
    """
    if not path.is_file():
        return {name: _read(path / name, limit) for name, limit in limits.items()}
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            entries = _find(archive, list(limits))
            return {name: _unpack(archive, entries[name], limit) for name, limit in limits.items()}
    except _DAMAGED as error:
        raise NoBundle(str(error)) from error


def _read(path: Path, limit: int) -> bytes:
    try:
        if not path.is_file():  # a pipe would be waited for, a device never ends
            raise NoBundle(f"{path.name} is missing")
        _check_size(path.name, path.stat().st_size, limit)
        return path.read_bytes()
    except OSError as error:
        raise NoBundle(str(error)) from error


def _check_directory(path: Path) -> None:
    """Look at how large a zip's table of contents is before Python reads it."""
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT - len(_END_64) - 20))
        tail = file.read()
    starts = {len(tail) - _END_BYTES, tail.rfind(_END)}  # without a comment, or with one
    found = [start for start in starts if start >= 0 and tail[start : start + 4] == _END]
    for start in found:
        directory = int.from_bytes(tail[start + 12 : start + 16], "little")
        if directory > MOST_DIRECTORY_BYTES or _END_64 in tail[max(0, start - 20) : start]:
            raise UserError(f"{path.name} contains far too many files.", "Choose a zip with one trained model.")


def _find(archive: zipfile.ZipFile, names: list[str]) -> dict[str, zipfile.ZipInfo]:
    """The entries of the uppermost folder that has the first of the names; raises KeyError where one is missing."""
    entries = archive.infolist()
    leading = [entry.filename for entry in entries if entry.filename.split("/")[-1] == names[0]]
    if not leading:
        raise KeyError(names[0])
    depth = min(name.count("/") for name in leading)
    upper = [name for name in leading if name.count("/") == depth]
    folder = upper[0][: -len(names[0])]
    found = {name: [entry for entry in entries if entry.filename == folder + name] for name in names}
    if len(upper) > 1 or any(len(each) > 1 for each in found.values()):
        raise UserError("The zip contains more than one trained model.", "Make a zip with one model.")
    missing = [name for name, each in found.items() if not each]
    if missing:
        raise KeyError(missing[0])
    return {name: each[0] for name, each in found.items()}


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    """The bytes of an entry; its CRC is checked by `zipfile`."""
    name = entry.filename.split("/")[-1]
    _check_size(name, entry.file_size, limit)
    shrunk = entry.file_size > MAX_RATIO * max(entry.compress_size, 1) and entry.file_size > SMALL
    strange = entry.compress_type not in _METHODS or entry.flag_bits & _ENCRYPTED
    if shrunk or strange or stat.S_ISLNK(entry.external_attr >> 16):
        reason = "is compressed far more than a model can be" if shrunk else "has a password, or is a link or unusual"
        raise UserError(f"{name} in this zip {reason}.", "Make the zip again with the usual settings.")
    with archive.open(entry) as file:
        data = file.read(limit + 1)
    if len(data) != entry.file_size:
        raise zipfile.BadZipFile(f"{name} doesn’t have the length the zip says")
    return data


def _check_size(name: str, size: int, limit: int) -> None:
    """Raise UserError for a file that is larger than allowed, or than the memory that is free."""
    most = min(limit, free_memory() // 2) if size > SMALL else limit
    if size > most:
        raise UserError(
            f"{name} is too large: it has {size_text(size)}, and the limit here is {size_text(most)}.",
            "Use a model with a smaller network, or a computer with more memory.",
        )
