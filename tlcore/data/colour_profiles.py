"""Colour profiles (ICC): a photo's colours as sRGB, which is what screens and pretrained networks expect.

Where a profile says what sRGB says anyway, as that of nearly every camera does, nothing is computed. One that is broken
or fits another kind of picture is passed over: the photo is then taken as if it had none.
"""

from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

MOST_BYTES = 4_000_000
"""Larger profiles are passed over; those of printers have about 2 MB."""

SAME = 2
"""Levels of 255 by which a profile may differ from sRGB and still be one: makers round its curve in their own ways."""

_MODES = ("RGB", "L", "CMYK", "LAB")


def profile_of(image: Image.Image) -> bytes:
    """The profile that changes a picture's colours; b"" where it has none, or one that is sRGB, broken or unfit."""
    if image.mode == "LAB":
        return b"lab"  # these are colours of their own, whatever else the file says
    return fitting_profile(image.info.get("icc_profile"), _base_mode(image.mode))


def fitting_profile(profile: object, mode: str) -> bytes:
    """A profile that changes the colours of a mode; b"" for what is none, and for one that is sRGB, broken or unfit."""
    if not isinstance(profile, bytes) or not 128 <= len(profile) <= MOST_BYTES or mode not in _MODES:
        return b""
    return profile if _changes(profile, mode) else b""


def convert_to_srgb(strip: Image.Image, profile: bytes) -> Image.Image:
    """A strip as RGB in sRGB.

    Args:
        strip: of a mode RGB, L, CMYK or LAB. profile: what `profile_of` gave.
    """
    transform = _transform(profile, strip.mode)
    assert transform is not None  # else profile_of would have given none
    return transform.apply(strip)


def _base_mode(mode: str) -> str:
    """The mode that a picture's colours have without transparency and palette."""
    return {"RGBA": "RGB", "RGBX": "RGB", "RGBa": "RGB", "P": "RGB", "PA": "RGB", "LA": "L", "La": "L"}.get(mode, mode)


@lru_cache(maxsize=8)
def _changes(profile: bytes, mode: str) -> bool:
    """Whether there is such a transform, and it does anything."""
    transform = _transform(profile, mode)
    if transform is None:
        return False
    steps = np.linspace(0, 255, 18).round().astype(np.uint8)
    if mode == "L":
        values = np.arange(256, dtype=np.uint8)[None]
        same = np.repeat(values[..., None], 3, 2)
    elif mode == "RGB":
        values = same = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(18, -1, 3)
    else:
        return True
    found = np.asarray(transform.apply(Image.fromarray(values)), int)
    return bool(np.abs(found - same).max() > SAME)


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform to sRGB; None where the profile is broken or does not fit the mode."""
    try:
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")) if mode == "LAB" else None
        source = lab or ImageCms.getOpenProfile(BytesIO(profile))
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
