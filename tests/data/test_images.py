"""Every kind of picture is decoded rightly or refused with a reason."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageFile

from tests.photos import encode, heic, make_halves, make_image, make_photo, png_header
from tlcore.data.images import FORMATS, PhotoRefused, decode, inspect, load_input, load_upright, make_input, thumbnail
from tlcore.data.wanted import RESIZE_POLICIES, Wanted

SIZE = (24, 16)


def _flat(mode: str, colour, image_format: str, **options) -> bytes:
    return encode(Image.new(mode, SIZE, colour), image_format, **options)


def _palette_with_hole() -> bytes:
    image = Image.new("P", SIZE, 0)
    image.putpalette([0, 0, 0, 10, 200, 30])
    return encode(image, "PNG", transparency=0)


def _grey16(value: int, image_format: str) -> bytes:
    return encode(Image.fromarray(np.full(SIZE[::-1], value, np.uint16)), image_format)


def _rgb16_png() -> bytes:
    """A 16-bit RGB PNG by hand, as Pillow cannot write one: (65535, 32768, 0) everywhere."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + struct.pack(">HHH", 65535, 32768, 0) * SIZE[0]
    header = struct.pack(">IIBBBBB", *SIZE, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(kind, data) for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(row * SIZE[1])), (b"IEND", b""))
    )


def _animation(image_format: str) -> bytes:
    first, second = Image.new("RGB", SIZE, (255, 0, 0)), Image.new("RGB", SIZE, (0, 0, 255))
    options = {"lossless": True} if image_format == "WEBP" else {}
    return encode(first, image_format, save_all=True, append_images=[second], **options)


KINDS = [
    # name, bytes, the colour that a person sees
    ("cmyk jpeg", _flat("CMYK", (0, 255, 255, 0), "JPEG", quality=95), (255, 0, 0)),  # printers' colours
    ("grey jpeg", _flat("L", 100, "JPEG", quality=95), (100, 100, 100)),  # one channel
    ("grey png", _flat("L", 100, "PNG"), (100, 100, 100)),
    ("bits", _flat("1", 1, "PNG"), (255, 255, 255)),  # black and white
    ("palette gif", _flat("P", 0, "GIF"), (0, 0, 0)),
    ("palette with a transparent colour", _palette_with_hole(), (255, 255, 255)),  # transparent is white, not black
    ("transparent png", _flat("RGBA", (255, 0, 0, 0), "PNG"), (255, 255, 255)),  # the colour behind must not show
    ("half transparent png", _flat("RGBA", (255, 0, 0, 128), "PNG"), (255, 127, 127)),
    ("grey with alpha", _flat("LA", (0, 0), "PNG"), (255, 255, 255)),
    ("rgb with one transparent colour", _flat("RGB", (9, 9, 9), "PNG", transparency=(9, 9, 9)), (255, 255, 255)),
    ("16-bit grey png", _grey16(32768, "PNG"), (128, 128, 128)),  # Pillow's own conversion clips this to 255
    ("16-bit grey tiff", _grey16(1000, "TIFF"), (4, 4, 4)),
    ("16-bit rgb png", _rgb16_png(), (255, 128, 0)),
    ("float tiff", encode(Image.fromarray(np.full(SIZE[::-1], 0.5, np.float32)), "TIFF"), (128, 128, 128)),
    ("heic", heic(Image.new("RGB", SIZE, (200, 100, 50))), (200, 100, 50)),
    ("avif", _flat("RGB", (200, 100, 50), "AVIF", quality=100), (200, 100, 50)),
    ("ppm", _flat("RGB", (200, 100, 50), "PPM"), (200, 100, 50)),
    ("cmyk tiff", _flat("CMYK", (0, 255, 255, 0), "TIFF"), (255, 0, 0)),
    ("bmp", _flat("RGB", (1, 2, 3), "BMP"), (1, 2, 3)),
    ("webp", _flat("RGB", (200, 100, 50), "WEBP", lossless=True), (200, 100, 50)),
    ("transparent webp", _flat("RGBA", (255, 0, 0, 0), "WEBP", lossless=True), (255, 255, 255)),
    ("animated gif", _animation("GIF"), (255, 0, 0)),  # the first frame
    ("animated webp", _animation("WEBP"), (255, 0, 0)),
    ("animated png", _animation("PNG"), (255, 0, 0)),
    ("tiff of two pages", _animation("TIFF"), (255, 0, 0)),
]


@pytest.mark.parametrize(("name", "data", "colour"), KINDS, ids=[kind[0] for kind in KINDS])
def test_every_kind_of_picture_becomes_rgb(name, data, colour):
    image = load_upright(data)
    assert (image.mode, image.size) == ("RGB", SIZE)
    assert np.abs(np.asarray(image, int) - colour).max() <= 2
    info = inspect(data)
    assert (info.width, info.height) == SIZE
    assert load_input(data, 12).shape == (12, 12, 3)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation, image_format):
    data = make_halves(orientation, image_format)
    info = inspect(data)
    assert (info.width, info.height) == (64, 32)
    for at_least in (None, 16):
        pixels = np.asarray(load_upright(data, at_least), int)
        height, width = pixels.shape[:2]
        assert width == 2 * height
        assert pixels[height // 2, width // 4, 0] > 200 and pixels[height // 2, width * 3 // 4, 2] > 200


REFUSED = [
    # name, bytes, words of the reason
    ("empty file", b"", "empty"),
    ("text", b"hello, I am a text\n" * 10, "not a (supported )?picture"),
    ("html named .jpg", b"<!DOCTYPE html><html><body>404</body></html>", "web page"),
    ("html after blanks", b"\xef\xbb\xbf\n  <html>", "web page"),
    ("svg", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"></svg>', "SVG"),
    ("pdf", b"%PDF-1.7 ...", "PDF"),
    ("zip", b"PK\x03\x04....", "zip"),
    ("heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 50, "damaged"),
    ("avif", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + b"\0" * 50, "damaged"),
    ("video", b"\0\0\0\x18ftypisom" + b"\0" * 50, "video"),
    (
        "postscript, which Pillow would give to another program",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        "not a (supported )?picture",
    ),
    ("truncated jpeg", make_photo(1, (200, 200))[:-800], "incomplete"),
    ("jpeg cut in its header", make_photo(1)[:100], "damaged"),
    ("truncated png", make_photo(1, (200, 200), "PNG")[:400], "incomplete"),
    ("truncated webp", make_photo(1, (200, 200), "WEBP")[:100], "damaged"),
    ("truncated bmp", make_photo(1, (200, 200), "BMP")[:1000], "incomplete"),
    ("truncated gif", make_photo(1, (200, 200), "GIF")[:500], "incomplete"),
    ("truncated tiff", make_photo(1, (200, 200), "TIFF")[:1000], "damaged|incomplete"),
    ("png that claims 50,000 × 50,000", png_header(50_000, 50_000), "too large"),
    ("png just over the limit", png_header(10_000, 20_000), "too large"),
    ("png over the limit, under Pillow's", png_header(15_000, 15_000), "too large"),
    ("1 × 1, a tracking dot", make_photo(1, (1, 1), "PNG"), "too small"),
    ("a line of one pixel", make_photo(1, (300, 1), "PNG"), "too small"),
]


@pytest.mark.parametrize(("name", "data", "words"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_is_no_photo_is_refused_with_a_reason(name, data, words, capfd):
    for read in (inspect, load_upright, lambda data: load_input(data, 32), lambda data: thumbnail(data, 32)):
        with pytest.raises(PhotoRefused, match=words) as caught:
            read(data)
        assert "Error" not in caught.value.reason and "0x" not in caught.value.reason
    assert capfd.readouterr() == ("", "")
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_broken_exif_does_not_cost_the_photo():
    data = encode(make_image(3), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff broken")
    assert load_upright(data).size == make_image(3).size


def test_noise_is_refused_and_never_a_crash():
    random = np.random.default_rng(0)
    writers = [name for name in FORMATS if name != "HEIF"]  # Pillow writes none
    originals = [*(make_photo(2, (60, 60), name) for name in writers), heic(make_image(2, (64, 64)))]
    for original in originals:
        for _ in range(40):
            data = bytearray(original)
            for position in random.integers(0, len(data), 8):
                data[position] = random.integers(256)
            try:
                assert load_input(bytes(data), 16).shape == (16, 16, 3)
            except PhotoRefused as refusal:
                assert refusal.reason


@pytest.mark.parametrize(
    ("size", "first"),
    [
        ((80, 129), "height"),  # taller than 32 by more than twice what it is wider
        ((80, 128), "width"),
        ((129, 80), "width"),
        ((20, 33), "height"),
        ((20, 31), "width"),
    ],
)
def test_which_side_is_resized_first_depends_on_no_version_of_pillow(size, first):
    """The first one is rounded first; Pillow 13 does it so by itself, and 12 always begins with the width."""
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8))
    bilinear, (width, height) = Image.Resampling.BILINEAR, size
    half = image.resize((width, 32) if first == "height" else (32, height), bilinear)
    wanted = np.asarray(half.resize((32, 32), bilinear))
    assert (make_input(image, 32) == wanted).all()


def test_load_input_is_the_same_every_time_and_squashes_or_crops():
    data = make_photo(5, (400, 200), quality=95)
    assert (load_input(data, 96) == load_input(data, 96)).all()
    squashed, cropped = (load_input(data, 96, policy) for policy in RESIZE_POLICIES)
    middle = load_upright(data).crop((100, 0, 300, 200)).resize((96, 96), Image.Resampling.BILINEAR)
    assert np.abs(cropped.astype(int) - np.asarray(middle)).mean() < 3  # draft decoding differs by a little
    assert (squashed != cropped).any()
    assert squashed.dtype == np.uint8
    with pytest.raises(ValueError, match="Allowed: squash, center-crop"):
        load_input(data, 96, "stretch")


@pytest.mark.parametrize(("size", "expected"), [(50, (100, 50)), (51, (200, 100)), (400, (400, 200))])
def test_jpegs_are_decoded_smaller_only_down_to_what_is_needed(size, expected):
    assert load_upright(make_photo(5, (400, 200)), size).size == expected


def test_small_photos_are_enlarged_for_a_network_and_thumbnails_are_square_jpegs():
    assert load_input(make_photo(1, (8, 6), "PNG"), 64).shape == (64, 64, 3)
    small = Image.open(BytesIO(thumbnail(make_photo(1, (300, 100)), 80)))
    assert (small.format, small.size) == ("JPEG", (80, 80))
    assert Image.open(BytesIO(thumbnail(make_photo(1, (64, 50)), 80))).size == (50, 50)  # not enlarged


@pytest.mark.parametrize(
    ("size", "whole", "expected", "reason"),
    [
        ((1500, 900), True, (300, 180), "all of a photo, its longer side as asked for"),
        ((900, 1500), True, (180, 300), "also of an upright one"),
        ((500, 350), False, (300, 300), "the square in its middle"),
        ((200, 90), True, (200, 90), "never enlarged"),
        ((3000, 8), True, (300, 1), "a strip keeps a pixel"),
    ],
)
def test_a_thumbnail_shows_the_middle_or_all_of_a_photo(size, whole, expected, reason):
    made = decode(make_photo(1, size), Wanted(thumbnail_size=300, whole=whole)).thumbnail
    assert Image.open(BytesIO(made)).size == expected, reason


def _icon(mode: str, side: int) -> bytes:
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    image.paste((200, 30, 30, 255), (side // 4, side // 4, side // 2, side // 2))
    return encode(image.convert(mode), "PNG")


@pytest.mark.parametrize(
    ("data", "expected", "reason"),
    [
        (_icon("RGBA", 72), ("PNG", "RGBA", 0), "an icon keeps its transparent ground"),
        (_icon("P", 72), ("PNG", "RGBA", 0), "also one with a palette"),
        (_icon("RGBA", 600), ("JPEG", "RGB", 255), "a large picture would lie in the memory twice: white, as ever"),
        (encode(Image.new("RGBA", (72, 72), (9, 9, 9, 255)), "PNG"), ("JPEG", "RGB", 9), "nothing is transparent"),
        (encode(Image.new("L", (64, 64), 255), "PNG"), ("PNG", "RGB", 255), "few pixels are kept as they are"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_thumbnail_keeps_what_small_pictures_are_made_of(data, expected, reason):
    made = Image.open(BytesIO(decode(data, Wanted(32, thumbnail_size=240)).thumbnail))
    corner = made.getpixel((0, 0))[3 if made.mode == "RGBA" else 0]
    assert (made.format, made.mode, corner) == pytest.approx(expected, abs=1), reason


def test_what_a_network_sees_does_not_change_with_the_thumbnail():
    icon = _icon("RGBA", 72)
    assert (decode(icon, Wanted(32, thumbnail_size=240)).input == load_input(icon, 32, "center-crop")).all()
