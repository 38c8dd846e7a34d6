"""Turning a picture without touching its pixels: by the orientation that its metadata says (EXIF tag 0x0112).

Reads and writes the container alone, byte by byte with every bound checked, since strangers made these files; nothing
is decoded. For JPEG and PNG.
"""

import re
import struct
import zlib

CLOCKWISE = {
    90: {1: 6, 6: 3, 3: 8, 8: 1, 2: 7, 7: 4, 4: 5, 5: 2},
    180: {1: 3, 3: 1, 6: 8, 8: 6, 2: 4, 4: 2, 5: 7, 7: 5},
    270: {1: 8, 8: 3, 3: 6, 6: 1, 2: 5, 5: 4, 4: 7, 7: 2},
}
"""The orientation after a turn by so many degrees, by the one before (EXIF 2.32, 4.6.4 A; 1 is upright)."""

_ORIENTATION, _SHORT = 0x0112, 3
_EXIF = b"Exif\0\0"
_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_EXIF = 0xFFFF - 2 - len(_EXIF)
_XMP = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')  # where programs write it that know no EXIF; Pillow reads it
_PROFILE = b"Raw profile type exif"  # an EXIF block of ImageMagick's in a PNG's text
_STANDALONE = (0x01, *range(0xD0, 0xD8))


class CannotTurn(ValueError):
    """The file has no place for an orientation, or an odd one."""


def turn(data: bytes, degrees: int) -> bytes:
    """The file of a picture that is seen turned clockwise by 90, 180 or 270 degrees, its pixels as they were.

    Raises:
        CannotTurn: it is neither a JPEG nor a PNG, or not laid out as these are.
    """
    try:
        if data.startswith(b"\xff\xd8"):
            return _turn_jpeg(data, degrees)
        if data.startswith(_PNG):
            return _turn_png(data, degrees)
    except (struct.error, IndexError) as error:
        raise CannotTurn("cut off") from error
    raise CannotTurn("neither JPEG nor PNG")


def _turn_jpeg(data: bytes, degrees: int) -> bytes:
    """With the block of its Exif segment replaced, or a new segment behind the first ones."""
    place, insert = 2, 2
    while data[place] == 0xFF and data[place + 1] not in (0xDA, 0xD9):
        marker = data[place + 1]
        if marker == 0xFF:  # filling
            place += 1
            continue
        if marker in _STANDALONE:
            place += 2
            continue
        length = struct.unpack_from(">H", data, place + 2)[0]
        end = place + 2 + length
        if length < 2 or end > len(data):
            raise CannotTurn("a segment that ends nowhere")
        if marker == 0xE1 and data[place + 4 : place + 10] == _EXIF:
            block = _turned_block(data[place + 10 : end], degrees)
            return data[:place] + _segment(block) + data[end:]
        if marker == 0xE0 and place == insert:  # JFIF says it has to be the first
            insert = end
        place = end
    return data[:insert] + _segment(_new_block(_turned_without_exif(data[:place], degrees))) + data[insert:]


def _turned_without_exif(header: bytes, degrees: int) -> int:
    """The orientation after a turn of a picture without EXIF, by what stands before its pixels."""
    found = _XMP.search(header)
    return CLOCKWISE[degrees][int(found[1]) if found else 1]


def _segment(block: bytes) -> bytes:
    if len(block) > _MOST_EXIF:
        raise CannotTurn("no room for it")
    return b"\xff\xe1" + struct.pack(">H", len(block) + 2 + len(_EXIF)) + _EXIF + block


def _turn_png(data: bytes, degrees: int) -> bytes:
    """With its eXIf chunk replaced, or a new one before the pixels."""
    place, insert = len(_PNG), 0
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            raise CannotTurn("a chunk that ends nowhere")
        if kind == b"eXIf":
            block = _turned_block(data[place + 8 : end - 4], degrees)
            return data[:place] + _chunk(block) + data[end:]
        if kind == b"IDAT" and not insert:
            insert = place
        place = end
    if not insert or _PROFILE in data[:insert]:
        raise CannotTurn("no pixels, or an orientation in a text")
    return data[:insert] + _chunk(_new_block(_turned_without_exif(data[:insert], degrees))) + data[insert:]


def _chunk(block: bytes) -> bytes:
    body = b"eXIf" + block
    return struct.pack(">I", len(block)) + body + struct.pack(">I", zlib.crc32(body))


def _new_block(orientation: int) -> bytes:
    """A TIFF block that says an orientation and nothing else."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)


def _turned_block(block: bytes, degrees: int) -> bytes:
    """A TIFF block with its orientation turned: written over where it says one, else in a new first directory."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or struct.unpack_from(f"{order}H", block, 2)[0] != 42:
        return _new_block(CLOCKWISE[degrees][1])  # no reader makes sense of it, so it says nothing that would be lost
    start = struct.unpack_from(f"{order}I", block, 4)[0]
    if start + 2 > len(block):
        return _new_block(CLOCKWISE[degrees][1])
    number = struct.unpack_from(f"{order}H", block, start)[0]
    if start + 2 + 12 * number + 4 > len(block) + 4:
        return _new_block(CLOCKWISE[degrees][1])
    for place in range(start + 2, start + 2 + 12 * number, 12):
        tag, kind, count = struct.unpack_from(f"{order}HHI", block, place)
        if tag == _ORIENTATION and kind == _SHORT and count == 1:
            before = struct.unpack_from(f"{order}H", block, place + 8)[0]
            after = CLOCKWISE[degrees].get(before, CLOCKWISE[degrees][1])
            return block[: place + 8] + struct.pack(f"{order}H", after) + block[place + 10 :]
    entries = [block[place : place + 12] for place in range(start + 2, start + 2 + 12 * number, 12)]
    entries = [each for each in entries if struct.unpack(f"{order}H", each[:2])[0] != _ORIENTATION]
    value = CLOCKWISE[degrees][1]
    entries.append(struct.pack(f"{order}HHIHH", _ORIENTATION, _SHORT, 1, value, 0))
    entries.sort(key=lambda each: struct.unpack(f"{order}H", each[:2])[0])
    following = block[start + 2 + 12 * number : start + 6 + 12 * number].ljust(4, b"\0")
    block += b"\0" * (len(block) % 2)  # directories begin at even places; values stay where they were
    directory = struct.pack(f"{order}H", len(entries)) + b"".join(entries) + following
    return block[:4] + struct.pack(f"{order}I", len(block)) + block[8:] + directory
