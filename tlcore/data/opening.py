"""Opening a photo: what its header says, what decoding it would cost, and then its pixels, of 8 bits or deeper.

Which decoder reads what: Pillow nearly all, tiff.py says what of a TIFF tifffile reads, heif.py opens HEIC.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from tlcore.data import decode_budget
from tlcore.data.colour_profiles import fitting_profile
from tlcore.data.colours import is_deep
from tlcore.data.decode_budget import DecodeBudget, DecodeCost
from tlcore.data.deep import DeepValues
from tlcore.data.deep_pillow import ReadTwice, grey_values, pnm_values, read_twice, twice_of
from tlcore.data.heif import HEIF, brand_of, open_heif
from tlcore.data.png_texts import without_large_texts
from tlcore.data.refusals import CAMERA_RAW, NO_MEMORY, SAVE_AGAIN, PhotoRefused, is_camera_raw, what_it_is
from tlcore.data.tiff import ReadBy, TiffPicture, find_picture
from tlcore.data.tiff_tags import Tag, is_tiff, read_directories
from tlcore.data.tiff_values import read_values, segment_bytes, value_bytes

_DECODERS = (  # named here, so that Pillow does not import its forty others to look for one of these
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "AVIF", HEIF)
"""What may be decoded, in Pillow's names. Pillow reads forty more, each with a decoder that strangers could attack."""

MIN_SIDE = 4
"""Smaller pictures are refused: a picture of one pixel (a tracking dot of a web page) shows nothing to learn."""

COLOUR_MAP = 320  # the tag of a TIFF with the colours of its palette

_QUIET = threading.Lock()


@dataclass(frozen=True, eq=False)
class Opened:
    """A photo whose header was read; no pixel is there yet.

    `size`: width and height as stored; `format`: one of `FORMATS`; `image`: what Pillow opened, None where tifffile
    reads it; `tiff`: what of a TIFF is read; `twice`: how Pillow gives 16 bits a channel.
    """

    data: bytes
    size: tuple[int, int]
    format: str
    cost: DecodeCost
    image: Image.Image | None = None
    tiff: TiffPicture | None = None
    twice: ReadTwice | None = None


@dataclass(frozen=True, eq=False)
class Loaded:
    """The pixels of a photo as its file has them: an `image` of 8 bits a channel, or deeper `values`.

    `orientation`: 1–8, how they have to be turned; `profile`: the ICC profile of deep values, b"" for none; `note`:
    what a person should know was left out, to follow the file's name.
    """

    orientation: int
    image: Image.Image | None = None
    values: DeepValues | None = None
    profile: bytes = b""
    note: str = ""


def prepare(data: bytes) -> None:
    """Import what decodes these bytes, where it is not there yet: code is no part of a picture's cost."""
    if brand_of(data) == HEIF:
        import pillow_heif  # noqa: F401
    elif is_tiff(data):
        import tifffile  # noqa: F401


def open_photo(data: bytes, budget: DecodeBudget, at_least: int | None) -> Opened:
    """Read the header and refuse, before any pixel is made, what is no picture or out of range.

    Raises:
        PhotoRefused: the bytes are no photo that can be used, or take more than the budget.
    """
    if not data:
        raise PhotoRefused("is empty (0 bytes)")
    if is_camera_raw(data):
        raise PhotoRefused(CAMERA_RAW)
    claimed = decode_budget.claimed_cost(data)
    if claimed is not None:
        decode_budget.check(claimed, budget)
    picture = find_picture(read_directories(data)) if is_tiff(data) else None
    if picture is not None and picture.read_by == ReadBy.VALUES:
        return _open_values(data, picture, budget)
    image = _open_with_pillow(data, budget)
    if picture is not None and picture.page:
        _seek(image, picture.page)
    _check_side(image.size)
    twice = twice_of(image, picture)
    cost = decode_budget.opened_cost(image, data, at_least)
    if twice is not None:
        cost = DecodeCost(cost.width, cost.height, cost.num_bytes + image.width * image.height * 8)
    decode_budget.check(cost, budget, image.size)
    name = "JPEG" if image.format == "MPO" else str(image.format)
    return Opened(data, image.size, name, cost, image, picture, twice)


def load_photo(opened: Opened, at_least: int | None = None) -> Loaded:
    """Decode.

    Args:
        at_least: pixels. A JPEG may come out smaller than it is, by 1/2, 1/4 or 1/8, as long as no side is shorter.

    Raises:
        PhotoRefused: the file is damaged or cut off, or there is not enough memory.
    """
    note = opened.tiff.note if opened.tiff is not None else ""
    if opened.image is None:
        assert opened.tiff is not None  # nothing else is read without Pillow
        with _refusing():
            values = read_values(opened.data, opened.tiff)
        return Loaded(opened.tiff.directory.get(Tag.ORIENTATION, 1), values=values, note=note)
    image = opened.image
    note = note or _animation_note(image)
    with _refusing():
        pnm = pnm_values(image, opened.data)
        if isinstance(pnm, DeepValues):
            return Loaded(1, values=pnm)
    if pnm is not None:
        return Loaded(1, pnm)
    if at_least is not None and isinstance(image, JpegImagePlugin.JpegImageFile):
        image.draft(None, (at_least, at_least))
    if opened.twice is not None:
        with _refusing():
            values = read_twice(without_large_texts(opened.data), image, opened.twice)
        return Loaded(orientation_of(image), values=values, profile=_profile(image, "RGB"), note=note)
    load_image(image)
    _mend_palette(image)
    orientation = orientation_of(image)
    if not is_deep(image):
        return Loaded(orientation, image, note=note)
    return Loaded(orientation, values=grey_values(image, opened.tiff), profile=_profile(image, "L"), note=note)


def load_image(image: Image.Image) -> None:
    """Decode what Pillow has opened. It lets other threads run meanwhile. Raises PhotoRefused."""
    with _refusing():
        if image.format == "TIFF":  # its decoder warns of odd tags in the middle of its work
            with _quiet():
                image.load()
        else:
            image.load()


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation 1–8 of a loaded image. Pillow turns a TIFF itself and then reports 1; so does HEIC's decoder."""
    try:
        with _quiet():
            value = image.getexif().get(0x0112, 1)
    except Exception:  # broken EXIF: the picture itself is fine and is taken as it lies
        return 1
    return value if value in range(1, 9) else 1


def _open_values(data: bytes, picture: TiffPicture, budget: DecodeBudget) -> Opened:
    """A TIFF that tifffile will read."""
    width, height = picture.directory.size
    _check_side((width, height))
    values, pixels = value_bytes(picture.directory), width * height
    turning = pixels * 8 if picture.directory.get(Tag.ORIENTATION, 1) != 1 else 0
    peak = max(values + max(segment_bytes(picture.directory), pixels * 4), turning)
    cost = DecodeCost(width, height, peak + len(data))
    decode_budget.check(cost, budget)
    return Opened(data, (width, height), "TIFF", cost, tiff=picture)


def _open_with_pillow(data: bytes, budget: DecodeBudget) -> Image.Image:
    brand = brand_of(data)
    try:
        with _quiet():
            if brand == HEIF:
                return open_heif(data)
            formats = (brand,) if brand else tuple(name for name in FORMATS if name not in (HEIF, "AVIF"))
            return Image.open(BytesIO(without_large_texts(data)), formats=formats)
    except Image.DecompressionBombError as error:
        raise PhotoRefused(decode_budget.too_many_pixels(budget)) from error
    except UnidentifiedImageError as error:
        if brand or is_tiff(data):
            raise PhotoRefused(f"is damaged: it starts like {_name(brand)}, but the rest can’t be read") from error
        raise PhotoRefused(what_it_is(data)) from error
    except MemoryError as error:
        raise PhotoRefused(NO_MEMORY) from error
    except Exception as error:  # Pillow's readers raise nearly anything on a damaged file
        raise PhotoRefused(f"is damaged and can’t be opened; {SAVE_AGAIN}") from error


def _name(brand: str) -> str:
    return {HEIF: "a HEIC photo", "AVIF": "an AVIF picture"}.get(brand, "a TIFF")


def _check_side(size: tuple[int, int]) -> None:
    width, height = size
    if min(width, height) < MIN_SIDE:
        raise PhotoRefused(f"is too small ({width} × {height} pixels; the minimum is {MIN_SIDE} × {MIN_SIDE})")


def _mend_palette(image: Image.Image) -> None:
    """Old programs write the colours of a TIFF's palette as 0–255 where 0–65,535 is meant: Pillow makes them black.

    As libtiff's tiff2rgba does it (`checkcmap`): a palette with no value of 256 or more is one of 8 bits.
    """
    colours = image.tag_v2.get(COLOUR_MAP) if isinstance(image, TiffImagePlugin.TiffImageFile) else None
    if image.mode != "P" or not colours or not 0 < max(colours) <= 255:
        return
    image.putpalette(np.array(colours, np.uint8).reshape(3, -1).T.tobytes())  # all reds, then greens, then blues


def _seek(image: Image.Image, page: int) -> None:
    with _refusing(), _quiet():
        image.seek(page)


def _animation_note(image: Image.Image) -> str:
    if image.format not in ("GIF", "WEBP", "PNG", "AVIF", HEIF):
        return ""
    try:
        if not getattr(image, "is_animated", False):
            return ""
    except Exception:  # its second frame is damaged, which is none of ours
        return ""
    if image.format == HEIF:
        return f"has {getattr(image, 'n_frames', 2):,} pictures; only the main one was used"
    return "is an animation; only its first frame was used"


def _profile(image: Image.Image, mode: str) -> bytes:
    """The profile of a picture whose values become 8 bits of this mode."""
    return fitting_profile(image.info.get("icc_profile"), mode)


@contextmanager
def _refusing() -> Iterator[None]:
    """Make a refusal of whatever a decoder raises on a damaged file."""
    try:
        yield
    except PhotoRefused:
        raise
    except MemoryError as error:
        raise PhotoRefused(NO_MEMORY) from error
    except Exception as error:
        cut = "truncated" in str(error) or isinstance(error, EOFError)
        what = "is incomplete: its end is missing" if cut else "is damaged and can’t be opened"
        raise PhotoRefused(f"{what}; download or copy it again, or leave it out") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Pillow's warnings about odd files away from the person: a file is accepted, or refused with a reason.

    Warning filters belong to the whole process, so only one thread at a time may change them. What runs in here
    holds Python's own lock anyway (headers and EXIF); the decoding of pixels stays outside and runs in parallel.
    """
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
