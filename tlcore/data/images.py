"""From the bytes of a photo to pixels: what a person sees, what a network sees, and small pictures of both.

What a network sees comes from `load_input` or `decode`, in training, evaluation and prediction alike. Which decoder
reads what is opening.py's business, what decoding may take decode_budget.py's; what strangers send is decoded in a
process of its own (decoder.py), and which files are photos of a data set is decided in ingest.py.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
from PIL import Image, ImageChops, ImageOps

from tlcore.data import decode_budget
from tlcore.data.colours import deep_to_rgb, is_deep, to_rgb
from tlcore.data.decode_budget import OWN_BUDGET, DecodeBudget, DecodeCost
from tlcore.data.deep import (
    DataRanges,
    DeepValues,
    Measured,
    Range,
    fixed_range,
    legacy_range,
    measure,
    own_ranges,
    stretched_message,
)
from tlcore.data.deep_pillow import grey_values
from tlcore.data.opening import FORMATS, MIN_SIDE, Loaded, load_image, load_photo, open_photo, orientation_of
from tlcore.data.refusals import SAVE_AGAIN, PhotoRefused

__all__ = [
    "FORMATS",
    "MIN_SIDE",
    "PhotoRefused",
    "decode",
    "decode_input",
    "inspect",
    "load_input",
    "load_upright",
    "make_input",
    "make_upright",
    "thumbnail",
]

PIXELS_VERSION = 2
"""How files become pixels. Raise it when the same file would give other ones: it is part of the name of every cache of
what was made of photos, and each bundle says with which it was trained.

1: up to version 0.1.0 of the program. JPEGs decoded down to the size of the input, the middle square at whole pixels,
   colour profiles passed over, whole numbers of more than 8 bits taken as 16 bits.
2: JPEGs not below `REDUCING_GAP` times the size, sRGB, deep values stretched by the range of the data set.
docs/run-format.md tells strangers how to do the same.
"""

REDUCING_GAP = 2
"""A JPEG is decoded at 1/2, 1/4 or 1/8 of its size, down to so many times the square that is made of it.

Whoever decodes it whole gets other probabilities. Two models of cats and dogs, 50 photos of 3 megapixels (enlarged,
with grain): at 224 px 95% within 0.014, the most 0.047 (with a gap of 1: 0.029 and 0.059); at 160 px the most 0.17, at
96 px 0.33. A gap of 2 takes 1.1 to 1.3 times as long as one of 1, decoding all of it 2.4 to 2.9 times.
"""

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
    that many pixels, instead of the square in its middle; `data_ranges`: which values of more than 8 bits become 0 and
    255, by their kind; of kinds that are not there the photo's own range; `version`: the `PIXELS_VERSION`;
    `measure`: of a photo of more than 8 bits only how its values are spread; `render`: of such a photo all of it as an
    8-bit PNG too; `any_depth`: of any photo.
    """

    input_size: int = 0
    policy: str = RESIZE_POLICY
    thumbnail_size: int = 0
    whole: bool = False
    data_ranges: DataRanges | None = None
    version: int = PIXELS_VERSION
    measure: bool = False
    render: bool = False
    any_depth: bool = False


@dataclass(frozen=True, eq=False)
class DecodedPhoto:
    """A photo as it was wanted.

    `input`: uint8 (S, S, 3) as of `load_input`, or None; `thumbnail`: a JPEG, of small pictures a PNG, or b"";
    `changed`: what a person should know was done to its pixels, as words that follow the file's name, "" for nothing;
    `measured`: how its values are spread, where that was wanted and they have more than 8 bits; then nothing else is
    there; `rendered`: a PNG of all of it, where that was wanted and it has more than 8 bits.
    """

    info: PhotoInfo
    input: np.ndarray | None = None
    thumbnail: bytes = b""
    changed: str = ""
    measured: Measured | None = None
    rendered: bytes = b""


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
    at_least = wanted.input_size * _gap(wanted.version) or sharp
    opened = open_photo(data, budget, at_least or LARGEST_INPUT * REDUCING_GAP)
    size = opened.size
    with in_turn(opened.cost):
        loaded = load_photo(opened, None if wanted.any_depth else at_least or 1)
        info = _info(opened.format, size, loaded.orientation)
        if wanted.measure and loaded.values is not None and fixed_range(loaded.values.kind) is None:
            return DecodedPhoto(info, measured=measure(loaded.values))
        if not (at_least or wanted.render):
            stretched = _chosen_range(loaded.values, wanted)[1] if loaded.values is not None else ""
            return DecodedPhoto(info, changed=_joined(stretched, loaded.note))
        clear = _with_transparency(loaded, budget) if wanted.thumbnail_size else None
        upright, stretched = _upright(loaded, wanted, budget)
        changed = _joined(stretched, loaded.note)
        is_rendered = wanted.render and (wanted.any_depth or loaded.values is not None)
        rendered = _encode_png(upright) if is_rendered else b""
        square = None
        if wanted.input_size:
            square = make_input(upright, wanted.input_size, wanted.policy, wanted.version)
        if not wanted.thumbnail_size:
            return DecodedPhoto(info, square, b"", changed, None, rendered)
        if min(upright.size) >= min(sharp, *size):
            return DecodedPhoto(info, square, _encode_thumbnail(clear or upright, wanted), changed, None, rendered)
        upright.close()
    small = decode(data, replace(wanted, input_size=0, render=False), budget, in_turn).thumbnail
    return DecodedPhoto(info, square, small, changed, None, rendered)


def inspect(data: bytes, budget: DecodeBudget = OWN_BUDGET) -> PhotoInfo:
    """Check that a photo really decodes, to its last byte, and return its upright size.

    Raises:
        PhotoRefused: the bytes are not a usable photo, or take more than the budget.
    """
    return decode(data, Wanted(), budget).info


def load_upright(
    data: bytes,
    at_least: int | None = None,
    budget: DecodeBudget = OWN_BUDGET,
    data_ranges: DataRanges | None = None,
    version: int = PIXELS_VERSION,
) -> Image.Image:
    """The photo as a person sees it: sRGB, turned upright, transparent parts on white, first frame of an animation.

    Args:
        data: the bytes of a file.
        at_least: pixels. A JPEG may come out smaller than it is, by 1/2, 1/4 or 1/8, as long as no side is
            shorter than this; that is much faster than decoding it whole.
        data_ranges, version: as in `Wanted`.

    Raises:
        PhotoRefused: the bytes are not a usable photo, or take more than the budget.
    """
    opened = open_photo(data, budget, at_least)
    with one_large_at_a_time(opened.cost):
        wanted = Wanted(data_ranges=data_ranges, version=version)
        return _upright(load_photo(opened, at_least), wanted, budget)[0]


def make_upright(
    image: Image.Image,
    budget: DecodeBudget = OWN_BUDGET,
    data_ranges: DataRanges | None = None,
    version: int = PIXELS_VERSION,
) -> Image.Image:
    """A picture that Pillow has opened as a person sees it, see `load_upright`.

    Of colours of more than 8 bits a channel Pillow has kept 8.

    Raises:
        PhotoRefused: its pixels cannot be decoded or read, or take more than the budget.
    """
    decode_budget.check(decode_budget.opened_cost(image, b""), budget)
    load_image(image)
    wanted = Wanted(data_ranges=data_ranges, version=version)
    values = grey_values(image) if is_deep(image) else None
    made = _rgb_of(values, b"", wanted)[0] if values is not None else to_rgb(image, version > 1)
    return _turned(made, orientation_of(image), budget)


def load_input(data: bytes, size: int, policy: str = "squash", budget: DecodeBudget = OWN_BUDGET) -> np.ndarray:
    """What a network sees of a photo.

    The photo is made upright sRGB (`load_upright(data, at_least=REDUCING_GAP * size)`), then brought to its square by
    one antialiased bilinear resize (Pillow's), from all of it or from its middle.

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
    return decode_input(data, Wanted(size, policy), budget)


def decode_input(data: bytes, wanted: Wanted, budget: DecodeBudget = OWN_BUDGET) -> np.ndarray:
    """What a network sees of a photo, of the size and by the ranges that are wanted; see `load_input`."""
    square = decode(data, wanted, budget).input
    assert square is not None  # it was asked for
    return square


def make_input(image: Image.Image, size: int, policy: str = "squash", version: int = PIXELS_VERSION) -> np.ndarray:
    """What a network sees of an upright RGB picture; resize, result and errors are those of `load_input`."""
    if policy not in RESIZE_POLICIES:
        raise ValueError(f"Received: policy={policy!r}. Allowed: {', '.join(RESIZE_POLICIES)}.")
    if image.size == (size, size):
        return np.asarray(image)
    if policy == "center-crop" and version > 1:
        return np.asarray(ImageOps.fit(image, (size, size), Image.Resampling.BILINEAR))
    box = _middle(image) if policy == "center-crop" else None
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, box=box))


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


def _encode_png(image: Image.Image) -> bytes:
    """A picture as a PNG, of one channel where it is grey."""
    target = BytesIO()
    (image.getchannel(0) if _is_grey(image) else image).save(target, "PNG", compress_level=3)
    return target.getvalue()


def _is_grey(image: Image.Image) -> bool:
    red, green, blue = image.split()
    return all(ImageChops.difference(red, other).getbbox() is None for other in (green, blue))


def _gap(version: int) -> int:
    return REDUCING_GAP if version > 1 else 1


def _with_transparency(loaded: Loaded, budget: DecodeBudget) -> Image.Image | None:
    """A copy of a loaded icon with its transparent ground, upright; None for a photo, and for what hides nothing.

    Large pictures have none either, lest they lie in the memory twice.
    """
    image = loaded.image
    if image is None or image.width * image.height > LARGEST_ICON**2:
        return None
    if image.mode not in ("RGBA", "LA", "PA", "P", "L", "RGB") or not image.has_transparency_data:
        return None
    try:
        clear = image.convert("RGBA")
    except Exception as error:  # Pillow raises nearly anything on a damaged palette
        raise PhotoRefused(f"has colours of a kind ({image.mode}) that cannot be read; {SAVE_AGAIN}") from error
    shows_all = int(np.asarray(clear.getchannel("A")).min()) == 255
    return None if shows_all else _turned(clear, loaded.orientation, budget)


def _info(name: str, size: tuple[int, int], orientation: int) -> PhotoInfo:
    """What there is to know of a photo. `size`: width and height before it was made smaller."""
    width, height = size[::-1] if orientation >= 5 else size
    return PhotoInfo(width, height, name)


def _upright(loaded: Loaded, wanted: Wanted, budget: DecodeBudget) -> tuple[Image.Image, str]:
    """A loaded photo that nobody else holds, as RGB and upright; its own pixels are given up on the way.

    Returns:
        the picture, and what a person should know was done to its values.
    """
    if loaded.values is not None:
        converted, changed = _rgb_of(loaded.values, loaded.profile, wanted)
    else:
        assert loaded.image is not None  # one of both is there
        converted, changed = to_rgb(loaded.image, wanted.version > 1), ""
        if converted is not loaded.image:
            loaded.image.close()
    return _turned(converted, loaded.orientation, budget), changed


def _rgb_of(values: DeepValues, profile: bytes, wanted: Wanted) -> tuple[Image.Image, str]:
    """Deep values as RGB by the range that is wanted, else by their own; and what that did to them."""
    chosen, changed = _chosen_range(values, wanted)
    return deep_to_rgb(values, chosen, profile if wanted.version > 1 else b""), changed


def _chosen_range(values: DeepValues, wanted: Wanted) -> tuple[Range, str]:
    """The values that become 0 and 255, and what a person should know of that."""
    fixed = fixed_range(values.kind)
    if fixed is not None:
        return fixed, ""
    if wanted.version == 1:
        return legacy_range(values), ""
    measured = measure(values)
    low, high = (wanted.data_ranges or {}).get(values.kind) or own_ranges(measured).get(values.kind, (0.0, 1.0))
    return (low, high), stretched_message(measured, (low, high))


def _joined(*changes: str) -> str:
    """Several things that were done to a photo, as words that follow its name."""
    return "; it ".join(filter(None, changes))


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
