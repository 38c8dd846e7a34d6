"""PNG files carry texts, and Pillow refuses a picture for one that unpacks to more than it cares to hold."""

import struct
import zlib
from collections.abc import Iterator

from PIL import PngImagePlugin

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COMPRESSED = (b"zTXt", b"iTXt", b"iCCP")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")


def without_large_texts(data: bytes) -> bytes:
    """A PNG without the texts and colour profiles that are too large for Pillow; anything else as it is.

    No pixel depends on them. Small texts stay: some programs write the orientation into one.
    """
    if not data.startswith(_SIGNATURE):
        return data
    dropped, kept = [], 0
    for kind, start, end in _chunks(data):
        if kind not in _TEXTS and kind not in _COMPRESSED:
            continue
        size = _unpacked_size(data[start + 8 : end - 4], kind)
        kept += size
        if size >= PngImagePlugin.MAX_TEXT_CHUNK or kept > PngImagePlugin.MAX_TEXT_MEMORY:
            dropped.append((start, end))
            kept -= size
    if not dropped:
        return data
    starts, ends = [0, *(end for _, end in dropped)], [*(start for start, _ in dropped), len(data)]
    return b"".join(data[start:end] for start, end in zip(starts, ends, strict=True))


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each whole chunk, length and checksum included."""
    start = len(_SIGNATURE)
    while start + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, start)
        end = start + 12 + length
        if end > len(data):
            return
        yield kind, start, end
        start = end


def _unpacked_size(content: bytes, kind: bytes) -> int:
    """Bytes of a text once unpacked, counted up to what Pillow takes."""
    name, _, rest = content.partition(b"\0")
    if kind == b"tEXt":
        return min(len(rest), PngImagePlugin.MAX_TEXT_CHUNK - 1)  # not compressed: only the sum of them is limited
    if kind == b"iTXt":
        if rest[:1] != b"\x01":
            return min(len(rest), PngImagePlugin.MAX_TEXT_CHUNK - 1)
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    else:
        rest = rest[1:]
    try:
        return len(zlib.decompressobj().decompress(rest, PngImagePlugin.MAX_TEXT_CHUNK))
    except zlib.error:
        return 0
