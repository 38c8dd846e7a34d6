"""From the bytes of a photo to pixels. The only file that decodes pictures.

What a network sees comes from `load_input`, in training, evaluation and prediction alike. What decoding may take is
decode_budget.py's business, what strangers send is decoded in a process of its own (decoder.py), and which files are
photos of a data set is decided in ingest.py.
"""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from tlcore.data import decode_budget
from tlcore.data.colours import to_rgb
from tlcore.data.decode_budget import OWN_BUDGET, DecodeBudget, DecodeCost
from tlcore.data.png_texts import without_large_texts
from tlcore.data.refusals import NO_MEMORY, SAVE_AGAIN, PhotoRefused, what_it_is

__all__ = ["PhotoRefused", "decode", "inspect", "load_input", "load_upright", "make_input", "make_upright", "thumbnail"]

_DECODERS = (  # named here, so that Pillow does not import its forty others to look for one of these
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
"""What may be decoded, in Pillow's names. Pillow reads forty more, each with a decoder that strangers could attack."""

MIN_SIDE = 4
"""Smaller pictures are refused: a picture of one pixel (a tracking dot of a web page) shows nothing to learn."""

LARGEST_INPUT = 608
"""Pixels a side: the largest square that a network is given, `TrainConfig.image_size` at most. What is accepted into a
data set fits the budget at this size."""

PIXEL_ART = 64
"""Pixels a side: pictures up to this size keep every pixel in their thumbnail, which a page shows without smoothing."""

LARGEST_ICON = 512
"""Pixels a side: of smaller pictures a thumbnail keeps a transparent ground."""

LARGE_BYTES = 64_000_000
"""Of pictures that take more memory than this, one at a time is decoded."""

RESIZE_POLICIES = {
    "squash": "The whole photo, stretched or squeezed into a square.",
    "center-crop": "The largest square in the middle of the photo.",
}
"""How a photo becomes square, with one sentence each for a person who chooses."""

RESIZE_POLICY = "center-crop"
"""What runs are made with: 393 of 399 cats and dogs right at 160 px; "squash" 391 (same head, four seeds)."""

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
_LARGE = threading.Lock()

InTurn = Callable[[DecodeCost], AbstractContextManager[object]]
"""What a picture of this cost is decoded in: it waits until no other large one is."""


@dataclass(frozen=True)
class PhotoInfo:
    """What a file says and decoding confirmed. `width`, `height`: pixels, upright; `format`: one of `FORMATS`."""

    width: int
    height: int
    format: str


@dataclass(frozen=True)
class Wanted:
    """What a photo is decoded for, besides its `PhotoInfo`.

    `input_size`: pixels a side of what a network sees, 0 for none; `policy`: a key of `RESIZE_POLICIES`;
    `thumbnail_size`: pixels a side, 0 for none; `whole`: the thumbnail shows all of the photo, its longer side having
    that many pixels, instead of the square in its middle.
    """

    input_size: int = 0
    policy: str = RESIZE_POLICY
    thumbnail_size: int = 0
    whole: bool = False


@dataclass(frozen=True, eq=False)
class DecodedPhoto:
    """A photo as it was wanted.

    `input`: uint8 (S, S, 3) as of `load_input`, or None; `thumbnail`: a JPEG, of small pictures a PNG, or b"";
    `changed`: what a person should know was done to its pixels, as words that follow the file's name, "" for nothing.
    """

    info: PhotoInfo
    input: np.ndarray | None = None
    thumbnail: bytes = b""
    changed: str = ""


def one_large_at_a_time(cost: DecodeCost) -> AbstractContextManager[object]:
    """Let the threads of this process decode small pictures side by side, large ones one after the other."""
    return _LARGE if cost.num_bytes > LARGE_BYTES else nullcontext()


def decode(
    data: bytes, wanted: Wanted, budget: DecodeBudget = OWN_BUDGET, in_turn: InTurn = one_large_at_a_time
) -> DecodedPhoto:
    """Check that a photo really decodes, to its last byte, and make of it what is wanted, with as little decoding.

    A JPEG of which nothing is wanted is decoded at an eighth of its size: all of the file is read, little is computed.

    Raises:
        PhotoRefused: the bytes are not a usable photo, or take more than the budget.
        ValueError: an unknown policy.
    """
    sharp = _sharp_enough(wanted)
    at_least = wanted.input_size or sharp
    image, cost = _open(data, budget, at_least or LARGEST_INPUT)
    size = image.size
    with in_turn(cost):
        image.draft(None, (at_least or 1, at_least or 1))  # does nothing to anything but a JPEG
        _load(image)
        info = _info(image, size)
        if not at_least:
            return DecodedPhoto(info)
        clear = _with_transparency(image, budget) if wanted.thumbnail_size else None
        upright = _upright(image, budget)
        square = make_input(upright, wanted.input_size, wanted.policy) if wanted.input_size else None
        if not wanted.thumbnail_size:
            return DecodedPhoto(info, square)
        if min(upright.size) >= min(sharp, *size):
            return DecodedPhoto(info, square, _encode_thumbnail(clear or upright, wanted))
        upright.close()
    return DecodedPhoto(info, square, decode(data, replace(wanted, input_size=0), budget, in_turn).thumbnail)


def inspect(data: bytes, budget: DecodeBudget = OWN_BUDGET) -> PhotoInfo:
    """Check that a photo really decodes, to its last byte, and return its upright size.

    Raises:
        PhotoRefused: the bytes are not a usable photo, or take more than the budget.
    """
    return decode(data, Wanted(), budget).info


def load_upright(data: bytes, at_least: int | None = None, budget: DecodeBudget = OWN_BUDGET) -> Image.Image:
    """The photo as a person sees it: RGB, turned upright, transparent parts on white, first frame of an animation.

    Args:
        data: the bytes of a file.
        at_least: pixels. A JPEG may come out smaller than it is, by 1/2, 1/4 or 1/8, as long as no side is
            shorter than this; that is much faster than decoding it whole.

    Raises:
        PhotoRefused: the bytes are not a usable photo, or take more than the budget.
    """
    image, cost = _open(data, budget, at_least)
    with one_large_at_a_time(cost):
        if at_least is not None:
            image.draft(None, (at_least, at_least))
        _load(image)
        return _upright(image, budget)


def make_upright(image: Image.Image, budget: DecodeBudget = OWN_BUDGET) -> Image.Image:
    """A picture that Pillow has opened as a person sees it, see `load_upright`.

    Raises:
        PhotoRefused: its pixels cannot be decoded or read, or take more than the budget.
    """
    decode_budget.check(decode_budget.opened_cost(image, b""), budget)
    _load(image)
    return _turned(to_rgb(image), _orientation(image), budget)


def load_input(data: bytes, size: int, policy: str = "squash", budget: DecodeBudget = OWN_BUDGET) -> np.ndarray:
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
        PhotoRefused: the bytes are not a usable photo, or take more than the budget.
        ValueError: an unknown policy.
    """
    square = decode(data, Wanted(size, policy), budget).input
    assert square is not None  # it was asked for
    return square


def make_input(image: Image.Image, size: int, policy: str = "squash") -> np.ndarray:
    """What a network sees of an upright RGB picture; resize, result and errors are those of `load_input`."""
    if policy not in RESIZE_POLICIES:
        raise ValueError(f"Received: policy={policy!r}. Allowed: {', '.join(RESIZE_POLICIES)}.")
    box = _middle(image) if policy == "center-crop" else None
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BILINEAR, box=box)
    return np.asarray(image)


def thumbnail(
    data: bytes, size: int, budget: DecodeBudget = OWN_BUDGET, in_turn: InTurn = one_large_at_a_time
) -> bytes:
    """A small square JPEG of the middle of a photo, for galleries; of icons and pixel art a PNG.

    Args:
        size: side in pixels, at most.

    Raises:
        PhotoRefused: the bytes are not a usable photo, or take more than the budget.
    """
    return decode(data, Wanted(thumbnail_size=size), budget, in_turn).thumbnail


def _sharp_enough(wanted: Wanted) -> int:
    """The side from which a JPEG need not be decoded larger for a thumbnail: an import takes a third less for it."""
    return min(wanted.thumbnail_size * 2 // 3, LARGEST_INPUT)


def _encode_thumbnail(image: Image.Image, wanted: Wanted) -> bytes:
    """A thumbnail, never larger than the picture; small pictures keep every pixel, icons their transparent ground."""
    box = (0, 0, *image.size) if wanted.whole else _middle(image)
    width, height = box[2] - box[0], box[3] - box[1]
    scale = min(1.0, wanted.thumbnail_size / max(width, height))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = image.resize(size, Image.Resampling.BILINEAR, box=box)
    elif box != (0, 0, *image.size):
        image = image.crop(box)
    target = BytesIO()
    if image.mode == "RGBA" or max(image.size) <= PIXEL_ART:
        image.save(target, "PNG")
    else:
        image.save(target, "JPEG", quality=85)
    return target.getvalue()


def _with_transparency(image: Image.Image, budget: DecodeBudget) -> Image.Image | None:
    """A copy of a loaded icon with its transparent ground, upright; None for a photo, and for what hides nothing.

    Large pictures have none either, lest they lie in the memory twice.
    """
    small = image.width * image.height <= LARGEST_ICON**2
    if not small or image.mode not in ("RGBA", "LA", "PA", "P", "L", "RGB") or not image.has_transparency_data:
        return None
    try:
        clear = image.convert("RGBA")
    except Exception as error:  # Pillow raises nearly anything on a damaged palette
        raise PhotoRefused(f"has colours of a kind ({image.mode}) that cannot be read; {SAVE_AGAIN}") from error
    shows_all = int(np.asarray(clear.getchannel("A")).min()) == 255
    return None if shows_all else _turned(clear, _orientation(image), budget)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Pillow's warnings about odd files away from the person: a file is accepted, or refused with a reason.

    Warning filters belong to the whole process, so only one thread at a time may change them. What runs in here
    holds Python's own lock anyway (headers and EXIF); the decoding of pixels stays outside and runs in parallel.
    """
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _open(data: bytes, budget: DecodeBudget, at_least: int | None) -> tuple[Image.Image, DecodeCost]:
    """Read the header and refuse, before any pixel is made, what is no picture or out of range."""
    if not data:
        raise PhotoRefused("is empty (0 bytes)")
    claimed = decode_budget.claimed_cost(data)
    if claimed is not None:
        decode_budget.check(claimed, budget)
    try:
        with _quiet():
            image = Image.open(BytesIO(without_large_texts(data)), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise PhotoRefused(decode_budget.too_many_pixels(budget)) from error
    except UnidentifiedImageError as error:
        raise PhotoRefused(what_it_is(data)) from error
    except MemoryError as error:
        raise PhotoRefused(NO_MEMORY) from error
    except Exception as error:  # Pillow's readers raise nearly anything on a damaged file
        raise PhotoRefused(f"is damaged and can't be opened; {SAVE_AGAIN}") from error
    width, height = image.size
    if min(width, height) < MIN_SIDE:
        raise PhotoRefused(f"is too small ({width} × {height} pixels; the minimum is {MIN_SIDE} × {MIN_SIDE})")
    cost = decode_budget.opened_cost(image, data, at_least)
    decode_budget.check(cost, budget, image.size)
    return image, cost


def _load(image: Image.Image) -> None:
    """Decode. Pillow lets other threads run meanwhile."""
    try:
        if image.format == "TIFF":  # its decoder warns of odd tags in the middle of its work
            with _quiet():
                image.load()
        else:
            image.load()
    except MemoryError as error:
        raise PhotoRefused(NO_MEMORY) from error
    except Exception as error:
        cut = "truncated" in str(error) or isinstance(error, EOFError)
        what = "is incomplete: its end is missing" if cut else "is damaged and can't be opened"
        raise PhotoRefused(f"{what}; download or copy it again, or leave it out") from error


def _info(image: Image.Image, size: tuple[int, int]) -> PhotoInfo:
    """What there is to know of a loaded picture. `size`: width and height before it was made smaller."""
    width, height = size[::-1] if _orientation(image) >= 5 else size
    return PhotoInfo(width, height, "JPEG" if image.format == "MPO" else str(image.format))


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1–8 of a loaded image. Pillow turns a TIFF itself and then reports 1."""
    try:
        with _quiet():
            value = image.getexif().get(0x0112, 1)
    except Exception:  # broken EXIF: the picture itself is fine and is taken as it lies
        return 1
    return value if value in range(1, 9) else 1


def _upright(image: Image.Image, budget: DecodeBudget) -> Image.Image:
    """A loaded picture that nobody else holds, as RGB and upright; its own pixels are given up on the way."""
    orientation, converted = _orientation(image), to_rgb(image)
    if converted is not image:
        image.close()
    return _turned(converted, orientation, budget)


def _turned(image: Image.Image, orientation: int, budget: DecodeBudget) -> Image.Image:
    """An RGB picture turned upright: for a moment it is there twice, which a late word in a PNG's end may ask for."""
    turn = _TRANSPOSE.get(orientation)
    if turn is None:
        return image
    decode_budget.check(DecodeCost(*image.size, image.width * image.height * 8), budget)
    return image.transpose(turn)


def _middle(image: Image.Image) -> tuple[int, int, int, int]:
    """The box of the largest centred square: left, top, right, bottom."""
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return (left, top, left + side, top + side)
