"""From any of Pillow's modes to 8-bit RGB, a strip at a time: beside picture and result nothing large is made."""

from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from tlcore.data.refusals import NO_MEMORY, SAVE_AGAIN, PhotoRefused

STRIP_PIXELS = 1 << 18
"""What is converted at once. Greys of 16 bits go through eight bytes a value, four times: 8 MB."""


def to_rgb(image: Image.Image) -> Image.Image:
    """A loaded picture of any mode as RGB, transparent parts on white. An RGB picture is returned as it is.

    Every pixel is converted by itself, so that strips give what the whole would give.

    Raises:
        PhotoRefused: its mode cannot be converted.
    """
    if is_rgb(image):
        return image
    try:
        convert = _converter(image)
        if image.width * image.height <= STRIP_PIXELS:
            return convert(image)
        target = Image.new("RGB", image.size)
        for box in _strips(image):
            target.paste(convert(image.crop(box)), box)
        return target
    except MemoryError as error:
        raise PhotoRefused(NO_MEMORY) from error
    except Exception as error:  # Pillow raises nearly anything for a mode that it cannot convert
        raise PhotoRefused(f"uses unsupported colours ({image.mode}); {SAVE_AGAIN}") from error


def is_rgb(image: Image.Image) -> bool:
    """Whether `to_rgb` has nothing to do."""
    return image.mode == "RGB" and "transparency" not in image.info


def _converter(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """What makes RGB of a strip of this picture."""
    if image.mode.startswith(("I", "F")):
        low, high = _range(image)
        return lambda strip: _scale_to_bytes(strip, low, high).convert("RGB")
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        return _on_white
    return lambda strip: strip.convert("RGB")


def _on_white(strip: Image.Image) -> Image.Image:
    strip = strip.convert("RGBA")
    white = Image.new("RGB", strip.size, "white")
    white.paste(strip, mask=strip.getchannel("A"))
    return white


def _range(image: Image.Image) -> tuple[float, float]:
    """The values of a grey picture that become black and white.

    Whole numbers are taken as 16 bits (0–65,535), floats as 0–1, where the values fit into that; anything else is
    stretched from its darkest to its brightest value. Pillow's own conversion would clip nearly all of it to white.
    """
    extremes = [(values.min(), values.max()) for values in (_values(image.crop(box)) for box in _strips(image))]
    low, high = float(min(each[0] for each in extremes)), float(max(each[1] for each in extremes))
    if image.mode.startswith("I") and low >= 0 and high <= 65_535:
        return 0.0, 65_535.0
    if image.mode == "F" and low >= 0 and high <= 1:
        return 0.0, 1.0
    return low, high


def _scale_to_bytes(strip: Image.Image, low: float, high: float) -> Image.Image:
    """Grey of 16 or 32 bits or floats as 8 bits."""
    scaled = (_values(strip) - low) * (255.0 / max(high - low, 1e-12))
    return Image.fromarray(np.rint(scaled).astype(np.uint8))


def _values(strip: Image.Image) -> np.ndarray:
    return np.nan_to_num(np.asarray(strip, dtype=np.float64))


def _strips(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Boxes over the whole width, from top to bottom: left, top, right, bottom."""
    rows = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        yield 0, top, image.width, min(top + rows, image.height)
