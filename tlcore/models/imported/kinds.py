"""Which kinds of files a network can come in, and who reads each: one table. A kind is a module beside this one.

What is brought comes from anywhere, so a reader's `read` and `save` run in a limited process alone
(networks/reading_process.py); only `recognise` runs outside of it, and looks at no more than names and a few bytes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tlcore.errors import UserError
from tlcore.models.imported.candidate import Candidate, Choices
from tlcore.models.imported.saved import SavedNetwork


class Reader(Protocol):
    """One kind of file. `usual_scaling`: what most networks of this kind expect, a key of SCALING_VALUES.

    `needs_tensorflow`: whether reading one takes TensorFlow.
    """

    @property
    def usual_scaling(self) -> str: ...

    @property
    def needs_tensorflow(self) -> bool: ...

    def recognise(self, path: Path) -> bool:
        """Whether a file or folder is of this kind, by its name and its first bytes; nothing else of it is read."""

    def read(self, path: Path) -> Candidate:
        """What is known of the network in it. Runs in a limited process; no code of the file is ever run.

        Raises:
            UserError: it is damaged, too large, or has what networks are refused for; a sentence says what.
        """

    def save(self, path: Path, candidate: Candidate, choices: Choices, folder: Path) -> SavedNetwork:
        """Write the network in our form into an empty folder, up to the chosen embedding. In a limited process, too.

        Args:
            choices: all made (`candidate.complete`).

        Raises:
            UserError: as `read`, or it cannot be run.
        """


def _keras() -> Reader:
    from tlcore.models.imported import keras_file

    return keras_file.KERAS


def _h5() -> Reader:
    from tlcore.models.imported import keras_file

    return keras_file.H5


def _tflite() -> Reader:
    from tlcore.models.imported import tflite_reader

    return tflite_reader.READER


def _onnx() -> Reader:
    from tlcore.models.imported import onnx_file

    return onnx_file.READER


def _pytorch() -> Reader:
    from tlcore.models.imported import pytorch_file

    return pytorch_file.READER


def _savedmodel() -> Reader:
    from tlcore.models.imported import savedmodel

    return savedmodel.READER


KINDS: dict[str, Callable[[], Reader]] = {
    "keras": _keras,
    "h5": _h5,
    "tflite": _tflite,
    "onnx": _onnx,
    "pytorch": _pytorch,
    "savedmodel": _savedmodel,
}
"""By the key of a kind, what imports its reader; in the order in which they are asked."""


def recognise(path: Path) -> str:
    """The key of the kind that a file or folder is of.

    Raises:
        UserError: it is of none, or is not there.
    """
    if not path.exists():
        raise UserError(f"There is no file or folder at {path}.", "Check the path.")
    for kind, reader in KINDS.items():
        if reader().recognise(path):
            return kind
    raise UserError(f"“{path.name}” is not a network that can be added.", "See docs/networks.md for what is possible.")
