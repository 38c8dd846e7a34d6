"""The directories of a TIFF, read without any pixel: what it holds, and so who can read it and what that costs.

Only the tags below are read, and of each at most a few dozen values, however much a file claims to have.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

MOST_DIRECTORIES = 4_096
"""Pages and sub-directories that are looked at; of more, the rest is not."""

_MOST_VALUES, _MOST_TEXT, _MOST_ENTRIES = 64, 512, 4_096
_MAGIC = {b"II*\0": ("<", False), b"MM\0*": (">", False), b"II+\0": ("<", True), b"MM\0+": (">", True)}
_TYPES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_TEXT = 2


class Tag(IntEnum):
    """The tags that are read, by their names in the TIFF specification, and those of other programs."""

    NEW_SUBFILE_TYPE = 254
    SUBFILE_TYPE = 255
    IMAGE_WIDTH = 256
    IMAGE_LENGTH = 257
    BITS_PER_SAMPLE = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    FILL_ORDER = 266
    IMAGE_DESCRIPTION = 270
    ORIENTATION = 274
    SAMPLES_PER_PIXEL = 277
    ROWS_PER_STRIP = 278
    PLANAR_CONFIGURATION = 284
    PREDICTOR = 317
    TILE_WIDTH = 322
    TILE_LENGTH = 323
    SUB_IFDS = 330
    INK_SET = 332
    EXTRA_SAMPLES = 338
    SAMPLE_FORMAT = 339
    YCBCR_SUBSAMPLING = 530
    METAMORPH_STACK = 33629
    ZEISS_LSM = 34412
    DNG_VERSION = 50706


@dataclass(frozen=True)
class Directory:
    """One picture of a TIFF: its tags. A tag that is not there has the default that the specification gives it."""

    numbers: Mapping[int, tuple[int, ...]]
    description: bytes = b""

    def get(self, tag: Tag, default: int = 0) -> int:
        """The first value of a tag."""
        values = self.numbers.get(tag, ())
        return values[0] if values else default

    def all(self, tag: Tag) -> tuple[int, ...]:
        """All values of a tag that were read; () where it is not there."""
        return self.numbers.get(tag, ())

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as stored, before the orientation is applied."""
        return self.get(Tag.IMAGE_WIDTH), self.get(Tag.IMAGE_LENGTH)

    @property
    def num_samples(self) -> int:
        """Values a pixel."""
        return max(1, self.get(Tag.SAMPLES_PER_PIXEL, 1))

    @property
    def bits(self) -> int:
        """Bits of a value; 0 where the channels differ."""
        values = set(self.all(Tag.BITS_PER_SAMPLE)[: self.num_samples]) or {1}
        return values.pop() if len(values) == 1 else 0

    @property
    def is_reduced_or_mask(self) -> bool:
        """Whether it is a smaller copy of another picture, or tells which parts of one are transparent."""
        return bool(self.get(Tag.NEW_SUBFILE_TYPE) & 5) or self.get(Tag.SUBFILE_TYPE) == 2


@dataclass(frozen=True)
class Directories:
    """`pages`: one after the other, as in the file; `below`: those that belong to a page (thumbnails, raw data).

    `pillow_opens`: whether Pillow knows the kind of file; it does not know BigTIFF with the large byte first.
    """

    pages: tuple[Directory, ...]
    below: tuple[Directory, ...]
    pillow_opens: bool = True


def is_tiff(data: bytes) -> bool:
    """Whether these bytes begin like a TIFF."""
    return data[:4] in _MAGIC


def read_directories(data: bytes) -> Directories:
    """The directories of a TIFF, as far as they can be read; none of what is no TIFF."""
    if not is_tiff(data):
        return Directories((), ())
    order, big = _MAGIC[data[:4]]
    reader = _Reader(data, order, big)
    try:
        first = reader.first()
    except struct.error:  # cut off in its header
        return Directories((), ())
    pages, sub_offsets = reader.chain(first, MOST_DIRECTORIES)
    below: list[Directory] = []
    for offset in sub_offsets[: MOST_DIRECTORIES - len(pages)]:
        found, _ = reader.chain(offset, 8)
        below += found
    return Directories(tuple(pages), tuple(below), not (big and order == ">"))


class _Reader:
    """Reads numbers and directories out of the bytes of a TIFF; each place of a directory is visited once."""

    def __init__(self, data: bytes, order: str, big: bool) -> None:
        self._data, self._order, self._big = data, order, big
        self._seen: set[int] = set()

    def first(self) -> int:
        """Where the first directory is."""
        return self._number("Q" if self._big else "I", 8 if self._big else 4)

    def chain(self, offset: int, most: int) -> tuple[list[Directory], list[int]]:
        """Directories, each of which says where the next is; and the places of those below them."""
        found: list[Directory] = []
        below: list[int] = []
        while offset and offset not in self._seen and len(found) < most:
            self._seen.add(offset)
            try:
                directory, offset = self._directory(offset)
            except (struct.error, IndexError, OverflowError):  # cut off, or points to nowhere
                break
            found.append(directory)
            below += directory.all(Tag.SUB_IFDS)
        return found, below

    def _directory(self, offset: int) -> tuple[Directory, int]:
        count_format, entry_bytes = ("Q", 20) if self._big else ("H", 12)
        count = self._number(count_format, offset)
        if count > _MOST_ENTRIES:
            raise IndexError(count)
        start = offset + struct.calcsize(count_format)
        numbers, description = {}, b""
        for place in range(start, start + count * entry_bytes, entry_bytes):
            tag, kind = self._number("H", place), self._number("H", place + 2)
            if tag not in _WANTED:
                continue
            values = self._values(kind, place + 4)
            if isinstance(values, bytes):
                description = values if tag == Tag.IMAGE_DESCRIPTION else description
            elif values:
                numbers[tag] = values
        return Directory(numbers, description), self._number("Q" if self._big else "I", start + count * entry_bytes)

    def _values(self, kind: int, place: int) -> tuple[int, ...] | bytes:
        """The values of a tag, in the entry itself where they fit, else where it points to."""
        count_format, room = ("Q", 8) if self._big else ("I", 4)
        count, inside = self._number(count_format, place), place + room
        size = 1 if kind == _TEXT else struct.calcsize(_TYPES.get(kind, "Q"))
        start = inside if count * size <= room else self._number(count_format, inside)
        if kind == _TEXT:
            return self._data[start : start + min(count, _MOST_TEXT)]
        if kind not in _TYPES:
            return ()
        read = min(count, _MOST_VALUES)
        return struct.unpack_from(f"{self._order}{read}{_TYPES[kind]}", self._data, start)

    def _number(self, kind: str, place: int) -> int:
        number: int = struct.unpack_from(self._order + kind, self._data, place)[0]
        return number


_WANTED = frozenset(int(tag) for tag in Tag)
