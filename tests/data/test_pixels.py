"""What a file's pixels are, kind by kind: those that were put into it, by Pillow, by tifffile or byte by byte."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from tests.photos import encode, heic
from tests.pictures import P3, changed_tiff, directory, grey_profile, packed, png, rgb_profile, tiff
from tlcore.data.images import decode, inspect, load_upright
from tlcore.data.refusals import PhotoRefused
from tlcore.data.wanted import Wanted

CASES = Path(__file__).parent / "cases"
HEIGHT, WIDTH = 24, 40
GREY = np.linspace(0, 255, HEIGHT * WIDTH).round().reshape(HEIGHT, WIDTH).astype(np.uint8)
RGB = np.dstack([GREY, GREY[::-1], np.full_like(GREY, 90)])
GREY16, RGB16 = GREY.astype(np.uint16) * 257, RGB.astype(np.uint16) * 257  # the whole of 16 bits: nothing is stretched
ALPHA = np.where(np.arange(WIDTH) < WIDTH // 2, 255, 0)[None].repeat(HEIGHT, 0).astype(np.uint8)
ON_WHITE = np.where(ALPHA[..., None] > 0, RGB, 255)
GREY_ON_WHITE = np.where(ALPHA > 0, GREY, 255)
SHAPE = {256: WIDTH, 257: HEIGHT}
BITS = (GREY > 127).astype(np.uint8)


def written(values, **options) -> bytes:
    """A TIFF by tifffile."""
    target = io.BytesIO()
    tifffile.imwrite(target, values, **{"metadata": None, **options})
    return target.getvalue()


def saved(values, image_format="TIFF", mode=None, **options) -> bytes:
    """A picture by Pillow."""
    image = Image.fromarray(values)
    return encode(image if mode is None else image.convert(mode), image_format, **options)


def lzw_rgb16() -> bytes:
    """Colours of 16 bits packed with LZW: greys of three times the width, said to be colours."""
    wide = saved(RGB16.reshape(HEIGHT, -1), compression="tiff_lzw")
    return changed_tiff(wide, {256: WIDTH, 258: (16, 16, 16), 262: 2, 277: 3})


def reversed_bits(data: bytes) -> bytes:
    return np.packbits(np.unpackbits(np.frombuffer(data, np.uint8)).reshape(-1, 8)[:, ::-1]).tobytes()


def many_heights() -> bytes:
    """A TIFF that claims millions of heights, the first of which is right."""
    data = tiff(np.full((HEIGHT, WIDTH), HEIGHT, np.int16), {})
    return data.replace(struct.pack("<HHI", 257, 3, 1), struct.pack("<HHI", 257, 3, 0xFF0001))


def sub_directory() -> bytes:
    """A TIFF with a small copy of itself below its page."""
    small = {256: 8, 257: 8, 258: 8, 259: 1, 262: 1, 254: 1, 273: 8, 277: 1, 278: 8, 279: 64}
    return tiff(GREY, {}, below=directory(small, "<", 8 + GREY.nbytes))


def pages(*arrays, **options) -> bytes:
    target = io.BytesIO()
    with tifffile.TiffWriter(target) as file:
        for array in arrays:
            file.write(array, metadata=None, contiguous=False, **options)
    return target.getvalue()


def small_first() -> bytes:
    target = io.BytesIO()
    with tifffile.TiffWriter(target) as file:
        file.write(RGB[::2, ::2], photometric="rgb", metadata=None, subfiletype=1)
        file.write(RGB, photometric="rgb", metadata=None)
    return target.getvalue()


def twelve_bits() -> np.ndarray:
    return (GREY.astype(np.uint32) * 4095 // 255).astype(np.uint16)


FEW = Image.fromarray(RGB).quantize(16)
FLAT = Image.new("RGB", (WIDTH, HEIGHT), (200, 90, 40))
LAB = ImageCms.profileToProfile(FLAT, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB")
CMYK = np.dstack([255 - RGB, np.zeros_like(GREY)])
Y_CB_CR = np.asarray(Image.fromarray(RGB).convert("YCbCr"))
TRANSPARENT = int(GREY16[3, 3])
WITHOUT_ONE = np.where((GREY16 == TRANSPARENT)[..., None], 255, np.dstack([GREY] * 3))

GREYS = {
    # TIFF: eight bits and fewer
    "grey": tiff(GREY, {}),
    "grey, big-endian": tiff(GREY, {}, ">"),
    "white is zero": tiff(255 - GREY, {262: 0}),
    "white is zero, LZW": changed_tiff(saved(255 - GREY, compression="tiff_lzw"), {262: 0}),
    "white is zero, deflate": written(255 - GREY, photometric="miniswhite", compression="zlib"),
    "LZW": saved(GREY, compression="tiff_lzw"),
    "packbits": saved(GREY, compression="packbits"),
    "deflate with differences": written(GREY, compression="zlib", predictor=True),
    "tiles": written(GREY, tile=(16, 16)),
    "bigtiff": written(GREY, bigtiff=True),
    "bits of each byte reversed": tiff(
        reversed_bits(GREY.tobytes()), {256: WIDTH, 257: HEIGHT, 258: 8, 262: 1, 266: 2}
    ),
    "a small copy below it": sub_directory(),
    # sixteen bits, all of them used
    "16 bits": tiff(GREY16, {}),
    "16 bits, big-endian": tiff(GREY16.astype(">u2"), {}, ">"),
    "16 bits, white is zero": tiff(65_535 - GREY16, {262: 0}),
    "16 bits, white is zero, big-endian": tiff((65_535 - GREY16).astype(">u2"), {262: 0}, ">"),
    "16 bits, white is zero, LZW": changed_tiff(saved(65_535 - GREY16, compression="tiff_lzw"), {262: 0}),
    "16 bits, LZW": saved(GREY16, compression="tiff_lzw"),
    "16 bits, packbits": saved(GREY16, compression="packbits"),
    "16 bits, deflate": written(GREY16, compression="zlib"),
    "16 bits, deflate with differences": written(GREY16, compression="zlib", predictor=True),
    "16 bits, tiles": written(GREY16, tile=(16, 16)),
    "16 bits, bigtiff": written(GREY16, bigtiff=True),
    "16 bits, strips": written(GREY16, rowsperstrip=5),
    # other depths
    "12 bits": tiff(packed(twelve_bits(), 12), {256: WIDTH, 257: HEIGHT, 258: 12, 262: 1}),
    "12 bits, white is zero": tiff(packed(4095 - twelve_bits(), 12), {256: WIDTH, 257: HEIGHT, 258: 12, 262: 0}),
    "10 bits": tiff(packed(GREY.astype(int) * 1023 // 255, 10), {256: WIDTH, 257: HEIGHT, 258: 10, 262: 1}),
    "14 bits, deflate": tiff(
        zlib.compress(packed(GREY.astype(int) * 16_383 // 255, 14)), {256: WIDTH, 257: HEIGHT, 258: 14, 259: 8, 262: 1}
    ),
    "32 bits": tiff(GREY.astype(np.uint32) * 16_843_009, {}),
    "floats from 0 to 1": tiff((GREY / 255).astype(np.float32), {}),
    "floats, white is zero": changed_tiff(tiff(-(GREY / 255).astype(np.float32), {}), {262: 0}),
    "doubles": tiff(GREY / 255, {}),
    "half floats": tiff((GREY / 255).astype(np.float16), {}),
    "floats, LZW": saved((GREY / 255).astype(np.float32), compression="tiff_lzw"),
    "16 bits below zero": tiff((GREY16.astype(np.int32) - 32_768).astype(np.int16), {}),
    "8 bits below zero": tiff((GREY.astype(np.int16) - 128).astype(np.int8), {}),
    # PNG and PNM
    "png of 16 bits": png(GREY16),
    "png of 16 bits, interlaced": png(GREY16, interlaced=True),
    "png of 8 bits": png(GREY, 8),
    "pgm": b"P5 %d %d 255\n" % (WIDTH, HEIGHT) + GREY.tobytes(),
    "pgm of 16 bits": b"P5 %d %d 65535\n" % (WIDTH, HEIGHT) + GREY16.astype(">u2").tobytes(),
    "pgm of 12 bits": b"P5\n# sensor\n%d %d\n4095\n" % (WIDTH, HEIGHT) + twelve_bits().astype(">u2").tobytes(),
    "pgm in letters": b"P2 %d %d 255\n" % (WIDTH, HEIGHT) + b" ".join(b"%d" % value for value in GREY.flat),
    "floats as pfm": b"Pf %d %d -1\n" % (WIDTH, HEIGHT) + (GREY[::-1] / 255).astype("<f4").tobytes(),
}
COLOURS = {
    "rgb": tiff(RGB, {}),
    "rgb, planes apart": written(np.moveaxis(RGB, 2, 0), photometric="rgb", planarconfig="separate"),
    "rgb, planes apart, deflate": written(
        np.moveaxis(RGB, 2, 0), photometric="rgb", planarconfig="separate", compression="zlib"
    ),
    "rgb, LZW": saved(RGB, compression="tiff_lzw"),
    "rgb, deflate with differences": written(RGB, photometric="rgb", compression="zlib", predictor=True),
    "rgb, tiles": written(RGB, photometric="rgb", tile=(16, 16)),
    "rgb and a fourth channel of no meaning": tiff(np.dstack([RGB, GREY]), {338: 0}),
    "rgb and two channels of no meaning": tiff(np.dstack([RGB, GREY, GREY]), {338: (0, 0)}),
    "rgb of two pages": pages(RGB, RGB[::-1], photometric="rgb"),
    "rgb after a small copy": small_first(),
    "rgb of 16 bits": tiff(RGB16, {}),
    "rgb of 16 bits, big-endian": tiff(RGB16.astype(">u2"), {}, ">"),
    "rgb of 16 bits, planes apart": written(np.moveaxis(RGB16, 2, 0), photometric="rgb", planarconfig="separate"),
    "rgb of 16 bits, LZW": lzw_rgb16(),
    "rgb of 16 bits and a fourth channel of no meaning": tiff(np.dstack([RGB16, GREY16]), {338: 0}),
    "rgb of floats": tiff((RGB / 255).astype(np.float32), {}),
    "rgb of 12 bits": tiff(
        packed(RGB.astype(int) * 4095 // 255, 12), {256: WIDTH, 257: HEIGHT, 258: (12, 12, 12), 262: 2, 277: 3}
    ),
    "cmyk": tiff(CMYK, {262: 5}),
    "cmyk whose inks are named": tiff(CMYK, {262: 5, 332: 1}),
    "cmyk of 16 bits": tiff(CMYK.astype(np.uint16) * 257, {262: 5}),
    "y, cb and cr, all of them": tiff(Y_CB_CR, {262: 6, 530: (1, 1)}),
    "png of 16 bits, rgb": png(RGB16),
    "png of 16 bits, rgb, interlaced": png(RGB16, interlaced=True),
    "ppm": b"P6 %d %d 255\n" % (WIDTH, HEIGHT) + RGB.tobytes(),
    "ppm of 16 bits": b"P6 %d %d 65535\n" % (WIDTH, HEIGHT) + RGB16.astype(">u2").tobytes(),
    "heic": heic(Image.fromarray(RGB)),
    "avif": saved(RGB, "AVIF", quality=100, subsampling="4:4:4"),
}
TOLERANCE = {"y, cb and cr, all of them": 3, "lab": 2}
ON_WHITES = {
    "rgb with opacity": (tiff(np.dstack([RGB, ALPHA]), {338: 2}), ON_WHITE),
    "rgb multiplied with its opacity": (tiff(np.dstack([RGB * (ALPHA[..., None] > 0), ALPHA]), {338: 1}), ON_WHITE),
    "rgb of 16 bits with opacity": (tiff(np.dstack([RGB16, ALPHA.astype(np.uint16) * 257]), {338: 2}), ON_WHITE),
    "rgb of 16 bits multiplied with its opacity": (
        tiff(np.dstack([RGB16 * (ALPHA[..., None] > 0), ALPHA.astype(np.uint16) * 257]), {338: 1}),
        ON_WHITE,
    ),
    "grey with opacity": (tiff(np.dstack([GREY, ALPHA]), {262: 1, 338: 2}), np.dstack([GREY_ON_WHITE] * 3)),
    "grey of 16 bits with opacity": (
        tiff(np.dstack([GREY16, ALPHA.astype(np.uint16) * 257]), {262: 1, 338: 2}),
        np.dstack([GREY_ON_WHITE] * 3),
    ),
    "png of 16 bits, rgb with opacity": (png(np.dstack([RGB16, ALPHA.astype(np.uint16) * 257])), ON_WHITE),
    "png of 16 bits, grey with opacity": (
        png(np.dstack([GREY16, ALPHA.astype(np.uint16) * 257])),
        np.dstack([GREY_ON_WHITE] * 3),
    ),
    "png of 16 bits, one grey transparent": (
        png(GREY16, extra=((b"tRNS", TRANSPARENT.to_bytes(2, "big")),)),
        WITHOUT_ONE,
    ),
    "png of 16 bits, one colour transparent": (
        png(RGB16, extra=((b"tRNS", RGB16[3, 3].astype(">u2").tobytes()),)),
        np.where((RGB16[3, 3] == RGB16).all(2)[..., None], 255, RGB),
    ),
    "heic with opacity": (heic(Image.fromarray(np.dstack([RGB, ALPHA]))), ON_WHITE),
    "avif with opacity": (
        saved(np.dstack([RGB, ALPHA]), "AVIF", quality=100, subsampling="4:4:4"),
        ON_WHITE,
    ),
    "one bit": (saved(BITS * 255, mode="1", compression="group4"), np.dstack([BITS * 255] * 3)),
    "one bit, reversed": (
        tiff(reversed_bits(packed(BITS, 1)), {256: WIDTH, 257: HEIGHT, 258: 1, 262: 1, 266: 2}),
        np.dstack([BITS * 255] * 3),
    ),
    "one bit, white is zero": (
        tiff(packed(1 - BITS, 1), {256: WIDTH, 257: HEIGHT, 258: 1, 262: 0}),
        np.dstack([BITS * 255] * 3),
    ),
    "four bits": (
        tiff(packed(GREY // 17, 4), SHAPE | {258: 4, 262: 1}),
        np.dstack([GREY // 17 * 17] * 3),
    ),
    "pbm": (b"P4 %d %d\n" % (WIDTH, HEIGHT) + packed(1 - BITS, 1), np.dstack([BITS * 255] * 3)),
    "palette": (encode(FEW, "TIFF", compression="tiff_lzw"), np.asarray(FEW.convert("RGB"))),
    "palette, not packed": (encode(FEW, "TIFF"), np.asarray(FEW.convert("RGB"))),
    "palette whose colours end at 255": (
        written(GREY, photometric="palette", colormap=np.stack([np.arange(256), np.arange(256)[::-1], [90] * 256])),
        np.dstack([GREY, 255 - GREY, np.full_like(GREY, 90)]),
    ),
    "BigTIFF, big-endian": (written(RGB, bigtiff=True, byteorder=">"), RGB),
    "BigTIFF, big-endian, deflate": (written(RGB, bigtiff=True, byteorder=">", compression="zlib"), RGB),
    "jpeg within a tiff": (encode(FLAT, "TIFF", compression="jpeg"), np.asarray(FLAT)),
    "lab": (encode(LAB, "TIFF"), np.full((HEIGHT, WIDTH, 3), (198, 90, 41))),
    "ppm whose brightest value is 15": (
        b"P6 %d %d 15\n" % (WIDTH, HEIGHT) + (RGB // 17).tobytes(),
        RGB // 17 * 17,
    ),
    "turned": (tiff(np.rot90(RGB), {274: 6}), RGB),
    "turned, 16 bits": (tiff(np.rot90(RGB16), {274: 6}), RGB),
    "mirrored, 16 bits, LZW": (
        changed_tiff(saved(GREY16[:, ::-1], compression="tiff_lzw"), {274: 2}),
        np.dstack([GREY] * 3),
    ),
}


def variants():
    yield from ((name, data, np.dstack([GREY] * 3)) for name, data in GREYS.items())
    yield from ((name, data, RGB) for name, data in COLOURS.items())
    yield from ((name, *each) for name, each in ON_WHITES.items())


VARIANTS = list(variants())


@pytest.mark.parametrize(("name", "data", "expected"), VARIANTS, ids=[name for name, *_ in VARIANTS])
def test_a_picture_has_the_pixels_that_were_put_into_it(name, data, expected):
    found = np.asarray(load_upright(data), int)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= TOLERANCE.get(name, 3 if name.startswith("avif") else 1), name
    info = inspect(data)
    assert (info.width, info.height) == (expected.shape[1], expected.shape[0])


def test_there_are_variants_enough():
    assert len(VARIANTS) >= 80


STACKED = np.stack([GREY, GREY, GREY])
REFUSED = {
    "two channels": (tiff(np.dstack([GREY16, GREY16]), {262: 1}), "has 2 channels, and nothing in it says which"),
    "four channels": (tiff(np.dstack([GREY] * 4), {262: 1, 338: (0, 0, 0)}), "has 4 channels"),
    "three channels that are no colours": (tiff(np.dstack([GREY] * 3), {262: 1}), "has 3 channels"),
    "a stack of ImageJ": (written(STACKED, imagej=True, metadata={"axes": "ZYX"}), "is a stack of 3 pictures"),
    "channels of ImageJ": (written(STACKED[:2], imagej=True, metadata={"axes": "CYX"}), "is a stack of 2 pictures"),
    "a time series in OME": (written(STACKED, ome=True, metadata={"axes": "TYX"}), "is a stack of 3 pictures"),
    "grey pages of one size": (pages(GREY, GREY, GREY, photometric="minisblack"), "is a stack of 3 pictures"),
    "two pages of 16 bits": (pages(GREY16, GREY16, photometric="minisblack"), "is a stack of 2 pictures"),
    "a dng": (tiff(RGB, {50706: (1, 4, 0, 0)}), "is a camera RAW file"),
    "sensor data below a thumbnail": (
        tiff(RGB, {254: 1}, below=directory({256: 8, 257: 8, 258: 12, 259: 1, 262: 32803}, "<", 8 + RGB.nbytes)),
        "is a camera RAW file",
    ),
    "sensor data of Nikon": (tiff(GREY16, {259: 34713}), "is a camera RAW file"),
    "cr2": (b"II*\0\x10\0\0\0CR\2\0" + bytes(99), "is a camera RAW file"),
    "cr3": (b"\0\0\0\x18ftypcrx " + bytes(99), "is a camera RAW file"),
    "raf": (b"FUJIFILMCCD-RAW " + bytes(99), "is a camera RAW file"),
    "orf": (b"IIRO\x08\0\0\0" + bytes(99), "is a camera RAW file"),
    "rw2": (b"IIU\0\x18\0\0\0" + bytes(99), "is a camera RAW file"),
    "a mask": (tiff(GREY, {262: 4}), "is a mask"),
    "complex numbers": (tiff(GREY.astype(np.complex64), {}), "complex numbers"),
    "colours that nobody reads": (tiff(RGB, {262: 10}), r"colours that can’t be read here \(photometric 10\)"),
    "channels of different depths": (
        tiff(RGB.tobytes(), SHAPE | {258: (8, 8, 16), 262: 2, 277: 3}),
        "different numbers",
    ),
    "y, cb and cr, some of them": (tiff(Y_CB_CR, {262: 6, 530: (2, 2)}), "photometric 6"),
    "doubles packed in a way that nobody unpacks": (
        tiff(GREY / 255, {259: 5}),
        "floating-point values packed in a way",
    ),
    "cut off": (tiff(GREY16, {})[:900], "damaged|incomplete"),
    "a strip that unpacks to more than it says": (
        tiff(zlib.compress(bytes(90_000_000)), SHAPE | {258: 16, 259: 8, 262: 1}),
        "damaged",
    ),
    "no more than the beginning of a tiff": (b"II*\0\x08", "damaged"),
    "no more than the beginning of a bigtiff": (b"MM\0+\0\x08\0\0\0\0", "damaged"),
    "a bigtiff whose directory is nowhere": (b"II+\0\x08\0\0\0" + b"\xff" * 40, "damaged"),
    "a height that is nowhere": (changed_tiff(tiff(GREY16, {}), {257: 0}), "too small|damaged"),
    "a page that tifffile finds empty": (many_heights(), "damaged"),
    "floats of which none is a number": (tiff(np.full((HEIGHT, WIDTH), np.nan), {}), "shows nothing"),
    "floats that all are infinite": (tiff(np.full((HEIGHT, WIDTH), -np.inf), {}), "shows nothing"),
    "a pointer of Git LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "git lfs pull",
    ),
    "heic cut off": (heic(FLAT)[:200], "damaged|incomplete"),
    "pgm cut off": (b"P5 40 24 4095\n" + bytes(50), "incomplete"),
}


@pytest.mark.parametrize(("data", "words"), REFUSED.values(), ids=REFUSED)
def test_what_nobody_reads_rightly_is_refused_with_the_true_reason(data, words):
    with pytest.raises(PhotoRefused, match=words):
        load_upright(data)


NOTES = {
    "pages": (COLOURS["rgb of two pages"], "has 2 pages; only the first was used"),
    "channels": (
        COLOURS["rgb and two channels of no meaning"],
        "has 5 channels; only the first three (red, green, blue) were used",
    ),
    "stretched": (
        tiff(GREY16 // 100 + 7_000, {}),
        "has 16-bit values (7,000 to 7,655); 7,000 to 7,655 were stretched to 0–255",
    ),
    "stretched floats": (
        tiff((GREY / 25.5).astype(np.float32), {}),
        "has floating-point values (0 to 10); 0 to 10 were stretched to 0–255",
    ),
    "all 16 bits": (GREYS["16 bits"], ""),
    "an animation": (
        saved(GREY, "GIF", save_all=True, append_images=[Image.fromarray(GREY[::-1])]),
        "is an animation; only its first frame was used",
    ),
    "a photo": (saved(RGB, "JPEG"), ""),
}


@pytest.mark.parametrize(("data", "words"), NOTES.values(), ids=NOTES)
def test_what_was_left_out_or_changed_is_told(data, words):
    assert decode(data, Wanted(8)).changed == words


CASE_FILES = {
    "grey16_miniswhite.tif": (None, "a negative: upright greys, of the wide range that they have"),
    "thermal_16bit_narrow_range.png": (None, "three grey levels were left of it"),
    "float_0_1_one_inf.tif": (None, "all black for one pixel"),
    "png_ztxt_big.png": (None, "damaged for its large text"),
    "photo.jfif": (None, "an ending that few know"),
    "two_channel16.tif": ("has 2 channels", "the true reason"),
    "raw.dng": ("is a camera RAW file", "its thumbnail of 16 pixels was taken"),
}


@pytest.mark.parametrize(
    ("name", "words", "reason"), [(name, *case) for name, case in CASE_FILES.items()], ids=CASE_FILES
)
def test_pictures_that_were_once_read_wrongly(name, words, reason):
    data = (CASES / name).read_bytes()
    if words:
        with pytest.raises(PhotoRefused, match=words):
            load_upright(data)
        return
    pixels = np.asarray(load_upright(data))
    assert len(np.unique(pixels)) > 100 and pixels.min() < 60 and pixels.max() > 215, reason


def test_white_is_zero_is_no_negative():
    data = (CASES / "grey16_miniswhite.tif").read_bytes()
    stored = tifffile.imread(io.BytesIO(data)).astype(int)
    shown = np.asarray(load_upright(data), int)[..., 0]
    assert np.corrcoef(stored.ravel(), shown.ravel())[0, 1] < -0.9


def test_one_value_that_is_none_does_not_decide():
    values = np.linspace(0.2, 0.8, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.float32)
    values[5, 5], values[6, 6], values[7, 7] = np.inf, -np.inf, np.nan
    pixels = np.asarray(load_upright(tiff(values, {})))[..., 0]
    assert (pixels[5, 5], pixels[6, 6], pixels[7, 7]) == (255, 0, 0)
    assert pixels[0, 0] <= 1 and pixels[-1, -1] >= 254 and len(np.unique(pixels)) > 200


def in_srgb(colour) -> np.ndarray:
    """A colour of Display P3 (gamma 2.2) in sRGB, by the definitions of both."""
    xyz = (np.array(colour) / 255) ** 2.2 @ np.array(P3)
    to_srgb = np.array([(3.1339, -1.6169, -0.4906), (-0.9788, 1.9161, 0.0335), (0.0719, -0.2290, 1.4052)])  # from D50
    linear = np.clip(to_srgb @ xyz, 0, 1)
    return 255 * np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


SEEN = in_srgb((200, 90, 40))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
LINEAR = grey_profile(1.0)
PROFILES = {
    # name: picture, profile, the colour that a person sees
    "display p3": ((200, 90, 40), "PNG", rgb_profile(), SEEN),
    "display p3, jpeg": ((200, 90, 40), "JPEG", rgb_profile(), SEEN),
    "display p3, heic": ((200, 90, 40), "HEIF", rgb_profile(), SEEN),
    "greys without a gamma": (100, "PNG", LINEAR, (168, 168, 168)),
    "srgb itself": (
        (200, 90, 40),
        "PNG",
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        (200, 90, 40),
    ),
    "broken": ((200, 90, 40), "PNG", rgb_profile()[:200], (200, 90, 40)),
    "of greys on colours": ((200, 90, 40), "PNG", LINEAR, (200, 90, 40)),
    "no profile at all": ((200, 90, 40), "PNG", b"hello" * 99, (200, 90, 40)),
    "with opacity": ((200, 90, 40, 255), "PNG", rgb_profile(), SEEN),
}


@pytest.mark.parametrize(("colour", "kind", "profile", "seen"), PROFILES.values(), ids=PROFILES)
def test_a_colour_profile_becomes_srgb(colour, kind, profile, seen):
    mode = "L" if isinstance(colour, int) else "RGBA" if len(colour) == 4 else "RGB"
    image = Image.new(mode, (16, 16), colour)
    if kind == "HEIF":
        image.info["icc_profile"] = profile
    data = heic(image) if kind == "HEIF" else encode(image, kind, icc_profile=profile)
    found = np.asarray(load_upright(data), int)
    assert np.abs(found - seen).max() <= 3, found[0, 0]
    assert np.abs(np.asarray(load_upright(data, version=1), int)[0, 0] - np.resize(colour, 3)).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_phones_turn_their_photos_once(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    halves = Image.new("RGB", (64, 32), (255, 0, 0))
    halves.paste((0, 0, 255), (32, 0, 64, 32))
    back = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270, 3: Image.Transpose.ROTATE_180}
    back |= {2: Image.Transpose.FLIP_LEFT_RIGHT, 4: Image.Transpose.FLIP_TOP_BOTTOM}
    back |= {5: Image.Transpose.TRANSPOSE, 7: Image.Transpose.TRANSVERSE}
    stored = halves.transpose(back[orientation]) if orientation > 1 else halves
    data = heic(stored, exif=exif.tobytes()) if kind == "heic" else encode(stored, "AVIF", exif=exif)
    pixels = np.asarray(load_upright(data), int)
    info = inspect(data)
    assert pixels.shape == (32, 64, 3) and (info.width, info.height) == (64, 32)
    assert pixels[16, 8, 0] > 200 and pixels[16, 56, 2] > 200
