"""Drawings that stand in for photos where these may not travel: always the same, and of many colours and edges."""

import io
import math

from PIL import Image, ImageDraw

_SIZES = ((480, 360), (360, 480), (640, 480), (400, 400), (1_200, 900))
"""Pixels, width and height: wide, high and square ones, and one that is large enough to be decoded smaller."""

_GROUNDS = ("#f4d9a0", "#2b4c7e", "#8fb98b", "#d8d8e4", "#6d3f5b")
_INKS = ("#c0392b", "#f1c40f", "#16423c", "#e67e22", "#ecf0f1")


def draw_samples(count: int) -> list[tuple[str, bytes]]:
    """File names and bytes of `count` drawings; every second one is a JPEG, the others are PNGs."""
    return [_encode(number, _draw(number)) for number in range(count)]


def _draw(number: int) -> Image.Image:
    """A shape on a ground that becomes darker from the left to the right, and stripes under it."""
    width, height = _SIZES[number % len(_SIZES)]
    ground, ink = (colours[number % len(colours)] for colours in (_GROUNDS, _INKS))
    shade = Image.linear_gradient("L").rotate(90).resize((width, height)).point(lambda value: value // 3)
    dark, light = (Image.new("RGB", (width, height), colour) for colour in ("black", ground))
    picture = Image.composite(dark, light, shade)
    pen, radius = ImageDraw.Draw(picture), min(width, height) * 0.3
    for x in range(0, width, max(8, width // 16)):
        pen.line((x, height * 0.8, x + width // 20, height), fill=ink, width=max(2, width // 120))
    centre = (width / 2, height * 0.45)
    corners = [
        (centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle))
        for angle in (2 * math.pi * corner / (number + 3) for corner in range(number + 3))
    ]
    pen.polygon(corners, fill=ink, outline="#1c1c1c", width=4)
    pen.ellipse([side + sign * radius / 4 for sign in (-1, 1) for side in centre], fill=ground, outline="#1c1c1c")
    return picture


def _encode(number: int, picture: Image.Image) -> tuple[str, bytes]:
    is_jpeg, target = number % 2 == 0, io.BytesIO()
    if is_jpeg:
        picture.save(target, "JPEG", quality=92)
    else:
        picture.save(target, "PNG")
    return f"sample-{number + 1}.{'jpg' if is_jpeg else 'png'}", target.getvalue()
