"""A loaded photo as a person sees it: RGB, by the range that is wanted, turned upright."""

import numpy as np
from PIL import Image

from tlcore.data import decode_budget
from tlcore.data.colours import deep_to_rgb, to_rgb
from tlcore.data.decode_budget import DecodeBudget, DecodeCost
from tlcore.data.deep import DeepValues, Range, fixed_range, legacy_range, measure, own_ranges, stretched_message
from tlcore.data.opening import Loaded
from tlcore.data.refusals import SAVE_AGAIN, PhotoRefused
from tlcore.data.wanted import Wanted

LARGEST_ICON = 512
"""Pixels a side: of smaller pictures a thumbnail keeps a transparent ground."""

_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def make_rgb(loaded: Loaded, wanted: Wanted, budget: DecodeBudget) -> tuple[Image.Image, str]:
    """A loaded photo that nobody else holds, as RGB and upright; its own pixels are given up on the way.

    Returns:
        the picture, and what a person should know was done to its values.
    """
    if loaded.values is not None:
        converted, changed = deep_rgb(loaded.values, loaded.profile, wanted)
    else:
        assert loaded.image is not None  # one of both is there
        converted, changed = to_rgb(loaded.image, wanted.version > 1), ""
        if converted is not loaded.image:
            loaded.image.close()
    return turned(converted, loaded.orientation, budget), changed


def deep_rgb(values: DeepValues, profile: bytes, wanted: Wanted) -> tuple[Image.Image, str]:
    """Deep values as RGB by the range that is wanted, else by their own; and what that did to them."""
    chosen, changed = chosen_range(values, wanted)
    return deep_to_rgb(values, chosen, profile if wanted.version > 1 else b""), changed


def chosen_range(values: DeepValues, wanted: Wanted) -> tuple[Range, str]:
    """The values that become 0 and 255, and what a person should know of that."""
    fixed = fixed_range(values.kind)
    if fixed is not None:
        return fixed, ""
    if wanted.version == 1:
        return legacy_range(values), ""
    measured = measure(values)
    low, high = (wanted.data_ranges or {}).get(values.kind) or own_ranges(measured).get(values.kind, (0.0, 1.0))
    return (low, high), stretched_message(measured, (low, high))


def turned(image: Image.Image, orientation: int, budget: DecodeBudget) -> Image.Image:
    """An RGB picture turned upright: for a moment it is there twice, which a late word in a PNG's end may ask for."""
    turn = _TRANSPOSE.get(orientation)
    if turn is None:
        return image
    decode_budget.check(DecodeCost(*image.size, image.width * image.height * 8), budget)
    return image.transpose(turn)


def with_transparency(loaded: Loaded, budget: DecodeBudget) -> Image.Image | None:
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
    return None if shows_all else turned(clear, loaded.orientation, budget)
