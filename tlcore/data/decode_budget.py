"""What decoding a picture takes, known before any pixel is made, and the budget that it is held against.

The costs are those of Pillow's decoders: the picture itself, what each decoder keeps beside it, and what comes after
(colours, turning). tests/data/test_decode_budget.py measures them. Only the first frame of an animation and the first
page of a document are ever decoded, so only these count.
"""

import struct
from dataclasses import dataclass

from PIL import ExifTags, Image, JpegImagePlugin, TiffImagePlugin

from tlcore.data.colours import is_rgb
from tlcore.data.refusals import MAKE_SMALLER, PhotoRefused
from tlcore.settings import OWN, UNLIMITED, Limits

WEBP_BYTES = 16
"""Bytes a pixel that WebP takes: libwebp keeps two canvases, gives a third, and Pillow makes its picture of that."""

HEIF_BYTES, AVIF_BYTES = 13, 14
"""Bytes a pixel that HEIC and AVIF take: frames of their video decoders, RGB of them, and Pillow's picture."""

_ONE_BYTE = ("1", "L", "P")


@dataclass(frozen=True)
class DecodeBudget:
    """What one picture may take; 0 means no limit.

    `megapixels`: width × height as decoded, in millions; `decoded_mb`: memory at its peak, in 10⁶ bytes.
    """

    megapixels: float = UNLIMITED
    decoded_mb: float = UNLIMITED

    @staticmethod
    def of(limits: Limits) -> "DecodeBudget":
        """The budget that the limits of a host or of one's own machine set."""
        return DecodeBudget(limits.photo_megapixels, limits.photo_decoded_mb)


OWN_BUDGET = DecodeBudget.of(OWN)
"""For the files of the person at this very machine."""

ACCEPTED = DecodeBudget()
"""For the photos of a data set: they were held against a budget when they came."""


@dataclass(frozen=True)
class DecodeCost:
    """What decoding takes: `width`, `height` in pixels as decoded; `num_bytes`: memory at its peak."""

    width: int
    height: int
    num_bytes: int


def check(cost: DecodeCost, budget: DecodeBudget, original: tuple[int, int] | None = None) -> None:
    """Raise PhotoRefused where the cost is over the budget.

    Args:
        original: width and height that the file claims, where it is decoded smaller.
    """
    width, height = original or (cost.width, cost.height)
    pixels, most = cost.width * cost.height, _most_pixels(budget)
    if pixels > most:
        raise PhotoRefused(
            f"is too large to open ({width:,} × {height:,} pixels; the limit is {most / 1e6:,.0f} million pixels); "
            f"{MAKE_SMALLER}"
        )
    if budget.decoded_mb and cost.num_bytes > budget.decoded_mb * 1e6:
        raise PhotoRefused(
            f"is too large to open ({width:,} × {height:,} pixels need {cost.num_bytes / 1e6:,.0f} MB of memory; the "
            f"limit is {budget.decoded_mb:,.0f} MB); {MAKE_SMALLER}"
        )


def too_many_pixels(budget: DecodeBudget) -> str:
    """The reason for a picture that Pillow itself calls too large and of which it does not tell the size."""
    most = f"{_most_pixels(budget) / 1e6:,.0f}"
    return f"is too large to open (the limit is {most} million pixels); {MAKE_SMALLER}"


def _most_pixels(budget: DecodeBudget) -> float:
    """The budget's limit, or Pillow's own where that is tighter: twice `MAX_IMAGE_PIXELS`, then it refuses."""
    pillow = 2 * Image.MAX_IMAGE_PIXELS if Image.MAX_IMAGE_PIXELS is not None else float("inf")
    return min(pillow, budget.megapixels * 1e6 if budget.megapixels else float("inf"))


def claimed_cost(data: bytes) -> DecodeCost | None:
    """The least that the first bytes claim, for the formats of which Pillow makes pixels while it only opens them.

    WebP's decoder gets its canvases then, and a GIF of which a frame gives way to its background a picture of that
    size. None for other formats, and for bytes that are not what they begin like.
    """
    try:
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            width, height = _webp_size(data)
            return DecodeCost(width, height, width * height * WEBP_BYTES + len(data))
        if data[:4] == b"GIF8":
            width, height = _gif_size(data)
            return DecodeCost(width, height, width * height * 2 + len(data))
    except (struct.error, IndexError, ValueError):
        pass
    return None


def _webp_size(data: bytes) -> tuple[int, int]:
    """The canvas, or the largest of the frames where one claims more (libwebp refuses that, or should)."""
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError(kind)


def _gif_size(data: bytes) -> tuple[int, int]:
    """The screen, made larger where the first frame goes beyond it, as Pillow does."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    place = 13 + (3 << (flags & 7) + 1 if flags & 128 else 0)
    while data[place] == 0x21:  # an extension: label, then blocks, each with its length before it
        place += 2
        while data[place]:
            place += data[place] + 1
        place += 1
    if data[place] != 0x2C:
        raise ValueError(data[place])
    left, top, frame_width, frame_height = struct.unpack_from("<HHHH", data, place + 1)
    return max(width, left + frame_width), max(height, top + frame_height)


def opened_cost(image: Image.Image, data: bytes, at_least: int | None = None) -> DecodeCost:
    """What decoding a picture takes that Pillow has opened; nothing of it is decoded for this.

    Args:
        data: the bytes of its file.
        at_least: as for `images.load_upright`; a JPEG that is read smaller takes less.
    """
    width, height = image.size
    stored = 1 if image.mode in _ONE_BYTE else 2 if image.mode.startswith("I;16") else 4
    beside = float(len(data))
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        beside += _coefficients(image, data)
        scale = draft_scale(image.size, at_least)
        width, height = -(-width // scale), -(-height // scale)
    pixels = width * height
    if image.format == "WEBP":
        beside += pixels * (WEBP_BYTES - stored)
    elif image.format in ("HEIF", "AVIF"):
        beside += pixels * ((HEIF_BYTES if image.format == "HEIF" else AVIF_BYTES) - stored)
    elif image.format == "GIF":
        beside += pixels  # what a frame gives way to
    elif image.format == "BMP" and image.info.get("compression") in (1, 2):
        beside += pixels * 2  # run lengths are unpacked in Python, into bytes of their own
    elif isinstance(image, TiffImagePlugin.TiffImageFile):
        beside += _strip_or_tile(image)
    peak = pixels * stored
    if not is_rgb(image):
        peak += pixels * 4
    if may_turn(image):
        peak = max(peak, pixels * 8)
    return DecodeCost(width, height, int(peak + beside))


def draft_scale(size: tuple[int, int], at_least: int | None) -> int:
    """By how much Pillow makes a JPEG smaller while it decodes it: 1, 2, 4 or 8."""
    fraction = 1 if at_least is None else min(size[0] // at_least, size[1] // at_least)
    return next((scale for scale in (8, 4, 2) if fraction >= scale), 1)


def may_turn(image: Image.Image) -> bool:
    """Whether a picture that is not loaded yet says that it has to be turned, or says so where that is not read yet."""
    if image.format == "HEIF":
        return False  # its decoder turns it
    if isinstance(image, TiffImagePlugin.TiffImageFile) and image.tag_v2.get(ExifTags.Base.Orientation, 1) != 1:
        return True  # Pillow turns it itself, while it loads it
    return any(key in image.info for key in ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"))


def _coefficients(image: JpegImagePlugin.JpegImageFile, data: bytes) -> int:
    """Bytes of the coefficients that libjpeg keeps of a whole JPEG, two each, where its colours come in several scans.

    It does so for every progressive file, at whatever size the picture is wanted.
    """
    if not (image.info.get("progressive") or _scans_apart(data, image.layers)):
        return 0
    shares = [(horizontal, vertical) for _, horizontal, vertical, _ in image.layer]
    if not shares:
        return 0
    most = max(each[0] for each in shares) * max(each[1] for each in shares)
    return 2 * image.width * image.height * sum(across * down for across, down in shares) // max(most, 1)


def _scans_apart(data: bytes, num_colours: int) -> bool:
    """Whether the first scan of a JPEG holds fewer colours than the picture has."""
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            place = data.find(b"\xff", place) % (len(data) + 1)  # the end, where there is none
            continue
        marker = data[place + 1]
        if marker == 0xDA:  # start of scan; its length, then how many colours
            return place + 4 < len(data) and data[place + 4] < num_colours
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:
            place += 1 if marker == 0xFF else 2
            continue
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return False


def _strip_or_tile(image: TiffImagePlugin.TiffImageFile) -> int:
    """Bytes of the piece of a compressed TIFF that libtiff unpacks at once: as large as the file says."""
    tags = image.tag_v2
    width, height = tags.get(TiffImagePlugin.IMAGEWIDTH, 0), tags.get(TiffImagePlugin.IMAGELENGTH, 0)
    if TiffImagePlugin.TILEOFFSETS in tags:
        across, down = tags.get(TiffImagePlugin.TILEWIDTH, width), tags.get(TiffImagePlugin.TILELENGTH, height)
    else:
        across, down = width, min(height, tags.get(TiffImagePlugin.ROWSPERSTRIP, height))
    bits = tags.get(TiffImagePlugin.BITSPERSAMPLE, (8,))
    samples = max(1, tags.get(TiffImagePlugin.SAMPLESPERPIXEL, 1))
    a_pixel = max(4.0, max(bits) * samples / 8)  # four where libtiff makes RGBA of it
    return int(across * down * a_pixel)
