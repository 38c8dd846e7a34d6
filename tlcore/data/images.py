"""From the bytes of a photo to pixels. The only file that decodes pictures.

What a network sees comes from `load_input`, in training, evaluation and prediction alike. Which files are photos
of a data set is none of this file's business (ingest.py).
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
"""What may be decoded, in Pillow's names. Pillow reads forty more, each with a decoder that strangers could attack."""

MAX_PIXELS = 89_000_000
"""Larger pictures are refused. Just under the size at which Pillow itself begins to warn of decompression bombs."""

MIN_SIDE = 4
"""Smaller pictures are refused: a picture of one pixel (a tracking dot of a web page) shows nothing to learn."""

RESIZE_POLICIES = {
    "squash": "The whole photo, stretched or squeezed into a square.",
    "center-crop": "The largest square in the middle of the photo.",
}
"""How a photo becomes square, with one sentence each for a person who chooses."""

RESIZE_POLICY = "center-crop"
"""What runs are made with: 393 of 399 cats and dogs right at 160 px; "squash" 391 (same head, four seeds)."""

_ALLOWED = "save it as JPEG or PNG and try again"
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUIET = threading.Lock()


class PhotoRefused(Exception):
    """The bytes are no photo that can be used. `reason` follows a file's name: "is empty (0 bytes)".

    Args:
        name: of the file, for the message of the error, where it is known.
    """

    def __init__(self, reason: str, name: str = "") -> None:
        super().__init__(f"{name} {reason}".strip())
        self.reason = reason


@dataclass(frozen=True)
class PhotoInfo:
    """What `inspect` learned. `width`, `height`: pixels, upright; `format`: one of `FORMATS`."""

    width: int
    height: int
    format: str


def inspect(data: bytes) -> PhotoInfo:
    """Check that a photo really decodes, to its last byte, and return its upright size.

    JPEGs are decoded at an eighth of their size: all of the file is read, little of it is computed.

    Raises:
        PhotoRefused: the bytes are not a usable photo.
    """
    image = _open(data)
    width, height = image.size
    image_format = "JPEG" if image.format == "MPO" else str(image.format)
    if image_format == "JPEG":
        image.draft(None, (1, 1))
    _load(image)
    if _orientation(image) >= 5:
        width, height = height, width
    return PhotoInfo(width, height, image_format)


def load_upright(data: bytes, at_least: int | None = None) -> Image.Image:
    """The photo as a person sees it: RGB, turned upright, transparent parts on white, first frame of an animation.

    Args:
        data: the bytes of a file.
        at_least: pixels. A JPEG may come out smaller than it is, by 1/2, 1/4 or 1/8, as long as no side is
            shorter than this; that is much faster than decoding it whole.

    Raises:
        PhotoRefused: the bytes are not a usable photo.
    """
    image = _open(data)
    if at_least is not None:
        image.draft(None, (at_least, at_least))  # does nothing to anything but a JPEG
    return make_upright(image)


def make_upright(image: Image.Image) -> Image.Image:
    """A picture that Pillow has opened as a person sees it, see `load_upright`.

    Raises:
        PhotoRefused: its pixels cannot be decoded or read.
    """
    _load(image)
    turn = _TRANSPOSE.get(_orientation(image))
    image = _to_rgb(image)
    return image.transpose(turn) if turn is not None else image


def load_input(data: bytes, size: int, policy: str = "squash") -> np.ndarray:
    """What a network sees of a photo.

    The photo is made upright RGB (`load_upright(data, at_least=size)`), then brought to its square by one
    antialiased bilinear resize (Pillow's), from all of it or from its middle.

    Args:
        data: the bytes of a file.
        size: side of the square in pixels.
        policy: a key of `RESIZE_POLICIES`.

    Returns:
        uint8 (size, size, 3), 0–255, RGB. The same bytes give the same array, always.

    Raises:
        PhotoRefused: the bytes are not a usable photo.
        ValueError: an unknown policy.
    """
    return make_input(load_upright(data, at_least=size), size, policy)


def make_input(image: Image.Image, size: int, policy: str = "squash") -> np.ndarray:
    """What a network sees of an upright RGB picture; resize, result and errors are those of `load_input`."""
    if policy not in RESIZE_POLICIES:
        raise ValueError(f"Received: policy={policy!r}. Allowed: {', '.join(RESIZE_POLICIES)}.")
    box = _middle(image) if policy == "center-crop" else None
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BILINEAR, box=box)
    return np.asarray(image)


def thumbnail(data: bytes, size: int) -> bytes:
    """A small square JPEG of the middle of a photo, for galleries. `size`: side in pixels.

    Raises:
        PhotoRefused: the bytes are not a usable photo.
    """
    image = load_upright(data, at_least=size)
    image = image.resize((size, size), Image.Resampling.BILINEAR, box=_middle(image))
    target = BytesIO()
    image.save(target, "JPEG", quality=85)
    return target.getvalue()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Pillow's warnings about odd files away from the person: a file is accepted, or refused with a reason.

    Warning filters belong to the whole process, so only one thread at a time may change them. What runs in here
    holds Python's own lock anyway (headers and EXIF); the decoding of pixels stays outside and runs in parallel.
    """
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _open(data: bytes) -> Image.Image:
    """Read the header and refuse, before anything is decoded, what is no picture or out of range."""
    if not data:
        raise PhotoRefused("is empty (0 bytes)")
    try:
        with _quiet():
            image = Image.open(BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise PhotoRefused(f"is too large to open (more than {MAX_PIXELS // 1_000_000} million pixels)") from error
    except UnidentifiedImageError as error:
        raise PhotoRefused(_what_it_is(data)) from error
    except Exception as error:  # Pillow's readers raise nearly anything on a damaged file
        raise PhotoRefused(f"is damaged and cannot be opened; {_ALLOWED}") from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PhotoRefused(
            f"is too large to open ({width:,} × {height:,} pixels; at most {MAX_PIXELS // 1_000_000} million)"
        )
    if min(width, height) < MIN_SIDE:
        raise PhotoRefused(
            f"is too small to show anything ({width} × {height} pixels; at least {MIN_SIDE} × {MIN_SIDE})"
        )
    return image


def _load(image: Image.Image) -> None:
    """Decode. Pillow lets other threads run meanwhile."""
    try:
        if image.format == "TIFF":  # its decoder warns of odd tags in the middle of its work
            with _quiet():
                image.load()
        else:
            image.load()
    except Exception as error:
        cut = "truncated" in str(error) or isinstance(error, EOFError)
        what = "is cut off: its end is missing" if cut else "is damaged and cannot be decoded"
        raise PhotoRefused(f"{what}; fetch or copy it again, or leave it out") from error


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1–8 of a loaded image. Pillow turns a TIFF itself and then reports 1."""
    try:
        with _quiet():
            value = image.getexif().get(0x0112, 1)
    except Exception:  # broken EXIF: the picture itself is fine and is taken as it lies
        return 1
    return value if value in range(1, 9) else 1


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any of Pillow's modes as 8-bit RGB."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    try:
        if image.mode.startswith(("I", "F")):
            return _scale_to_bytes(image).convert("RGB")
        if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
            image = image.convert("RGBA")
            white = Image.new("RGB", image.size, "white")
            white.paste(image, mask=image.getchannel("A"))
            return white
        return image.convert("RGB")
    except Exception as error:
        raise PhotoRefused(f"has colours of a kind ({image.mode}) that cannot be read; {_ALLOWED}") from error


def _scale_to_bytes(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits or floats as 8 bits, scaled; Pillow's own conversion would clip nearly all of it to white.

    Whole numbers are taken as 16 bits (0–65,535 to 0–255), floats as 0–1, where the values fit into that;
    anything else is stretched from its darkest to its brightest value.
    """
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    low, high = float(values.min()), float(values.max())
    if image.mode.startswith("I") and low >= 0 and high <= 65_535:
        low, high = 0.0, 65_535.0
    elif image.mode == "F" and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    scaled = (values - low) * (255.0 / max(high - low, 1e-12))
    return Image.fromarray(np.rint(scaled).astype(np.uint8))


def _middle(image: Image.Image) -> tuple[float, float, float, float]:
    """The box of the largest centred square: left, top, right, bottom."""
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return (left, top, left + side, top + side)


_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_BEGINNINGS = (
    (b"%PDF", "is a PDF, not a picture"),
    (b"PK\x03\x04", "is a zip or office file, not a picture"),
    (b"Rar!", "is a RAR archive, not a picture"),
    (b"8BPS", f"is a Photoshop file; {_ALLOWED}"),
    (b"\xff\xd8\xff", "is damaged: it begins like a JPEG and then does not go on like one"),
    (b"\x89PNG", "is damaged: it begins like a PNG and then does not go on like one"),
    (b"GIF8", "is damaged: it begins like a GIF and then does not go on like one"),
    (b"RIFF", "is damaged or not a picture"),
)


def _what_it_is(data: bytes) -> str:
    """The reason for bytes that none of the allowed decoders knows."""
    if data[4:8] == b"ftyp":
        if data[8:12] in _HEIF_BRANDS:
            return f"is a HEIC photo of a phone, which cannot be read here; {_ALLOWED}"
        if data[8:12] in (b"avif", b"avis"):
            return f"is an AVIF picture, which cannot be read here; {_ALLOWED}"
        return "is a video, not a picture"
    for beginning, reason in _BEGINNINGS:
        if data.startswith(beginning):
            return reason
    head = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in head:
        return f"is an SVG drawing, which has no pixels; {_ALLOWED}"
    if head.startswith((b"<!doctype html", b"<html")) or b"<html" in head:
        return "is not a picture (it is a web page, HTML; the download went wrong)"
    return "is not a picture that can be read here (JPEG, PNG, WebP, BMP, TIFF or GIF)"
