"""Photos as callers give them: a path, the bytes of a file, an array, or a picture of Pillow."""

from os import PathLike, fspath
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tlcore.data.images import PhotoRefused, load_upright
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError
from tlcore.serving.predict import PhotoContent, check_content

PhotoLike = str | PathLike[str] | PhotoContent
"""A photo: the path of a file, its bytes, uint8 (height, width, 3) upright RGB, or a picture of Pillow."""


def read_photo(photo: str | PathLike[str] | bytes) -> npt.NDArray[np.uint8]:
    """Read a photo as people see it: turned upright, RGB, transparent parts on white, first frame of an animation.

    The values are those in the file: a colour profile in it is not applied, so they are sRGB where the photo is, as
    nearly all are. 16-bit grey is scaled to 8 bits.

    Args:
        photo: the path of a JPEG, PNG, WebP, BMP, TIFF or GIF file, or its bytes.

    Returns:
        uint8 (height, width, 3), RGB, 0–255.

    Raises:
        PhotoRefused: the file cannot be read, is damaged, too large (179 million pixels, or 1,000 MB in memory)
            or no picture.
        UserError: `photo` is neither a path nor bytes.
    """
    if not isinstance(photo, str | PathLike | bytes):
        raise UserError(
            f"An object of type {type(photo).__name__} is not a photo.", "Use the path of a file, or its bytes."
        )
    data = photo if isinstance(photo, bytes) else _read_file(photo)
    try:
        return np.array(load_upright(data))
    except PhotoRefused as error:
        raise PhotoRefused(error.reason, name_of(photo)) from error


def take_content(photo: PhotoLike) -> PhotoContent:
    """The content of a photo: a path's file is read, the rest is passed on.

    Raises:
        PhotoRefused: the file cannot be read.
        UserError: it is of another type, or an array of another shape or dtype.
    """
    if isinstance(photo, str | PathLike):
        return _read_file(photo)
    check_content(photo)
    return photo


def name_of(photo: object) -> str:
    """What a photo is called in a message: its path, or what it is."""
    return fspath(photo) if isinstance(photo, str | PathLike) else "The photo"


def _read_file(path: str | PathLike[str]) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = why_file_failed(error) if isinstance(error, OSError) else "no file can have this name"
        raise PhotoRefused(f"can't be read: {reason}", name_of(path)) from error
