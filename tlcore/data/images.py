"""From the bytes of a photo to pixels: what a person sees, what a network sees, and small pictures of both.

What a network sees comes from `load_input` or `decode`, in training, evaluation and prediction alike. Which decoder
reads what is opening.py's business, what decoding may take decode_budget.py's; what strangers send is decoded in a
process of its own (decoder.py), and which files are photos of a data set is decided in ingest.py.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import numpy as np
from PIL import Image

from tlcore.data import decode_budget
from tlcore.data.capture_time import capture_of
from tlcore.data.colours import is_deep, to_rgb
from tlcore.data.decode_budget import OWN_BUDGET, DecodeBudget, DecodeCost
from tlcore.data.deep import (
    DataRanges,
    fixed_range,
    measure,
)
from tlcore.data.deep_pillow import grey_values
from tlcore.data.opening import FORMATS, MIN_SIDE, load_image, load_photo, open_photo, orientation_of
from tlcore.data.picture_files import encode_png, encode_thumbnail, middle_square
from tlcore.data.refusals import PhotoRefused
from tlcore.data.upright import chosen_range, deep_rgb, make_rgb, turned, with_transparency
from tlcore.data.wanted import (
    PIXELS_VERSION,
    REDUCING_GAP,
    RESIZE_POLICIES,
    DecodedPhoto,
    PhotoInfo,
    Wanted,
    stacked,
)

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


LARGEST_INPUT = 608
"""Pixels a side: the largest square that a network is given, `TrainConfig.image_size` at most. What is accepted into a
data set fits the budget at this size."""


LARGE_BYTES = 64_000_000
"""Of pictures that take more memory than this, one at a time is decoded."""


_LARGE = threading.Lock()

InTurn = Callable[[DecodeCost], AbstractContextManager[object]]
"""What a picture of this cost is decoded in: it waits until no other large one is."""


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
    found = _decode(data, wanted, budget, in_turn)
    if found.input is None or not wanted.other_sizes:
        return found
    # Each size is decoded for itself: a JPEG is decoded at a fraction of its size, which one depends on what is wanted.
    others = (Wanted(size, wanted.policy, 0, False, wanted.data_ranges, wanted.version) for size in wanted.other_sizes)
    squares = [_decode(data, each, budget, in_turn).input for each in others]
    return replace(found, input=stacked([found.input, *(square for square in squares if square is not None)]))


def _decode(data: bytes, wanted: Wanted, budget: DecodeBudget, in_turn: InTurn) -> DecodedPhoto:
    """A photo as it is wanted, in the largest of the sizes."""
    sharp = _sharp_enough(wanted)
    at_least = wanted.input_size * _gap(wanted.version) or sharp
    opened = open_photo(data, budget, at_least or LARGEST_INPUT * REDUCING_GAP)
    size = opened.size
    with in_turn(opened.cost):
        loaded = load_photo(opened, None if wanted.any_depth else at_least or 1)
        info = _info(opened.format, size, loaded.orientation)
        if wanted.whole and (capture := capture_of(data)) is not None:
            info = replace(info, taken=capture.seconds)
        if wanted.measure and loaded.values is not None and fixed_range(loaded.values.kind) is None:
            return DecodedPhoto(info, measured=measure(loaded.values))
        if not (at_least or wanted.render):
            stretched = chosen_range(loaded.values, wanted)[1] if loaded.values is not None else ""
            return DecodedPhoto(info, changed=_joined(stretched, loaded.note))
        clear = with_transparency(loaded, budget) if wanted.thumbnail_size else None
        upright, stretched = make_rgb(loaded, wanted, budget)
        changed = _joined(stretched, loaded.note)
        is_rendered = wanted.render and (wanted.any_depth or loaded.values is not None)
        rendered = encode_png(upright) if is_rendered else b""
        square = None
        if wanted.input_size:
            square = make_input(upright, wanted.input_size, wanted.policy, wanted.version)
        if not wanted.thumbnail_size:
            return DecodedPhoto(info, square, b"", changed, None, rendered)
        if min(upright.size) >= min(sharp, *size):
            return DecodedPhoto(info, square, encode_thumbnail(clear or upright, wanted), changed, None, rendered)
        upright.close()
    small = _decode(data, replace(wanted, input_size=0, render=False), budget, in_turn).thumbnail
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
        return make_rgb(load_photo(opened, at_least), wanted, budget)[0]


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
    made = deep_rgb(values, b"", wanted)[0] if values is not None else to_rgb(image, version > 1)
    return turned(made, orientation_of(image), budget)


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
    box: tuple[float, float, float, float] = (0, 0, *image.size)
    if policy == "center-crop":
        box = _exact_middle(image) if version > 1 else middle_square(image)
    return np.asarray(_resize(image, size, box))


def _exact_middle(image: Image.Image) -> tuple[float, float, float, float]:
    """The square that `ImageOps.fit` cuts out, at halves of a pixel."""
    side = min(image.size)
    left, top = ((length - side) / 2 for length in image.size)
    return left, top, left + side, top + side


def _resize(image: Image.Image, size: int, box: tuple[float, float, float, float]) -> Image.Image:
    """Pillow's resize. The side that comes first is rounded first: of tall pictures the height, as in Pillow since
    version 13. Earlier versions always begin with the width, which gives values 1 of 255 apart."""
    width, height = image.size
    left, top, right, bottom = box
    if height > size and height - size > 2 * (width - size):
        image = image.resize((width, size), Image.Resampling.BILINEAR, box=(0, top, width, bottom))
        top, bottom = 0, size
    return image.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, right, bottom))


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


def _gap(version: int) -> int:
    return REDUCING_GAP if version > 1 else 1


def _info(name: str, size: tuple[int, int], orientation: int) -> PhotoInfo:
    """What there is to know of a photo. `size`: width and height before it was made smaller."""
    width, height = size[::-1] if orientation >= 5 else size
    return PhotoInfo(width, height, name)


def _joined(*changes: str) -> str:
    """Several things that were done to a photo, as words that follow its name."""
    return "; it ".join(filter(None, changes))
