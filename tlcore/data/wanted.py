"""What a photo is decoded for, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlcore.data.deep import DataRanges, Measured

PIXELS_VERSION = 2
"""How files become pixels. Raise it when the same file would give other ones: it is part of the name of every cache of
what was made of photos, and each bundle says with which it was trained.

1: up to version 0.1.0 of the program. JPEGs decoded down to the size of the input, the middle square at whole pixels,
   colour profiles passed over, whole numbers of more than 8 bits taken as 16 bits.
2: JPEGs not below `REDUCING_GAP` times the size, sRGB, deep values stretched by the range of the data set.
docs/run-format.md tells strangers how to do the same.
"""

REDUCING_GAP = 2
"""A JPEG is decoded at 1/2, 1/4 or 1/8 of its size, down to so many times the square that is made of it.

Whoever decodes it whole gets other probabilities. Two models of cats and dogs, 50 photos of 3 megapixels (enlarged,
with grain): at 224 px 95% within 0.014, the most 0.047 (with a gap of 1: 0.029 and 0.059); at 160 px the most 0.17, at
96 px 0.33. A gap of 2 takes 1.1 to 1.3 times as long as one of 1, decoding all of it 2.4 to 2.9 times.
"""

RESIZE_POLICIES = {
    "squash": "The whole photo, stretched or squeezed into a square.",
    "center-crop": "The largest square in the middle of the photo.",
}
"""How a photo becomes square, with one sentence each for a person who chooses."""

RESIZE_POLICY = "center-crop"
"""What runs are made with: 393 of 399 cats and dogs right at 160 px; "squash" 391 (same head, four seeds)."""


@dataclass(frozen=True)
class PhotoInfo:
    """What a file says and decoding confirmed. `width`, `height`: pixels, upright; `format`: one of `FORMATS`.

    `taken`: when, by the camera's own clock (`capture_time.Capture.seconds`), None where it does not say so, or nobody
    asked.
    """

    width: int
    height: int
    format: str
    taken: float | None = None


@dataclass(frozen=True)
class Wanted:
    """What a photo is decoded for, besides its `PhotoInfo`.

    `input_size`: pixels a side of what a network sees, 0 for none; `policy`: a key of `RESIZE_POLICIES`;
    `thumbnail_size`: pixels a side, 0 for none; `whole`: the thumbnail shows all of the photo, its longer side having
    that many pixels, instead of the square in its middle, and the info tells when it was taken; `data_ranges`: which
    values of more than 8 bits become 0 and 255, by their kind; of kinds that are not there the photo's own range;
    `version`: the `PIXELS_VERSION`; `other_sizes`: more sides in pixels, from the largest to the smallest, each below
    `input_size`, for networks that see the photo in several sizes at once: see `stacked`; `measure`: of a photo of more
    than 8 bits only how its values are spread; `render`: of such a photo all of it as an 8-bit PNG too; `any_depth`: of
    any photo.
    """

    input_size: int = 0
    policy: str = RESIZE_POLICY
    thumbnail_size: int = 0
    whole: bool = False
    data_ranges: DataRanges | None = None
    version: int = PIXELS_VERSION
    measure: bool = False
    render: bool = False
    any_depth: bool = False
    other_sizes: Sequence[int] = ()

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Of `DecodedPhoto.input`."""
        return self.input_size + sum(self.other_sizes), self.input_size, 3


def stacked(squares: Sequence[np.ndarray]) -> np.ndarray:
    """A photo in several sizes as one array: each square below the one before it, what is left of a row 0.

    Args:
        squares: uint8 (S, S, 3), the largest first.
    """
    if len(squares) == 1:
        return squares[0]
    sheet = np.zeros((sum(map(len, squares)), len(squares[0]), 3), np.uint8)
    top = 0
    for square in squares:
        sheet[top : top + len(square), : len(square)] = square
        top += len(square)
    return sheet


def unstacked(sheets: np.ndarray, sizes: Sequence[int]) -> list[np.ndarray]:
    """The photos in each size, (n, S, S, 3), of what `stacked` made of them, (n, rows, columns, 3)."""
    tops = np.cumsum([0, *sizes])
    return [sheets[:, top : top + size, :size] for top, size in zip(tops, sizes)]


@dataclass(frozen=True, eq=False)
class DecodedPhoto:
    """A photo as it was wanted.

    `input`: uint8 (S, S, 3) as of `load_input`, several sizes as of `stacked`, or None; `thumbnail`: a JPEG, of small
    pictures a PNG, or b"";
    `changed`: what a person should know was done to its pixels, as words that follow the file's name, "" for nothing;
    `measured`: how its values are spread, where that was wanted and they have more than 8 bits; then nothing else is
    there; `rendered`: a PNG of all of it, where that was wanted and it has more than 8 bits.
    """

    info: PhotoInfo
    input: np.ndarray | None = None
    thumbnail: bytes = b""
    changed: str = ""
    measured: Measured | None = None
    rendered: bytes = b""
