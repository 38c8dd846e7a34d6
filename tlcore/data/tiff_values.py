"""The values of a TIFF as its file has them, read by tifffile. That comes into the memory when it is needed first."""

import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tlcore.data.deep import FLOAT, DeepValues
from tlcore.data.tiff import DEFLATE, NO_COMPRESSION, OLD_DEFLATE, WHITE_IS_ZERO, TiffPicture
from tlcore.data.tiff_tags import Directory, Tag

if TYPE_CHECKING:
    import tifffile

_ASSOCIATED = 1  # alpha: the colours were multiplied with it


def value_bytes(page: Directory) -> int:
    """Bytes of the values of a page once they are read."""
    width, height = page.size
    bits = next((size for size in (8, 16, 32, 64) if page.bits <= size), 64)
    return width * height * page.num_samples * bits // 8


def segment_bytes(page: Directory) -> int:
    """Bytes of the strip or tile that is unpacked at once: as large as the file says."""
    width, height = page.size
    if page.all(Tag.TILE_WIDTH):
        across, down = page.get(Tag.TILE_WIDTH), page.get(Tag.TILE_LENGTH)
    else:
        across, down = width, min(height, page.get(Tag.ROWS_PER_STRIP, height))
    return int(across * down * max(4.0, page.bits * page.num_samples / 8))


def read_values(data: bytes, picture: TiffPicture) -> DeepValues:
    """The values of a page, grey or RGB, black being the least; those that the file calls no data are NaN.

    Raises:
        Exception: nearly anything where the file is damaged.
    """
    import tifffile

    with tifffile.TiffFile(BytesIO(data)) as file:
        page = file.pages[picture.page]
        assert isinstance(page, tifffile.TiffPage)
        _check_unpacked(data, page, segment_bytes(picture.directory))
        odd = picture.directory.bits not in (8, 16, 32, 64)
        array = _unpacked(data, page, picture.directory) if odd else page.asarray(maxworkers=1)
        nodata = page.nodata if 42113 in page.tags else None
        if not odd and page.axes in ("SYX", "SYXS"):
            array = np.moveaxis(array, 0, -1)
    width, height = picture.directory.size
    # not -1: of a damaged page tifffile may give no value at all
    return as_deep(array.reshape(height, width, picture.directory.num_samples), picture, nodata)


def as_deep(array: npt.NDArray[Any], picture: TiffPicture, nodata: float | None = None) -> DeepValues:
    """Values (height, width, channels) as those of a picture.

    Args:
        nodata: a value that means that nothing was measured there.
    """
    page, colours = picture.directory, picture.num_colours
    kind = FLOAT if array.dtype.kind == "f" else f"{'u' if array.dtype.kind == 'u' else ''}int{page.bits}"
    most = 1.0 if kind == FLOAT else float(2**page.bits - 1)
    inverted = page.get(Tag.PHOTOMETRIC) == WHITE_IS_ZERO
    premultiplied = picture.has_alpha and page.get(Tag.EXTRA_SAMPLES) == _ASSOCIATED

    def alpha(top: int, bottom: int) -> npt.NDArray[Any]:
        return array[top:bottom, :, colours].astype(np.float64) / most

    def read(top: int, bottom: int) -> npt.NDArray[Any]:
        rows = array[top:bottom, :, :colours]
        if nodata is not None or premultiplied or inverted:
            rows = np.where(rows == nodata, np.nan, rows.astype(np.float64)) if nodata is not None else rows
            rows = rows.astype(np.float64)
        if premultiplied:
            rows = np.minimum(rows / np.maximum(alpha(top, bottom), 1e-6)[..., None], most)
        if inverted:
            rows = (most if kind.startswith("uint") else 0.0) - rows
        return rows if colours == 3 else rows[:, :, 0]

    size = array.shape[1], array.shape[0]
    return DeepValues(size, kind, read, alpha if picture.has_alpha else None)


def _check_unpacked(data: bytes, page: "tifffile.TiffPage", most: int) -> None:
    """Raise ValueError where a deflated piece holds more than it says: tifffile would unpack all of it."""
    if page.compression not in (DEFLATE, OLD_DEFLATE):
        return
    for offset, length in zip(page.dataoffsets, page.databytecounts):
        unpacking = zlib.decompressobj()
        unpacking.decompress(data[offset : offset + length], most)
        if unpacking.unconsumed_tail and unpacking.decompress(unpacking.unconsumed_tail, 1):
            raise ValueError(most)


def _unpacked(data: bytes, page: "tifffile.TiffPage", directory: Directory) -> npt.NDArray[Any]:
    """Values of 3, 6, 10, 12, 14 … bits, which tifffile leaves packed; rows begin at whole bytes."""
    width, height = directory.size
    bits, num_values = directory.bits, width * directory.num_samples
    row_bytes, rows = -(-num_values * bits // 8), min(height, directory.get(Tag.ROWS_PER_STRIP, height))
    result = np.zeros((height, num_values), np.uint32 if bits > 16 else np.uint16)
    weights = 1 << np.arange(bits - 1, -1, -1, dtype=np.uint32)
    for number, (offset, length) in enumerate(zip(page.dataoffsets, page.databytecounts)):
        top = number * rows
        if top >= height:
            break
        expected = row_bytes * min(rows, height - top)
        strip = data[offset : offset + length]
        if page.compression != NO_COMPRESSION:
            strip = zlib.decompressobj().decompress(strip, expected)
        lines = np.frombuffer(strip[:expected], np.uint8).reshape(-1, row_bytes)
        for line, packed in enumerate(lines, top):  # a row at a time: a bit takes a byte meanwhile
            single = np.unpackbits(packed)[: num_values * bits].reshape(num_values, bits)
            result[line] = single @ weights
    return result.reshape(height, width, -1)
