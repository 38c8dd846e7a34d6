"""Values of 16 and 32 bits out of Pillow, which knows them for grey alone.

Of colours of 16 bits Pillow keeps one byte of two, and which one is an option of its unpackers: read twice, once for
the upper and once for the lower bytes, all 16 bits are there.
"""

import sys
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from tlcore.data.deep import DeepValues
from tlcore.data.tiff import WHITE_IS_ZERO, ReadBy, TiffPicture
from tlcore.data.tiff_tags import Tag

_OTHER_BYTE = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_MOST_16 = 65_535


@dataclass(frozen=True)
class ReadTwice:
    """How 16 bits a channel are read: the names of Pillow's unpackers for the upper and for the lower bytes.

    `lower` is "" where one reading gives all: grey with opacity, as four channels of 8 bits.
    """

    upper: str
    lower: str


def twice_of(image: Image.Image, picture: TiffPicture | None) -> ReadTwice | None:
    """How a picture that Pillow has opened gives 16 bits a channel; None for all that is no such picture."""
    if picture is not None and picture.read_by != ReadBy.PILLOW_TWICE:
        return None
    if not isinstance(image, ImageFile.ImageFile) or image.format not in ("PNG", "TIFF") or not image.tile:
        return None
    upper = _unpacker(image.tile[0].args)
    if upper == "LA;16B":
        return ReadTwice("RGBA", "")
    if not upper.startswith("RGB") or not upper[:-1].endswith(";16"):
        return None
    return ReadTwice(upper, upper[:-1] + _OTHER_BYTE[upper[-1]])


def read_twice(data: bytes, image: Image.Image, how: ReadTwice) -> DeepValues:
    """All 16 bits of a picture that Pillow has opened and not loaded yet.

    Args:
        data: the bytes of its file, as it was opened from. how: what `twice_of` gave.
    """
    upper = _load(image, how.upper)
    lower = _load(Image.open(BytesIO(data), formats=(str(image.format),)), how.lower) if how.lower else None
    transparent = image.info.get("transparency")

    def bands(top: int, bottom: int) -> npt.NDArray[Any]:
        box = (0, top, upper.width, bottom)
        high = np.asarray(upper.crop(box)).astype(np.uint16)
        if lower is None:  # grey, its lower byte, opacity, its lower byte
            high, low = high[:, :, ::2], high[:, :, 1::2]
        else:
            low = np.asarray(lower.crop(box)).astype(np.uint16)
        values: npt.NDArray[Any] = high << 8 | low
        return values

    def read(top: int, bottom: int) -> npt.NDArray[Any]:
        return bands(top, bottom)[:, :, 0] if lower is None else bands(top, bottom)[:, :, :3]

    def alpha(top: int, bottom: int) -> npt.NDArray[Any]:
        if isinstance(transparent, tuple):
            return np.asarray((read(top, bottom) != transparent).any(axis=2), np.float64)
        return np.asarray(bands(top, bottom)[:, :, -1] / _MOST_16)

    has_alpha = upper.mode == "RGBA" or isinstance(transparent, tuple)
    return DeepValues(upper.size, "uint16", read, alpha if has_alpha else None)


def grey_values(image: Image.Image, picture: TiffPicture | None = None) -> DeepValues:
    """The values of a loaded picture of Pillow's modes I and F. It must stay open while they are read."""
    kind = "float" if image.mode == "F" else "uint16" if image.mode.startswith("I;16") else "int32"
    if image.mode == "I" and image.format in ("PNG", "PPM"):
        kind = "uint16"  # these have no others
    inverted = picture is not None and picture.directory.get(Tag.PHOTOMETRIC) == WHITE_IS_ZERO
    if picture is not None and kind != "float":
        is_signed = picture.directory.get(Tag.SAMPLE_FORMAT, 1) == 2
        kind = f"{'' if is_signed else 'u'}int{picture.directory.bits}"
    most = float(2 ** int(kind[4:]) - 1) if kind.startswith("uint") else 0.0
    transparent = image.info.get("transparency")

    def read(top: int, bottom: int) -> npt.NDArray[Any]:
        rows = np.asarray(image.crop((0, top, image.width, bottom)))
        if kind == "uint32":
            rows = rows.view(np.uint32)  # Pillow holds them as signed ones
        return np.asarray(most - rows.astype(np.float64) if inverted else rows)

    def alpha(top: int, bottom: int) -> npt.NDArray[Any]:
        return np.asarray(read(top, bottom) != transparent, np.float64)

    return DeepValues(image.size, kind, read, alpha if isinstance(transparent, int) else None)


def pnm_values(image: Image.Image, data: bytes) -> DeepValues | Image.Image | None:
    """A binary PGM or PPM whose brightest value is none of 255 and 65,535, which Pillow reads a pixel at a time.

    Returns:
        values of 16 bits, or a picture of 8; None for what is no such file.

    Raises:
        EOFError: its end is missing.
    """
    if not isinstance(image, ImageFile.ImageFile) or image.format != "PPM":
        return None
    args = image.tile[0].args if image.tile and image.tile[0].codec_name == "ppm" else None
    if not isinstance(args, tuple) or args[0] not in ("L", "RGB"):
        return None
    mode, most, (width, height) = str(args[0]), int(args[1]), image.size
    bands, dtype = len(mode), np.dtype(">u2") if most > 255 else np.dtype("u1")
    count = width * height * bands
    if len(data) < image.tile[0].offset + count * dtype.itemsize:
        raise EOFError
    array = np.frombuffer(data, dtype, count, image.tile[0].offset).reshape(height, width, bands)
    array = array if bands > 1 else array[:, :, 0]
    if most <= 255:
        return Image.fromarray(np.rint(np.minimum(array, most) * (255 / most)).astype(np.uint8))
    return DeepValues(image.size, "uint16", lambda top, bottom: array[top:bottom])


def _unpacker(args: object) -> str:
    """The name of the unpacker among the arguments of a decoder."""
    name = args[0] if isinstance(args, tuple) and args else args
    return name if isinstance(name, str) else ""


def _load(image: Image.Image, unpacker: str) -> Image.Image:
    """Decode with another unpacker than the one that Pillow chose."""
    assert isinstance(image, ImageFile.ImageFile)  # it was opened from bytes
    tile = image.tile[0]
    args = (unpacker, *tile.args[1:]) if isinstance(tile.args, tuple) else unpacker
    image.tile = [tile._replace(args=args)]
    image.load()
    return image
