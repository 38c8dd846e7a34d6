"""Pictures back into bytes: thumbnails, and all of a photo as a PNG of 8 bits."""

from io import BytesIO

from PIL import Image, ImageChops

from tlcore.data.wanted import Wanted

PIXEL_ART = 64
"""Pixels a side: pictures up to this size keep every pixel in their thumbnail, which a page shows without smoothing."""


def encode_thumbnail(image: Image.Image, wanted: Wanted) -> bytes:
    """A thumbnail, never larger than the picture; small pictures keep every pixel, icons their transparent ground."""
    box = (0, 0, *image.size) if wanted.whole else middle_square(image)
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


def encode_png(image: Image.Image) -> bytes:
    """A picture as a PNG, of one channel where it is grey."""
    target = BytesIO()
    (image.getchannel(0) if _is_grey(image) else image).save(target, "PNG", compress_level=3)
    return target.getvalue()


def _is_grey(image: Image.Image) -> bool:
    red, green, blue = image.split()
    return all(ImageChops.difference(red, other).getbbox() is None for other in (green, blue))


def middle_square(image: Image.Image) -> tuple[int, int, int, int]:
    """The box of the largest centred square: left, top, right, bottom."""
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return (left, top, left + side, top + side)
