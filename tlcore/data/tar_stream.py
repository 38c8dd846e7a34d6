"""A tar's bytes, unpacked within bounds: Python's reader gets only as much as an honest tar needs.

A tar tells sizes in headers that a few bytes may set to anything, and tarfile reads whole headers into memory. So each
step of reading has an allowance, and all that is unpacked together is held against the size of the file.
"""

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

from tlcore.data.archive_kinds import BZIP2, GZIP, XZ

HEADER_BYTES = 1_000_000
"""What the headers of one file may take: its path, and whatever a system wrote beside it."""

XZ_MEMORY = 256_000_000
"""Bytes that unpacking an .xz may take; its usual settings need 9 MB, its highest 65 MB."""

_STEP = 1 << 16
DAMAGED = (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, RecursionError, IndexError)
"""What reading a tar raises that is none, is cut off or lies."""


class TarStream:
    """A file object for tarfile: forward only.

    Args:
        check_total: is called with the number of bytes that were unpacked so far, and raises where these are too many.

    Raises:
        ValueError: more is asked for at once than was allowed, or bytes that lie behind.
    """

    def __init__(self, path: Path, kind: str, check_total: Callable[[int], None]) -> None:
        self._packed = open(path, "rb")  # noqa: SIM115 (closed in `close`)
        self._file = _unpacked(self._packed, kind)
        self._check_total = check_total
        self._place = self._checked = 0
        self._left = HEADER_BYTES
        self.last = b""
        """What was read last."""

    def allow(self, num_bytes: int = HEADER_BYTES) -> None:
        """Grant so many bytes from here on."""
        self._left = num_bytes

    @property
    def packed(self) -> int:
        """How many bytes of the file itself were read."""
        return self._packed.tell()

    def tell(self) -> int:
        """Where it is, in bytes from the start."""
        return self._place

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        if not 0 <= size <= self._left:
            raise ValueError("more than a file’s headers hold, or than the file does")
        self.last = self._file.read(size)
        self._left -= len(self.last)
        self._went(len(self.last))
        return self.last

    def seek(self, place: int) -> int:
        """Go forward to a place; what lies before it is unpacked and forgotten."""
        if place < self._place:
            raise ValueError("back")
        while self._place < place:
            data = self._file.read(min(_STEP, place - self._place))
            if not data:
                break
            self._went(len(data))
        return self._place

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._packed.close()

    def _went(self, num_bytes: int) -> None:
        self._place += num_bytes
        if self._place - self._checked >= _STEP:
            self._checked = self._place
            self._check_total(self._place)


def _unpacked(file: IO[bytes], kind: str) -> IO[bytes]:
    if kind == GZIP:
        return cast(IO[bytes], gzip.GzipFile(fileobj=file, mode="rb"))
    if kind == BZIP2:
        return cast(IO[bytes], bz2.BZ2File(file))
    if kind == XZ:
        return io.BufferedReader(_XzReader(file), _STEP)
    return file


class _XzReader(io.RawIOBase):
    """An .xz, unpacked within `XZ_MEMORY`, which Python's own LZMAFile cannot be told."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        data = b""
        while not data:
            if self._decompressor.eof:
                return 0  # what may follow the first stream is no part of a tar that tar wrote
            packed = self._file.read(_STEP) if self._decompressor.needs_input else b""
            if self._decompressor.needs_input and not packed:
                raise EOFError("cut off")
            data = self._decompressor.decompress(packed, len(buffer))
        buffer[: len(data)] = data
        return len(data)
