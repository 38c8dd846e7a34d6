"""What a TIFF holds and who reads it: Pillow what it reads rightly, tifffile the rest; what nobody does is refused.

A TIFF may hold nearly anything: sensor data, stacks, channels without a colour. That is decided by its tags alone,
before a pixel is made, so that the reason of a refusal is the true one. How values are read: tiff_values.py.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from tlcore.data.refusals import CAMERA_RAW, SAVE_AGAIN, PhotoRefused
from tlcore.data.tiff_tags import Directories, Directory, Tag

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, MASK, SEPARATED, YCBCR, CIELAB = 0, 1, 2, 3, 4, 5, 6, 8
NO_COMPRESSION, LZW, OLD_JPEG, JPEG, DEFLATE, OLD_DEFLATE, PACKBITS = 1, 5, 6, 7, 8, 32946, 32773
UNSIGNED, SIGNED, FLOATS, COMPLEX = 1, 2, 3, (5, 6)

_BY_TIFFFILE = (NO_COMPRESSION, DEFLATE, OLD_DEFLATE, PACKBITS)  # without imagecodecs, which is large
_JPEGS = (OLD_JPEG, JPEG)
_SENSOR_PHOTOMETRICS = (32803, 34892)  # colour filter array, linear raw
_SENSOR_COMPRESSIONS = (
    32767,
    32769,
    32770,
    34713,
    34892,
    65000,
    65535,
)  # of Sony, Epson, Samsung, Nikon, Kodak, Pentax
_ALPHA = (1, 2, 999)  # associated, not associated, and what Corel Draw writes
_CHANNEL_FIX = "save the one you mean, or a picture in colours (RGB), as a PNG or TIFF of its own"
_STACK_FIX = "save the slice you mean, or a projection, as a picture of its own"


class ReadBy(Enum):
    """Who makes pixels of it."""

    PILLOW = auto()
    VALUES = auto()
    """tifffile, as values of more than 8 bits or of bytes that Pillow would get wrong."""
    PILLOW_VALUES = auto()
    """Pillow unpacks what tifffile cannot, as grey values of more than 8 bits."""
    PILLOW_TWICE = auto()
    """Likewise colours of 16 bits: first their upper bytes, then their lower ones."""


@dataclass(frozen=True)
class TiffPicture:
    """The one picture of a TIFF that is taken.

    `page`: its number; `has_alpha`: the value after its colours is their opacity; `note`: what a person should know
    was left out, to follow the file's name.
    """

    page: int
    directory: Directory
    read_by: ReadBy
    has_alpha: bool = False
    note: str = ""

    @property
    def num_colours(self) -> int:
        """1 for grey, 3 for RGB; of a picture that Pillow reads nobody asks."""
        return 3 if self.directory.get(Tag.PHOTOMETRIC) == RGB else 1


def find_picture(directories: Directories) -> TiffPicture | None:
    """The picture in a TIFF, and who reads it; None where there is no directory that can be read.

    Raises:
        PhotoRefused: it holds sensor data, a stack, channels without colours, or what nobody here reads.
    """
    pages = directories.pages
    if not pages:
        return None
    if any(_is_sensor_data(each) for each in (*pages, *directories.below)):
        raise PhotoRefused(CAMERA_RAW)
    whole = [number for number, page in enumerate(pages) if not page.is_reduced_or_mask] or [0]
    number, others = whole[0], [pages[each] for each in whole[1:]]
    page = pages[number]
    num_pages = _stack_length(page, others)
    if num_pages:
        raise PhotoRefused(f"is a stack of {num_pages:,} pictures, not a photo; {_STACK_FIX}")
    read_by, has_alpha, note = _reading_of(page)
    if read_by != ReadBy.VALUES and not directories.pillow_opens:
        if read_by != ReadBy.PILLOW or not _is_plain(page):
            raise PhotoRefused(f"is a TIFF of a rare kind (BigTIFF, big-endian) that can’t be read here; {SAVE_AGAIN}")
        read_by = ReadBy.VALUES
    if others:
        note = f"has {len(whole):,} pages; only the first was used"
    return TiffPicture(number, page, read_by, has_alpha, note)


def _is_sensor_data(page: Directory) -> bool:
    return bool(
        page.all(Tag.DNG_VERSION)
        or page.get(Tag.PHOTOMETRIC) in _SENSOR_PHOTOMETRICS
        or page.get(Tag.COMPRESSION) in _SENSOR_COMPRESSIONS
    )


def _stack_length(page: Directory, others: list[Directory]) -> int:
    """How many pictures a z-stack, a time series or the channels of a microscope have; 0 for what is none.

    Which of them shows what a class is about only its maker knows: the first slice is mostly out of focus. Programs of
    microscopes say it; without a word, three or more grey pages of one size, or two of more than 8 bits, are a stack.
    """
    text = page.description
    said = re.search(rb"^(?:images|slices|frames|channels)=(\d+)", text, re.MULTILINE) if b"ImageJ=" in text else None
    if said and int(said[1]) > 1:
        return int(said[1])
    if b"<OME" in text or b"<?xml" in text:
        sizes = [int(found) for found in re.findall(rb'Size[ZCT]="(\d+)"', text)]
        product = 1
        for size in sizes[:3]:
            product *= max(size, 1)
        if others and product > 1:
            return len(others) + 1
    if page.all(Tag.METAMORPH_STACK) or page.all(Tag.ZEISS_LSM):
        return max(len(others) + 1, 2)
    alike = [each for each in others if (each.size, each.bits, each.num_samples) == (page.size, page.bits, 1)]
    least = 2 if page.bits > 8 else 3
    is_grey = page.num_samples == 1 and page.bits > 1 and page.get(Tag.PHOTOMETRIC) in (WHITE_IS_ZERO, BLACK_IS_ZERO)
    return len(others) + 1 if is_grey and len(alike) == len(others) and len(others) + 1 >= least else 0


def _reading_of(page: Directory) -> tuple[ReadBy, bool, str]:
    """Who reads a page, whether it has an alpha channel, and a note."""
    photometric, samples = page.get(Tag.PHOTOMETRIC), page.num_samples
    if page.bits == 0:
        raise PhotoRefused(f"is a TIFF whose channels have different numbers of bits; {SAVE_AGAIN}")
    if page.get(Tag.SAMPLE_FORMAT, UNSIGNED) in COMPLEX:
        raise PhotoRefused("is a TIFF of complex numbers, which are no colours; save their magnitude as PNG or TIFF")
    if photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO):
        return _reader_of(page, _grey_alpha(page)), _grey_alpha(page), ""
    if photometric == RGB:
        if samples < 3:
            raise PhotoRefused(f"is damaged: it claims to be in colours and has {samples}; {SAVE_AGAIN}")
        has_alpha = samples > 3 and (page.all(Tag.EXTRA_SAMPLES) or (2,))[0] in _ALPHA
        used = 4 if has_alpha else 3
        note = "" if samples == used else f"has {samples} channels; only the first three (red, green, blue) were used"
        return _reader_of(page, has_alpha), has_alpha, note
    if photometric == PALETTE and page.bits <= 8 and samples == 1:
        return ReadBy.PILLOW, False, ""
    if photometric == SEPARATED and samples >= 4 and page.get(Tag.INK_SET, 1) == 1 and page.bits in (8, 16):
        return ReadBy.PILLOW, False, ""
    if photometric == YCBCR and _is_readable_ycbcr(page):
        return ReadBy.PILLOW, False, ""
    if photometric == CIELAB and page.bits == 8 and samples == 3 and page.get(Tag.PLANAR_CONFIGURATION, 1) == 1:
        return ReadBy.PILLOW, False, ""
    if photometric == MASK:
        raise PhotoRefused(f"is a mask (which parts of another picture are transparent), not a photo; {SAVE_AGAIN}")
    raise PhotoRefused(f"is a TIFF with colours that can’t be read here (photometric {photometric}); {SAVE_AGAIN}")


def _grey_alpha(page: Directory) -> bool:
    """Whether grey comes with opacity; raises PhotoRefused where there are channels that no colour belongs to."""
    samples = page.num_samples
    if samples == 1:
        return False
    if samples == 2 and (page.all(Tag.EXTRA_SAMPLES) or (0,))[0] in _ALPHA:
        return True
    raise PhotoRefused(f"has {samples} channels, and nothing in it says which colours they are; {_CHANNEL_FIX}")


def _is_readable_ycbcr(page: Directory) -> bool:
    """JPEG within a TIFF, and what is stored with all of its colours; Pillow gets the rest wrong."""
    if page.get(Tag.COMPRESSION, 1) in _JPEGS:
        return True
    subsampling = page.all(Tag.YCBCR_SUBSAMPLING) or (2, 2)
    return page.bits == 8 and (page.get(Tag.COMPRESSION, 1) != NO_COMPRESSION or set(subsampling) == {1})


def _reader_of(page: Directory, has_alpha: bool) -> ReadBy:
    """Who reads grey or RGB."""
    compression, bits, sample_format = page.get(Tag.COMPRESSION, 1), page.bits, page.get(Tag.SAMPLE_FORMAT, UNSIGNED)
    is_unsigned = sample_format not in (SIGNED, FLOATS)
    apart = page.get(Tag.PLANAR_CONFIGURATION, 1) == 2 and page.num_samples > 1
    is_simple = is_unsigned and (bits == 8 or (bits in (1, 2, 4) and page.num_samples == 1))
    by_tifffile = compression in _BY_TIFFFILE and page.get(Tag.PREDICTOR, 1) in (1, 2)
    if is_simple and (not apart or not by_tifffile):
        return ReadBy.PILLOW
    if by_tifffile and (bits in (8, 16, 32, 64) or (is_unsigned and bits < 16 and _rows_are_plain(page))):
        return ReadBy.VALUES
    if compression not in _BY_TIFFFILE or page.get(Tag.PREDICTOR, 1) == 3:  # libtiff then unpacks it for Pillow
        if page.num_samples == 1 and (bits, sample_format) in ((16, 1), (16, 2), (32, 1), (32, 2), (32, 3)):
            return ReadBy.PILLOW_VALUES
        if is_unsigned and bits == 16 and _is_rgb16(page):
            return ReadBy.PILLOW_TWICE
    kind = "floating-point" if sample_format == FLOATS else f"{bits}-bit"
    raise PhotoRefused(
        f"is a TIFF of {kind} values packed in a way that can’t be read here (compression {compression}); save it "
        "without compression, or as PNG"
    )


def _is_plain(page: Directory) -> bool:
    """Whether tifffile reads grey or RGB that Pillow reads as well."""
    is_known = page.get(Tag.PHOTOMETRIC) in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB)
    by_tifffile = page.get(Tag.COMPRESSION, 1) in _BY_TIFFFILE and page.get(Tag.PREDICTOR, 1) in (1, 2)
    return is_known and by_tifffile and (page.bits == 8 or _rows_are_plain(page))


def _is_rgb16(page: Directory) -> bool:
    """Whether its colours lie together and were not multiplied with their opacity."""
    together = page.get(Tag.PLANAR_CONFIGURATION, 1) == 1 and page.num_samples in (3, 4)
    return together and page.get(Tag.PHOTOMETRIC) == RGB and page.get(Tag.EXTRA_SAMPLES) != 1


def _rows_are_plain(page: Directory) -> bool:
    """Whether values of odd numbers of bits lie row after row, so that they can be unpacked here."""
    plain = page.get(Tag.COMPRESSION, 1) in (NO_COMPRESSION, DEFLATE, OLD_DEFLATE)
    in_strips = not page.all(Tag.TILE_WIDTH) and page.get(Tag.FILL_ORDER, 1) == 1
    return plain and in_strips and page.get(Tag.PREDICTOR, 1) == 1 and page.get(Tag.PLANAR_CONFIGURATION, 1) == 1
