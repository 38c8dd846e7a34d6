"""Photos as callers give them: a path, the bytes of a file, an array, or a picture of Pillow."""

from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tlcore.data.deep import KINDS, DataRanges, Range, parse_ranges
from tlcore.data.images import PhotoRefused, load_upright
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError
from tlcore.serving.predict import PhotoContent, check_content

PhotoLike = str | PathLike[str] | PhotoContent
"""A photo: the path of a file, its bytes, uint8 (height, width, 3) upright RGB, or a picture of Pillow."""


def read_photo(
    photo: str | PathLike[str] | bytes, *, data_range: Range | DataRanges | None = None
) -> npt.NDArray[np.uint8]:
    """Read a photo as people see it: turned upright, sRGB, transparent parts on white, first frame of an animation.

    Args:
        photo: the path of a JPEG, PNG, HEIC, AVIF, WebP, TIFF, BMP, GIF or PPM file, or its bytes.
        data_range: which values become 0 and 255 in photos with more than 8 bits a channel (16-bit, 32-bit and
            floating-point PNG, TIFF and PGM): two numbers, or the `data_ranges` of a data set, so that all of its
            photos are read the same way. By default the photo's own values without the rarest (0.1% on either side).

    Returns:
        uint8 (height, width, 3), sRGB, 0–255.

    Raises:
        PhotoRefused: the file cannot be read, is damaged, too large (179 million pixels, or 1,000 MB in memory)
            or no picture.
        UserError: `photo` is neither a path nor bytes, or `data_range` is no range.
    """
    ranges = _take_ranges(data_range)
    if not isinstance(photo, str | PathLike | bytes):
        raise UserError(
            f"An object of type {type(photo).__name__} is not a photo.", "Use the path of a file, or its bytes."
        )
    data = photo if isinstance(photo, bytes) else read_file(photo)
    try:
        return np.array(load_upright(data, data_ranges=ranges))
    except PhotoRefused as error:
        raise PhotoRefused(error.reason, name_of(photo)) from error


def _take_ranges(given: Range | DataRanges | None) -> DataRanges | None:
    """A range for values of every kind, or the ranges of a data set or a model, checked."""
    try:
        return parse_ranges(given if given is None or isinstance(given, Mapping) else dict.fromkeys(KINDS, given))
    except (TypeError, ValueError) as error:
        raise UserError(
            f"data_range={given!r} is not a range of values.",
            "Use two numbers, the smaller first, such as (0, 4095), or the data_ranges of a data set.",
        ) from error


def take_content(photo: PhotoLike) -> PhotoContent:
    """The content of a photo: a path's file is read, the rest is passed on.

    Raises:
        PhotoRefused: the file cannot be read.
        UserError: it is of another type, or an array of another shape or dtype.
    """
    if isinstance(photo, str | PathLike):
        return read_file(photo)
    check_content(photo)
    return photo


def name_of(photo: object) -> str:
    """What a photo is called in a message: its path, or what it is."""
    return fspath(photo) if isinstance(photo, str | PathLike) else "The photo"


def read_file(path: str | PathLike[str]) -> bytes:
    """The content of a file. Raises PhotoRefused where it cannot be read."""
    try:
        return Path(path).expanduser().read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = why_file_failed(error) if isinstance(error, OSError) else "no file can have this name"
        raise PhotoRefused(f"can’t be read: {reason}", name_of(path)) from error
