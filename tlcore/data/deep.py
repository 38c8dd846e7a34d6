"""Values of more than eight bits: which of them become black and white, and the bytes that they become.

A screen and a network know 256 levels a channel. Sensors, microscopes and thermal cameras give 65,536 or floats, of
which a photo often uses a small part. So all photos of a data set are stretched by one range, that of their own values
without the rarest (robust percentiles over finite values): equal values stay equal, and no single hot pixel decides.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.data.refusals import PhotoRefused

Range = tuple[float, float]
"""The values that become 0 and 255."""

DataRanges = Mapping[str, Range]
"""Ranges by the kind of values ("uint16", "float"): photos whose values mean different things share no scale."""

FLOAT = "float"
KINDS = (FLOAT, *(f"uint{bits}" for bits in (*range(9, 17), 32, 64)), *(f"int{bits}" for bits in (8, 16, 32, 64)))
"""What values of more than 8 bits are; int8 is among them, since its numbers below zero are no brightness."""

RARE = 0.001
"""The share of all values that lies below the range, and above it."""

FULL_SHARE = 0.8
"""Values that span so much of what their type can hold are taken as they are: the whole type is their range."""

MOST_LOST = 0.9
"""The share of a photo's values beyond the range, on one side, from which nothing can be seen any more."""

STRIP_PIXELS = 1 << 15
_MOST_MEASURED = 1 << 17  # pixels of a photo; of more, every n-th row and column
_MOST_PHOTOS = 4_096  # whose quantiles are kept at once
_LEVELS = np.linspace(0, 1, 1_001)


@dataclass(frozen=True, eq=False)
class DeepValues:
    """The values of a picture as its file has them.

    `size`: width and height; `kind`: "uint16", "int32", … or "float"; `read`: rows from one number to another, as real
    numbers (rows, width) or (rows, width, 3), values that are none being NaN; `alpha`: likewise, 0–1, where there is a
    transparent ground.
    """

    size: tuple[int, int]
    kind: str
    read: Callable[[int, int], npt.NDArray[Any]]
    alpha: Callable[[int, int], npt.NDArray[Any]] | None = None

    def strips(self) -> Iterator[tuple[int, int]]:
        """Numbers of rows, from one to before another, as many as are converted at once."""
        width, height = self.size
        rows = max(1, STRIP_PIXELS // max(width, 1))
        for top in range(0, height, rows):
            yield top, min(top + rows, height)


@dataclass(frozen=True)
class Measured:
    """How the values of one photo are spread. `quantiles`: of its finite values, 1,001 from the least to the most."""

    kind: str
    quantiles: tuple[float, ...]


def fixed_range(kind: str) -> Range | None:
    """The range of values of 8 bits and less, which are never stretched; None for deeper ones."""
    return _whole(kind) if kind.startswith("uint") and _bits(kind) <= 8 else None


def measure(values: DeepValues) -> Measured:
    """The quantiles of a photo.

    Raises:
        PhotoRefused: it has no finite value.
    """
    width, height = values.size
    step = max(1, int(np.ceil(np.sqrt(width * height / _MOST_MEASURED))))
    parts = []
    for top, bottom in values.strips():
        rows = values.read(top, bottom)[(-top) % step :: step, ::step].astype(np.float64)
        parts.append(rows[np.isfinite(rows)])
    finite = np.concatenate(parts)
    if not len(finite):
        raise PhotoRefused("shows nothing: none of its values is a finite number")
    return Measured(values.kind, tuple(np.quantile(finite, _LEVELS).tolist()))


class RangeFinder:
    """Takes what was measured of one photo after the other; every photo counts the same."""

    def __init__(self) -> None:
        self._found: dict[str, list[npt.NDArray[np.float64]]] = {}
        self._steps: dict[str, int] = {}
        self._seen: dict[str, int] = {}

    def add(self, measured: Measured) -> None:
        """Count a photo. Of very many every second one, then every fourth … is kept."""
        if not measured.quantiles:
            return
        found, step = self._found.setdefault(measured.kind, []), self._steps.setdefault(measured.kind, 1)
        number = self._seen[measured.kind] = self._seen.get(measured.kind, -1) + 1
        if number % step:
            return
        found.append(np.asarray(measured.quantiles))
        if len(found) > _MOST_PHOTOS:
            del found[1::2]
            self._steps[measured.kind] = step * 2

    def ranges(self) -> dict[str, Range]:
        """The range of each kind of values that was seen."""
        return {kind: _range_of(kind, np.concatenate(found)) for kind, found in self._found.items()}


def own_ranges(measured: Measured) -> dict[str, Range]:
    """The ranges for a photo that belongs to no data set: those of its own values."""
    finder = RangeFinder()
    finder.add(measured)
    return finder.ranges()


def parse_ranges(values: object) -> dict[str, Range] | None:
    """The ranges of a manifest or a `model.json`; None where it tells none.

    Raises:
        ValueError: what stands there cannot be right.
    """
    if values is None:
        return None
    if not isinstance(values, Mapping):
        raise ValueError("no ranges")
    found = {}
    for kind, pair in values.items():
        if not isinstance(kind, str) or not isinstance(pair, Sequence) or len(pair) != 2:
            raise ValueError("no range")
        if any(isinstance(value, bool) or not isinstance(value, int | float) for value in pair):
            raise ValueError("no numbers")
        low, high = float(pair[0]), float(pair[1])
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            raise ValueError("no range")
        found[kind] = (low, high)
    return found


def to_bytes(rows: npt.NDArray[Any], values_range: Range) -> npt.NDArray[np.uint8]:
    """Values as bytes: the range becomes 0–255, what lies outside of it 0 or 255, what is no number 0."""
    low, high = values_range
    scaled = (rows.astype(np.float64) - low) / (high - low) * 255
    return np.rint(np.clip(np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0), 0, 255)).astype(np.uint8)


def legacy_range(values: DeepValues) -> Range:
    """How version 0.1.0 read them: whole numbers as 16 bits, floats as 0–1, else from the least to the most."""
    low, high = np.inf, -np.inf
    for top, bottom in values.strips():
        rows = np.nan_to_num(values.read(top, bottom).astype(np.float64))
        low, high = min(low, float(rows.min())), max(high, float(rows.max()))
    most = 1.0 if values.kind == FLOAT else 65_535.0
    return (0.0, most) if low >= 0 and high <= most else (low, max(high, low + 1e-12))


def stretched_message(measured: Measured, values_range: Range) -> str:
    """What a person should know of a photo that was stretched, to follow its name; "" where nothing was."""
    if not measured.quantiles or values_range == _whole(measured.kind):
        return ""
    low, high = measured.quantiles[0], measured.quantiles[-1]
    noun = "floating-point" if measured.kind == FLOAT else f"{_bits(measured.kind)}-bit"
    darkest, brightest = (_number(value) for value in values_range)
    lost = _lost_message(measured, values_range)
    stretched = f"{darkest} to {brightest} were stretched to 0–255{lost}"
    return f"has {noun} values ({_number(low)} to {_number(high)}); {stretched}"


def _lost_message(measured: Measured, values_range: Range) -> str:
    """The end of a message for a photo that the range of other photos leaves nothing of; "" for all others."""
    quantiles = np.asarray(measured.quantiles)
    for colour, outside in (("black", quantiles < values_range[0]), ("white", quantiles > values_range[1])):
        if outside.mean() >= MOST_LOST:
            return f", so nearly all of it is {colour}: it may come from another camera or with other settings"
    return ""


def _range_of(kind: str, values: npt.NDArray[np.float64]) -> Range:
    low, high = (float(value) for value in np.quantile(values, [RARE, 1 - RARE]))
    whole = _whole(kind)
    if whole is not None:
        span = whole[1] - whole[0]
        if low == high or high - low >= FULL_SHARE * span:
            inside = whole[0] <= low and high <= whole[1]
            if inside:
                return whole
    if low == high:  # a photo of one value
        return low - 0.5, high + 0.5
    return low, high


def _whole(kind: str) -> Range | None:
    """All that a type can hold, where that means something; of floats 0–1."""
    if kind == FLOAT:
        return 0.0, 1.0
    return (0.0, float(2 ** _bits(kind) - 1)) if kind.startswith("uint") else None


def _bits(kind: str) -> int:
    return int(kind.removeprefix("u").removeprefix("int"))


def _number(value: float) -> str:
    if abs(value) >= 1e15:
        return f"{value:.3g}"
    return f"{value:,.0f}" if abs(value) >= 1_000 or value == int(value) else f"{value:.3g}"
