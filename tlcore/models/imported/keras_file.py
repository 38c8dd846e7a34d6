"""Reading `.keras` and `.h5` files: what people save with `model.save(…)`. See kinds.py."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.errors import UserError
from tlcore.models.imported.candidate import Candidate, Choices, Known
from tlcore.models.imported.saved import SavedNetwork

if TYPE_CHECKING:
    import keras

USUAL_SIZE = 224  # of networks that take any; that for which most were trained
LEAST_SIZES = (32, 96)  # the least size is the first of these that will do, else the network's own
OTHER = 32  # pixels more, to find out whether another size will do

_HDF5 = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class _KerasFile:
    """A reader of one of the two; see `kinds.Reader`."""

    kind: str
    matches: Callable[[Path], bool]
    usual_scaling: str = "0..1"
    needs_tensorflow: bool = True

    def recognise(self, path: Path) -> bool:
        """See `Reader.recognise`."""
        return path.is_file() and self.matches(path)

    def read(self, path: Path) -> Candidate:
        """See `Reader.read`."""
        from tlcore.models.imported.keras_graph import embeddings, flat_network, scaling_of

        model = self._open(path)
        own, least, most = _sizes(model)
        network = flat_network(model, own)
        return Candidate(
            kind=self.kind,
            title="",
            embeddings=embeddings(network),
            image_size=Known(own, "usual" if not most and least < own and _takes_any(model) else "file"),
            layout=Known("NHWC", "file"),
            scaling=scaling_of(network, model),
            num_parameters=model.count_params(),
            can_be_keras=True,
            least_image_size=least,
            most_image_size=most,
        )

    def save(self, path: Path, candidate: Candidate, choices: Choices, folder: Path) -> SavedNetwork:
        """See `Reader.save`."""
        from tlcore.models.imported.keras_form import save_keras_network

        return save_keras_network(self._open(path), choices, folder)

    def _open(self, path: Path) -> "keras.Model":
        from tlcore.models.imported.keras_archive import open_archive, open_hdf5

        return open_hdf5(path) if self.kind == "h5" else open_archive(path)


def _takes_any(model: "keras.Model") -> bool:
    return bool(model.inputs[0].shape[1] is None)


def _sizes(model: "keras.Model") -> tuple[int, int, int]:
    """The network's own image size, the least and the most (0: any); found out by calling it on images of others."""
    from tlcore.models.imported.keras_graph import check_input

    own = check_input(model) or USUAL_SIZE
    if not _can_take(model, own + OTHER):
        return own, own, own
    return own, next((size for size in LEAST_SIZES if size < own and _can_take(model, size)), own), 0


def _can_take(model: "keras.Model", image_size: int) -> bool:
    from tlcore.models.imported.keras_graph import embeddings, flat_network

    try:
        return bool(embeddings(flat_network(model, image_size)))
    except UserError:
        return False


def _is_keras_zip(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "config.json" in archive.namelist() and "metadata.json" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return path.suffix.lower() == ".keras"  # a damaged one is told as such


def _is_hdf5(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(_HDF5)) == _HDF5
    except OSError:
        return False


KERAS = _KerasFile("keras", _is_keras_zip)
H5 = _KerasFile("h5", lambda path: _is_hdf5(path) or path.suffix.lower() in (".h5", ".hdf5"))
