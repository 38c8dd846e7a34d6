"""From any of Pillow's modes, and from deeper values, to 8-bit sRGB, a strip at a time.

So nothing large is made beside picture and result.
"""

from collections.abc import Callable, Iterator

from PIL import Image

from tlcore.data.colour_profiles import convert_to_srgb, profile_of
from tlcore.data.deep import DeepValues, Range, to_bytes
from tlcore.data.refusals import NO_MEMORY, SAVE_AGAIN, PhotoRefused

STRIP_PIXELS = 1 << 18
"""What is converted at once."""


def to_rgb(image: Image.Image, managed: bool = True) -> Image.Image:
    """A loaded picture of 8 bits a channel as RGB, transparent parts on white. An RGB picture is returned as it is.

    Every pixel is converted by itself, so that strips give what the whole would give.

    Args:
        managed: whether a colour profile is applied.

    Raises:
        PhotoRefused: its mode cannot be converted.
    """
    if is_rgb(image, managed):
        return image
    try:
        convert = _converter(image, managed)
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


def deep_to_rgb(values: DeepValues, values_range: Range, profile: bytes = b"") -> Image.Image:
    """Values of more than 8 bits as RGB, transparent parts on white.

    Args:
        values_range: the values that become 0 and 255. profile: what `profile_of` gave for them, b"" for none.

    Raises:
        PhotoRefused: there is not enough memory.
    """
    try:
        target = Image.new("RGB", values.size)
        for top, bottom in values.strips():
            strip = Image.fromarray(to_bytes(values.read(top, bottom), values_range))
            strip = convert_to_srgb(strip, profile) if profile else strip.convert("RGB")
            if values.alpha is not None:
                alpha = Image.fromarray(to_bytes(values.alpha(top, bottom), (0.0, 1.0)))
                white = Image.new("RGB", strip.size, "white")
                white.paste(strip, mask=alpha)
                strip = white
            target.paste(strip, (0, top))
        return target
    except MemoryError as error:
        raise PhotoRefused(NO_MEMORY) from error


def is_rgb(image: Image.Image, managed: bool = True) -> bool:
    """Whether `to_rgb` has nothing to do."""
    return image.mode == "RGB" and "transparency" not in image.info and not (managed and profile_of(image))


def is_deep(image: Image.Image) -> bool:
    """Whether a picture of Pillow has more than 8 bits a channel."""
    return image.mode.startswith(("I", "F"))


def _converter(image: Image.Image, managed: bool) -> Callable[[Image.Image], Image.Image]:
    """What makes RGB of a strip of this picture."""
    profile = profile_of(image) if managed or image.mode == "LAB" else b""
    if "A" in image.mode.replace("LAB", "") or "a" in image.mode or "transparency" in image.info:
        return lambda strip: _on_white(strip, profile, image.mode)
    if not profile:
        return lambda strip: strip.convert("RGB")
    if image.mode == "P":
        return lambda strip: convert_to_srgb(strip.convert("RGB"), profile)
    return lambda strip: convert_to_srgb(strip, profile)


def _on_white(strip: Image.Image, profile: bytes, mode: str) -> Image.Image:
    clear = strip.convert("RGBA")
    colours = clear
    if profile:
        colours = convert_to_srgb(strip.convert("L" if mode in ("LA", "La", "L") else "RGB"), profile)
    white = Image.new("RGB", strip.size, "white")
    white.paste(colours.convert("RGB"), mask=clear.getchannel("A"))
    return white


def _strips(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Boxes over the whole width, from top to bottom: left, top, right, bottom."""
    rows = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        yield 0, top, image.width, min(top + rows, image.height)
