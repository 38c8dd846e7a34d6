"""The thumbnails of a data set: made once, while its photos are read, and shown from then on without decoding any.

datasets/<id>/thumbnails.bin       the JPEGs, one after the other
datasets/<id>/thumbnails.parquet   sha256 of the photo, its JPEG's start and length, and the CRC-32 of hash and JPEG
datasets/<id>/edits/<n>/           the same, of photos that an edit brought (edit_log.py)
"""

import zlib
from collections.abc import Mapping
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa

from tlcore.naming import Mark, file_mark
from tlcore.workspace import write_atomic

SIZE = 240
"""Pixels a side: as large as a page ever shows a photo among others."""

BROUGHT = "edits"  # in a data set's folder: one folder for each edit that brought photos along
PIXELS = "thumbnails.bin"
INDEX = "thumbnails.parquet"
_COLUMNS = ["sha256", "start", "length", "crc32"]

Index = Mapping[str, tuple[Path, int, int, int]]
"""Of each photo's thumbnail, by the photo's hash: file, start, length, checksum."""


class ThumbnailWriter:
    """Takes the thumbnails of a data set in the making; the end of its block makes them readable. Raises OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: list[tuple[str, int, int, int]] = []
        self._taken: set[str] = set()
        self._file: BinaryIO | None = None

    def __enter__(self) -> "ThumbnailWriter":
        return self

    def add(self, sha256: str, thumbnail: bytes) -> None:
        """Keep a thumbnail under its photo's hash; a photo that came before is passed over."""
        if sha256 in self._taken:
            return
        if self._file is None:
            self._file = open(self._folder / PIXELS, "wb")  # noqa: SIM115
        self._rows.append((sha256, self._file.tell(), len(thumbnail), _checksum(sha256, thumbnail)))
        self._taken.add(sha256)
        self._file.write(thumbnail)

    def __exit__(self, *error: object) -> None:
        """Write what is left and the index."""
        if self._file is None:
            return
        self._file.close()
        target = BytesIO()
        pd.DataFrame(self._rows, columns=_COLUMNS).to_parquet(target, index=False)
        write_atomic(self._folder / INDEX, target.getvalue())


class Thumbnails:
    """Reads what a `ThumbnailWriter` kept in a data set's folder, and what its edits brought; for many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, sha256: str) -> bytes | None:
        """The JPEG of the photo with this hash; None where there is none or it is damaged."""
        place = next((index[sha256] for index in self._indexes if sha256 in index), None)
        if place is None:
            return None
        path, start, length, crc32 = place
        try:
            with open(path, "rb") as file:
                file.seek(start)
                thumbnail = file.read(length)
        except (OSError, ValueError):
            return None
        return thumbnail if len(thumbnail) == length and _checksum(sha256, thumbnail) == crc32 else None

    @property
    def photos(self) -> tuple[str, ...]:
        """The hashes of the photos that have one."""
        return tuple(dict.fromkeys(sha256 for index in self._indexes for sha256 in index))

    @cached_property
    def _indexes(self) -> tuple[Index, ...]:
        """What each index says, of which the first that has a hash counts; empty where no thumbnails were kept."""
        places = (self._folder, *(each.parent for each in self._folder.glob(f"{BROUGHT}/*/{INDEX}")))
        return tuple(_read_index(place / INDEX, file_mark(place, INDEX)) for place in places)


@lru_cache(maxsize=64)
def _read_index(path: Path, _mark: Mark | None) -> Index:
    """What one index says; a damaged one says nothing, and its thumbnails are then made when they are needed.

    The versions of a data set share theirs, so it is read once.
    """
    try:
        index = pd.read_parquet(path, columns=_COLUMNS)
        rows = zip(*(index[name].to_numpy(dtype=object) for name in _COLUMNS), strict=True)
        pixels = path.with_name(PIXELS)
        return {str(sha256): (pixels, int(start), int(length), int(crc32)) for sha256, start, length, crc32 in rows}
    except (OSError, ValueError, KeyError, TypeError, OverflowError, MemoryError, pa.ArrowException):
        return {}


def blank_thumbnails(folder: Path, sha256s: set[str]) -> None:
    """Overwrite the thumbnails of photos that go for good, wherever in a data set they are. Raises UserError."""
    for index in (folder / INDEX, *folder.glob(f"{BROUGHT}/*/{INDEX}")):
        found = _read_index(index, file_mark(index.parent, INDEX))
        places = [place for sha256, place in found.items() if sha256 in sha256s]
        if not places:
            continue
        pixels = index.with_name(PIXELS)
        data = bytearray(pixels.read_bytes())
        for _, start, length, _ in places:
            data[start : start + length] = bytes(len(data[start : start + length]))
        write_atomic(pixels, bytes(data))  # not in place: a copy of the data set may have the same file


def _checksum(sha256: str, thumbnail: bytes) -> int:
    """Of the picture and of whose it is: an index that names another photo must not show this one."""
    return zlib.crc32(thumbnail, zlib.crc32(sha256.encode()))
