"""A heat map as a picture: smooth, in colours that everybody can order, with an outline for those who see none.

The colours are those of Matplotlib's "inferno" (Smith and van der Walt, 2015; CC0): even to the eye, getting lighter
all the way, so that they are told apart in any colour vision and in print. They lie on a photo and not on a page, so
they are the same in light and dark.
"""

from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image

INFERNO = ("#000004", "#1b0c41", "#4a0c6b", "#781c6d", "#a52c60", "#cf4446", "#ed6925", "#fb9b06", "#f7d13d", "#fcffa4")
OUTLINED = 0.5  # of the strongest evidence: what is at least as hot is inside the outline
OPAQUE = 0.62  # of a colour where it is hottest: the photo shines through
DIMMED = 0.35  # of the dark where nothing speaks for the class, so that what does stands out on bright photos too
LEAST_SIDE = 512  # pixels, of a picture that is saved
SIDE = 384  # pixels, of one for a page, which the browser makes larger without steps
LINE = 1 / 170  # width of the outline, as a share of the side

Array = npt.NDArray[np.float32]


def smooth(heat_map: Array, width: int, height: int) -> Array:
    """A heat map (rows, columns), 0–1, as float32 (height, width): each value is the middle of its place."""
    large = Image.fromarray(heat_map.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    values: Array = np.asarray(large, np.float32).clip(0, 1)
    return values


def draw_overlay(heat_map: Array, width: int = SIDE, height: int = SIDE) -> bytes:
    """A heat map to be laid over what the model sees of a photo, which it lets through, as a WebP of that size.

    As a PNG it would be four times as large, and with the photo it goes to the browser at every press.
    """
    target = BytesIO()
    _overlay(heat_map, width, height).save(target, "WEBP", quality=85, method=2)
    return target.getvalue()


def draw_explanation(image: npt.NDArray[np.uint8], heat_map: Array) -> bytes:
    """A photo uint8 (S, S, 3) with its heat map over it, as a PNG of at least `LEAST_SIDE` pixels a side."""
    side = max(len(image), LEAST_SIDE)
    photo = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC).convert("RGBA")
    photo.alpha_composite(_overlay(heat_map, side, side))
    target = BytesIO()
    photo.convert("RGB").save(target, "PNG")
    return target.getvalue()


def _overlay(heat_map: Array, width: int, height: int) -> Image.Image:
    values = smooth(heat_map, width, height)
    colours, share = _colours(values), _opacity(values)[..., np.newaxis]
    for lightness, line in _outline(values):
        colours = colours * (1 - line) + lightness * line
        share = share + line * (1 - share)
    pixels = np.concatenate([colours, share * 255], axis=2)
    return Image.fromarray(pixels.round().astype(np.uint8), "RGBA")


def _colours(values: Array) -> Array:
    """float32 (height, width, 3), RGB 0–255."""
    stops = np.array([[int(colour[start : start + 2], 16) for start in (1, 3, 5)] for colour in INFERNO], np.float32)
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(values, places, channel) for channel in stops.T], axis=2).astype(np.float32)


def _opacity(values: Array) -> Array:
    return np.asarray(DIMMED + (OPAQUE - DIMMED) * values, np.float32)


def _outline(values: Array) -> list[tuple[float, Array]]:
    """The line around what is hot, dark and then light upon it, so that it is seen on every photo.

    Each as its lightness, 0–255, and how opaque it is, (height, width, 1). The distance to the line is about the
    difference in value over the slope.
    """
    width = max(max(values.shape) * LINE, 1.5)
    slope = np.hypot(*np.gradient(values))
    distance = np.abs(values - OUTLINED) / np.maximum(slope, 1e-6)
    lines = ((0.0, 1.8 * width), (255.0, width))
    return [
        (lightness, (reach / 2 + 0.5 - distance).clip(0, 1)[..., np.newaxis].astype(np.float32))
        for lightness, reach in lines
    ]
