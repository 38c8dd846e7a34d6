"""Photos that show little: blurred, dark, overexposed, tiny, of one colour. Measures of each photo, and what they mean.

A measure alone condemns nothing: each is held against what is usual in the photo's own class. Where a fifth of a class
is dark, that is what the class looks like (animals at night), and a set of 8 × 8 digits is not tiny.
"""

from dataclasses import dataclass

import imagehash
import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from tlcore.cleaning.issues import BLURRED, BURNT_OUT, DARK, EMPTY, TINY
from tlcore.data.capture_time import capture_of
from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import load_upright

SIDE = 256
"""Pixels of the longer side at which a photo is measured, about as a network sees it; smaller ones stay as they are."""

TILES = 4  # a side: a photo is as sharp as its sharpest parts, since what is behind a subject may be out of focus
SHARP_SHARE = 0.2  # of the tiles: a date in a corner makes no photo sharp
REBLUR = 9  # pixels, after Crete et al. 2007
LEAST_GRADIENT = 0.006  # mean change from pixel to pixel, 0–1: a tile with less has nothing that could be sharp
LEAST_SIDE = 48  # pixels: smaller pictures are not judged by their sharpness

MOST_BLURRED, BLURRED_SHARE = 0.40, 0.7  # sharpness, 0–1, and as a share of the usual one
DARKEST, DARK_HIGHLIGHTS = 0.12, 0.30  # mean, and 95th percentile of brightness, 0–1
DARK_SHARE, BRIGHT_EXCESS = 0.4, 0.2  # brightness as a share of the usual one, and above it
BRIGHTEST, BRIGHT_SHADOWS, LEAST_WHITE = 0.85, 0.45, 0.25  # mean, 5th percentile, share of pixels that are white
WHITE = 0.98
TINY_SIDE, TINY_SHARE = 64, 1 / 3  # pixels of the shorter side, and that side as a share of the usual one
EMPTY_SPREAD = 0.02  # between the 1st and 99th percentile of each colour, 0–1
USUAL_SHARE = 0.2  # of a class: what is found in more of it is no fault but its nature

COLUMNS = ("sharpness", "brightness", "shadows", "highlights", "white", "spread", "flat", "look", "taken", "camera")


@dataclass(frozen=True)
class Measured:
    """What was measured of a photo, each 0–1.

    `sharpness`: of its sharpest parts, 1 where it is too small to say. `brightness`: mean; `shadows`, `highlights`: 5th
    and 95th percentile; `white`: share of white pixels; `spread`: of the colour that varies most; `flat`: share of
    pixels whose neighbour is exactly the same, most of them in drawings and few in photos. `look`: perceptual hash, 64
    bits. `taken`: seconds, not a number where the photo does not say; `camera`: with which.
    """

    sharpness: float
    brightness: float
    shadows: float
    highlights: float
    white: float
    spread: float
    flat: float
    look: int
    taken: float
    camera: str


def measure_photo(data: bytes) -> Measured:
    """Measure a photo by its file. Raises PhotoRefused where it cannot be decoded any more."""
    image = load_upright(data, SIDE, ACCEPTED)
    scale = SIDE / max(image.size)
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    pixels = np.asarray(image, np.float32) / 255
    grey = (pixels @ np.array([0.299, 0.587, 0.114], np.float32)).astype(np.float32)
    capture = capture_of(data)
    low, high = np.percentile(pixels, (1, 99), axis=(0, 1))
    shadows, highlights = np.percentile(grey, (5, 95))
    return Measured(
        sharpness=sharpness(grey),
        brightness=float(grey.mean()),
        shadows=float(shadows),
        highlights=float(highlights),
        white=float((pixels.min(axis=2) >= WHITE).mean()),
        spread=float((high - low).max()),
        flat=float((pixels[:, 1:] == pixels[:, :-1]).all(axis=2).mean()) if image.width > 1 else 0.0,
        look=int(str(imagehash.phash(image)), 16),
        taken=capture.seconds if capture else float("nan"),
        camera=capture.camera if capture else "",
    )


def sharpness(grey: npt.NDArray[np.float32]) -> float:
    """How sharp the sharpest parts of a picture are, 0–1, whatever its contrast; 1 for one too small to judge.

    The share of the changes between neighbouring pixels that vanishes when the picture is blurred once more (Crete et
    al. 2007, "The blur effect"), of the worse of the two directions, so that motion counts as blur too.

    Args:
        grey: (H, W), 0–1.
    """
    if min(grey.shape) < LEAST_SIDE:
        return 1.0
    directions = [_tile_sharpness(grey, axis) for axis in (0, 1)]
    worse = np.fmin(*directions)  # where one direction has nothing to judge, the other decides
    known = worse[np.isfinite(worse)]
    return float(np.quantile(known, 1 - SHARP_SHARE)) if known.size else 0.0


def _tile_sharpness(grey: npt.NDArray[np.float32], axis: int) -> npt.NDArray[np.float64]:
    """The sharpness of each tile along one axis, not a number for those with nothing that could be sharp."""
    change = np.abs(np.diff(grey, axis=axis))
    blurred = np.abs(np.diff(_smoothed(grey, axis), axis=axis))
    lost = np.maximum(0, change - blurred)
    before, after = _tiles(change), _tiles(lost)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(before >= LEAST_GRADIENT, after / before, np.nan)


def _smoothed(grey: npt.NDArray[np.float32], axis: int) -> npt.NDArray[np.float32]:
    """Each pixel as the mean of `REBLUR` around it along an axis; the edge goes on as it is."""
    half = REBLUR // 2
    wide = [(half + 1, half) if each == axis else (0, 0) for each in range(2)]
    sums = np.cumsum(np.pad(grey, wide, "edge"), axis=axis, dtype=np.float64)
    size = grey.shape[axis]
    means = (sums.take(range(REBLUR, REBLUR + size), axis) - sums.take(range(size), axis)) / REBLUR
    smoothed: npt.NDArray[np.float32] = means.astype(np.float32)
    return smoothed


def _tiles(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The mean of each of `TILES` × `TILES` parts."""
    rows = np.array_split(values, TILES, axis=0)
    return np.array([[tile.mean(dtype=np.float64) for tile in np.array_split(row, TILES, axis=1)] for row in rows])


def find_poor(photos: pd.DataFrame) -> pd.DataFrame:
    """The photos that show little: kind, path, score (0–1), value.

    Args:
        photos: path, label, width, height and the `COLUMNS`.
    """
    side = photos[["width", "height"]].min(axis=1)
    usual = float(side.median())
    light, sharp = (photos[name].groupby(photos["label"]).transform("median") for name in ("brightness", "sharpness"))
    empty = photos["spread"] <= EMPTY_SPREAD
    dark = (photos["brightness"] <= np.minimum(DARKEST, DARK_SHARE * light)) & ~empty
    dark &= photos["highlights"] <= DARK_HIGHLIGHTS
    burnt = (photos["brightness"] >= np.maximum(BRIGHTEST, light + BRIGHT_EXCESS)) & ~empty
    burnt &= (photos["shadows"] >= BRIGHT_SHADOWS) & (photos["white"] >= LEAST_WHITE)
    blurred = (photos["sharpness"] <= np.minimum(MOST_BLURRED, BLURRED_SHARE * sharp)) & ~empty & ~dark & ~burnt
    blurred &= sharp > MOST_BLURRED  # else nothing here is sharp: drawings, microscopy, enlarged digits
    tiny = (side < TINY_SIDE) & (side < TINY_SHARE * usual)
    found = [
        _rows(photos, EMPTY, _unusual(photos, empty), 1 - photos["spread"], photos["spread"]),
        _rows(photos, DARK, _unusual(photos, dark), 1 - photos["brightness"], photos["brightness"]),
        _rows(photos, BURNT_OUT, _unusual(photos, burnt), photos["brightness"], photos["white"]),
        _rows(photos, BLURRED, _unusual(photos, blurred), 1 - photos["sharpness"], photos["sharpness"]),
        _rows(photos, TINY, tiny, 1 - side / max(usual, 1), side),
    ]
    return pd.concat(found, ignore_index=True)


def _unusual(photos: pd.DataFrame, found: pd.Series) -> pd.Series:
    """Those of `found` whose class has few like them."""
    labels = photos["label"]
    number, total = found.groupby(labels).transform("sum"), labels.groupby(labels).transform("size")
    return found & (number <= np.maximum(1, USUAL_SHARE * total))


def _rows(photos: pd.DataFrame, kind: str, found: pd.Series, score: pd.Series, value: pd.Series) -> pd.DataFrame:
    columns = {"path": photos["path"], "score": score.clip(0, 1).astype(float), "value": value.astype(float)}
    return pd.DataFrame(columns)[found].assign(kind=kind)
