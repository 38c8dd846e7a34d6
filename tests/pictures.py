"""Picture files built byte by byte, for what no library writes: odd depths, sensor data, colour profiles."""

import struct
import zlib
from collections.abc import Mapping

import numpy as np

TagValue = int | bytes | tuple[int, ...]


def tiff(values: np.ndarray | bytes, tags: Mapping[int, TagValue], order: str = "<", below: bytes = b"") -> bytes:
    """A TIFF of one strip.

    Args:
        values: its bytes; an array is written in its own dtype, which has to be of this byte order.
        tags: by number: what is not there is made of the array's shape (height, width[, channels]) where it has one.
        order: "<" or ">". below: a directory (`directory`) that tag 330 points to.
    """
    data = values if isinstance(values, bytes) else values.tobytes()
    found = dict(tags)
    if isinstance(values, np.ndarray):
        samples = values.shape[2] if values.ndim == 3 else 1
        bits = values.dtype.itemsize * 8
        kind = {"u": 1, "i": 2, "f": 3, "c": 6}[values.dtype.kind]
        shape = {256: values.shape[1], 257: values.shape[0], 258: (bits,) * samples, 262: 2 if samples > 2 else 1}
        found = shape | {277: samples, 339: (kind,) * samples} | found
    found = {259: 1, 278: found[257], 273: 8, 279: len(data)} | found
    start = 8 + len(data)
    if below:
        found[330] = start
        start += len(below)
    header = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", start)
    return header + data + below + directory(found, order, start)


def directory(tags: Mapping[int, TagValue], order: str, start: int) -> bytes:
    """A directory of a TIFF as it lies at `start`, with the values that do not fit into it behind it."""
    entries, behind = [], b""
    place = start + 2 + 12 * len(tags) + 4
    for tag, value in sorted(tags.items()):
        if isinstance(value, bytes):
            kind, count, content = 2, len(value), value
        else:
            numbers = value if isinstance(value, tuple) else (value,)
            long = tag in (273, 279, 330) or max(numbers) > 65_535
            kind, count = (4 if long else 3), len(numbers)
            content = struct.pack(f"{order}{count}{'I' if long else 'H'}", *numbers)
        if len(content) > 4:
            entries.append(struct.pack(order + "HHII", tag, kind, count, place + len(behind)))
            behind += content + bytes(len(content) % 2)
        else:
            entries.append(struct.pack(order + "HHI", tag, kind, count) + content.ljust(4, b"\0"))
    return struct.pack(order + "H", len(tags)) + b"".join(entries) + bytes(4) + behind


def changed_tiff(data: bytes, tags: Mapping[int, TagValue]) -> bytes:
    """A little-endian TIFF with some of its tags changed; the new directory lies at its end."""
    (place,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, place)
    found: dict[int, TagValue] = {}
    for entry in range(place + 2, place + 2 + 12 * count, 12):
        tag, kind, number = struct.unpack_from("<HHI", data, entry)
        size = {1: "B", 3: "H", 4: "I"}.get(kind)
        if size is None:
            continue
        inside = struct.calcsize(size) * number <= 4
        at = entry + 8 if inside else struct.unpack_from("<I", data, entry + 8)[0]
        found[tag] = struct.unpack_from(f"<{number}{size}", data, at)
    start = len(data) + len(data) % 2
    return data[:4] + struct.pack("<I", start) + data[8:].ljust(start - 8, b"\0") + directory(found | tags, "<", start)


def packed(values: np.ndarray, bits: int) -> bytes:
    """Rows of numbers with so many bits each; every row begins with a whole byte."""
    rows = values.reshape(values.shape[0], -1).astype(np.int64)
    single = rows[:, :, None] >> np.arange(bits - 1, -1, -1) & 1
    return np.packbits(single.reshape(len(rows), -1).astype(np.uint8), axis=1).tobytes()


_PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""Adam7: first row, first column, and steps down and across of each pass over a PNG."""


def png(
    values: np.ndarray, bits: int = 16, extra: tuple[tuple[bytes, bytes], ...] = (), interlaced: bool = False
) -> bytes:
    """A PNG of grey (h, w), grey with opacity (h, w, 2), RGB (h, w, 3) or RGBA (h, w, 4), not filtered.

    Args:
        extra: chunks (kind and content) in front of the pixels.
    """

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width = values.shape[:2]
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[values.shape[2] if values.ndim == 3 else 1]
    raw = b""
    for top, left, down, across in _PASSES if interlaced else ((0, 0, 1, 1),):
        part = values[top::down, left::across]
        lines = packed(part, bits)
        row = len(lines) // len(part)
        raw += b"".join(b"\0" + lines[start : start + row] for start in range(0, len(lines), row))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, int(interlaced))), *extra]
    chunks += [(b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
"""Red, green and blue of Display P3 as XYZ under D50, as Apple's profile has them."""


def rgb_profile(primaries: tuple[tuple[float, float, float], ...] = P3, gamma: float = 2.2) -> bytes:
    """A colour profile of three primaries and a gamma."""
    tags = {name: _xyz(each) for name, each in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries)}
    return _profile(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _gamma(gamma)))


def grey_profile(gamma: float) -> bytes:
    """A colour profile of greys."""
    return _profile(b"GRAY", {b"kTRC": _gamma(gamma)})


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    text = b"desc" + bytes(4) + struct.pack(">I", 5) + b"Test\0" + bytes(78)
    tags = {b"desc": text.ljust(96, b"\0"), b"wtpt": _xyz((0.9642, 1.0, 0.8249)), **tags}
    place, table, content = 128 + 4 + 12 * len(tags), b"", b""
    for name, value in tags.items():
        table += name + struct.pack(">II", place + len(content), len(value))
        content += value
    size = place + len(content)
    header = struct.pack(">I4sI4s4s4s", size, b"lcms", 0x02400000, b"mntr", space, b"XYZ ") + bytes(12) + b"acsp"
    header = header.ljust(68, b"\0") + struct.pack(">iii", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + content


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">iii", *(round(value * 65536) for value in values))


def _gamma(value: float) -> bytes:
    return (b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256))).ljust(16, b"\0")
