"""The checksums of a row store: four bytes a row in `checks.bin`, over the row's key and its numbers.

A row whose bytes do not fit is dropped: its checksum is overwritten with DROPPED, so that nobody finds that row again,
and it is recomputed and appended like any other. This is the only thing in a store that is ever overwritten. Rows of
version 0.1.0 have no checksum; they get one when they are read first.
"""

import os
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

FILE = "checks.bin"
CHECK_BYTES = 4
UNCHECKED, DROPPED = 0, 1
_DTYPE = np.dtype("<u4")


def checksum(key: bytes, row: memoryview) -> int:
    """The CRC-32 of a row, which is never one of the two numbers that mean something else."""
    value = zlib.crc32(row, zlib.crc32(key))
    return value if value > DROPPED else value + 2


def pack(keys: Iterable[bytes], rows: memoryview, row_bytes: int) -> bytes:
    """The checksums of rows that lie one behind the other in `rows`, as they stand in the file."""
    values = [checksum(key, rows[number * row_bytes : (number + 1) * row_bytes]) for number, key in enumerate(keys)]
    return np.array(values, _DTYPE).tobytes()


class RowChecks:
    """The checksums in a store's folder, as far as they were read; rows behind the file's end are UNCHECKED."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._values: npt.NDArray[np.uint32] = np.zeros(0, _DTYPE)
        self._verified = bytearray()

    def read_to(self, num_rows: int) -> None:
        """Learn of the checksums up to that many rows."""
        known = len(self._values)
        fresh = np.zeros(num_rows - known, _DTYPE)
        try:
            with open(self.path, "rb") as file:
                file.seek(known * CHECK_BYTES)
                data = file.read(fresh.nbytes)
        except FileNotFoundError:
            data = b""
        found = np.frombuffer(data[: len(data) // CHECK_BYTES * CHECK_BYTES], _DTYPE)
        fresh[: len(found)] = found
        self._values = np.concatenate([self._values, fresh])
        self._verified.extend(bytes(len(fresh)))

    def dropped_from(self, first: int) -> frozenset[int]:
        """The rows from this one on that were found damaged before."""
        return frozenset((np.nonzero(self._values[first:] == DROPPED)[0] + first).tolist())

    def is_verified(self, row: int) -> bool:
        """Whether a row was held against its checksum since the store was opened."""
        return bool(self._verified[row])

    def verify(self, row: int, key: bytes, data: memoryview) -> bool:
        """Hold a row's bytes against its checksum; False where they do not fit. Without a checksum they do."""
        fits = bool(self._values[row] in (UNCHECKED, checksum(key, data)))
        if fits and self._values[row] != UNCHECKED:
            self._verified[row] = True
        return fits

    def is_unchecked(self, row: int) -> bool:
        """Whether a row has no checksum yet."""
        return bool(self._values[row] == UNCHECKED)

    def write(self, values: Mapping[int, int]) -> None:
        """Give rows these checksums, on the disk and here. The caller holds the store's lock.

        Raises:
            OSError: the disk says no.
        """
        with open(self.path, "r+b" if self.path.exists() else "w+b") as file:
            for row, value in values.items():
                file.seek(row * CHECK_BYTES)  # a gap in front of it reads as UNCHECKED
                file.write(np.array([value], _DTYPE).tobytes())
            file.flush()
            os.fsync(file.fileno())
        for row, value in values.items():
            self._values[row] = value
