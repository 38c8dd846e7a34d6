"""Tiny files that claim to be huge pictures, made by hand, as no program would write them."""

import struct
import zlib

from tests.photos import encode, heic, make_image


def png(width: int, height: int, depth: int = 8, colours: int = 2, chunks: bytes = b"") -> bytes:
    """A PNG header with the given bits a value and colour type; 2 RGB, 0 grey, 3 palette, 6 RGBA."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0))
    pixels = png_chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + header + chunks + pixels + png_chunk(b"IEND", b"")


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PALETTE = png_chunk(b"PLTE", bytes(768)) + png_chunk(b"tRNS", bytes(256))


def webp_lossless(width: int, height: int) -> bytes:
    """34 bytes that do decode: a picture of one colour, as large as WebP knows them."""
    bits = struct.pack("<I", (width - 1) | (height - 1) << 14)
    return _riff(b"VP8L" + struct.pack("<I", 14) + b"\x2f" + bits + bytes.fromhex("071011fd0f4444ff03"))


def webp_lossy(width: int, height: int) -> bytes:
    return _riff(b"VP8 " + struct.pack("<I", 10) + b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height))


def webp_canvas(width: int, height: int, frames: int = 1) -> bytes:
    """An animation: a canvas of any size, and small frames."""
    frame = webp_lossless(16, 16)[12:]
    one = b"ANMF" + struct.pack("<I", 16 + len(frame)) + bytes(6) + b"\x0f\0\0\x0f\0\0" + bytes(4) + frame
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return _riff(b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size + b"ANIM\x06\0\0\0" + bytes(6) + one * frames)


def _riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def gif(screen: tuple[int, int], frame: tuple[int, int], dispose: int = 0) -> bytes:
    """A GIF whose frame may go beyond its screen; `dispose` 2: it gives way to the background, of its size."""
    control = b"\x21\xf9\x04" + bytes([dispose << 2]) + b"\0\0\0\0"
    comment = b"\x21\xfe\x03abc\0"
    head = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x80, 0, 0) + bytes([0, 0, 0, 255, 255, 255])
    return head + comment + control + b"\x2c" + struct.pack("<HHHHB", 0, 0, *frame, 0) + b"\x02\x02\x44\x01\0\x3b"


def bmp(width: int, height: int, compression: int = 0) -> bytes:
    bits = 8 if compression else 24
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info + bytes(1024 if compression else 0)


def tiff(width: int, height: int, bits: int = 8, tile: tuple[int, int] | None = None) -> bytes:
    """A grey TIFF, deflated, in one strip or in tiles of any size."""
    entries = [(256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 8), (262, 3, 1), (277, 3, 1)]
    if tile:
        entries += [(322, 4, tile[0]), (323, 4, tile[1]), (324, 4, 8), (325, 4, 4)]
    else:
        entries += [(273, 4, 8), (278, 4, height), (279, 4, 4)]
    rows = b"".join(_tiff_entry(*entry) for entry in sorted(entries))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + rows + b"\0\0\0\0"


def _tiff_entry(tag: int, kind: int, value: int) -> bytes:
    return struct.pack("<HHI", tag, kind, 1) + (struct.pack("<I", value) if kind == 4 else struct.pack("<HH", value, 0))


def jpeg(width: int, height: int, **options) -> bytes:
    """A small JPEG whose header claims another size; `options` go to Pillow's save."""
    data = bytearray(encode(make_image(1, (64, 64)), "JPEG", **options))
    place = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def _boxed(data: bytes, width: int, height: int) -> bytes:
    """A HEIC or AVIF file that claims another size."""
    place = data.index(b"ispe") + 8
    return data[:place] + struct.pack(">II", width, height) + data[place + 8 :]


HUGE = [
    # name, bytes; all are over 40 megapixels or 200 MB, whatever is done with them
    ("lossless webp of 34 bytes", webp_lossless(16_383, 5_430)),
    ("lossy webp", webp_lossy(16_383, 16_383)),
    ("webp canvas", webp_canvas(16_384, 16_384)),
    ("webp canvas, sixty frames", webp_canvas(4_000, 4_000, 60)),
    ("webp whose canvases alone are too much", webp_lossless(4_000, 4_000)),
    ("rgb png", png(30_000, 30_000)),
    ("16-bit grey png", png(9_430, 9_430, 16, 0)),
    ("rgba png, twice its size once it is rgb", png(6_200, 6_200, 8, 6)),
    ("png with a transparent palette", png(9_430, 9_430, 8, 3, PALETTE)),
    ("png with 2³¹ pixels a side", png(2**31 - 1, 2**31 - 1)),
    ("rgb png of 16 bits, read twice", png(4_500, 4_500, 16, 2)),
    ("heic", _boxed(heic(make_image(1, (64, 64))), 16_000, 16_000)),
    ("avif", _boxed(encode(make_image(1, (64, 64)), "AVIF"), 16_000, 16_000)),
    ("ppm", b"P6 30000 30000 255\n" + bytes(99)),
    ("pgm of 12 bits", b"P5 9430 9430 4095\n" + bytes(99)),
    ("gif screen", gif((65_535, 65_535), (10, 10))),
    ("gif frame beyond its screen", gif((10, 10), (65_535, 65_535))),
    ("gif frame that gives way to its background", gif((10_000, 10_000), (10_000, 10_000), dispose=2)),
    ("bmp", bmp(20_000, 20_000)),
    ("bmp in run lengths", bmp(6_300, 6_300, compression=1)),
    ("tiff", tiff(20_000, 20_000)),
    ("tiff with a tile larger than its picture", tiff(64, 64, tile=(32_768, 32_768))),
    ("16-bit tiff in one strip", tiff(6_300, 6_300, bits=16)),
    ("64-bit tiff", tiff(5_000, 5_000, bits=64)),
    ("jpeg as large as they come", jpeg(65_500, 65_500)),
    ("progressive jpeg, whose coefficients are kept whole", jpeg(8_000, 5_000, progressive=True, subsampling=0)),
]
