"""What a model was trained to, as arrays in its bundle: enough to make the Keras file of, when somebody asks for it.

A head is small. A network that adapted is there with all its weights, as it would be in the Keras file. The format is a
plain NumPy archive without compression; it may come from anybody, like the rest of a bundle.
"""

import io
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from tlcore.errors import UserError

WEIGHTS = "weights.npz"

_UNREADABLE = (
    *(OSError, EOFError, KeyError, ValueError, TypeError, RuntimeError, OverflowError, MemoryError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)

Arrays = Mapping[str, Sequence[np.ndarray]]
"""Groups of arrays by their name: "head" (weights and bias of each layer from the first to the last), and
"backbone" or "network" (all variables, in Keras' order) where it adapted; "prototypes", one (n, D)."""


def pack_arrays(arrays: Arrays) -> bytes:
    """The arrays as the content of a file."""
    flat = {f"{group}/{number}": each for group, several in arrays.items() for number, each in enumerate(several)}
    buffer = io.BytesIO()
    np.savez(buffer, **flat)  # type: ignore[arg-type]  # its stub takes **arrays for allow_pickle
    return buffer.getvalue()


def unpack_arrays(data: bytes) -> dict[str, list[np.ndarray]]:
    """The arrays of a file's content; nothing is unpickled, and they take no more memory than the file has bytes.

    Raises:
        UserError: it is no such file.
    """
    groups: dict[str, dict[int, np.ndarray]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > len(data):
                raise ValueError("It claims to be larger than it is.")
            for entry in archive.infolist():
                group, number = entry.filename.removesuffix(".npy").rsplit("/", 1)
                groups.setdefault(group, {})[int(number)] = _read(archive, entry)
    except _UNREADABLE as error:
        raise UserError(f"{WEIGHTS} in this model can’t be read.", "Train again.") from error
    return {group: [rows[number] for number in sorted(rows)] for group, rows in groups.items()}


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> np.ndarray:
    """One array. Its header's claims are held against the bytes that there are before memory is allocated."""
    with archive.open(entry) as file:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("It was not written here.")
        shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
        values = file.read()
    if dtype.kind not in "fiu" or len(values) != math.prod(shape) * dtype.itemsize:
        raise ValueError("It is another array than it claims.")
    array = np.frombuffer(values, dtype).reshape(shape, order="F" if is_fortran else "C")
    if not np.isfinite(array).all():
        raise ValueError("Not all of it are numbers.")
    return array
