"""The figures of a report as plain values for JSON, and back: nothing is believed that contradicts itself.

They come from `report.json` and from the `model.json` of models that anybody may have made.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tlcore.intervals import wilson_interval

CLASS_COLUMNS = ("label", "support", "correct", "precision", "recall", "f1")
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Figures:
    """What was counted; see `Report`."""

    labels: tuple[str, ...]
    correct: int
    total: int
    low: float
    high: float
    confusion: pd.DataFrame
    per_class: pd.DataFrame


def parse_figures(values: Any, labels: tuple[str, ...]) -> Figures:
    """The figures in a JSON object.

    Args:
        labels: the classes that they are of.

    Raises:
        ValueError, KeyError, TypeError: a value is missing, of another type, or does not fit the others.
    """
    counts = np.array([[_count(cell) for cell in row] for row in values["confusion"]], dtype=np.int64)
    if not all(isinstance(label, str) for label in labels):
        raise TypeError("The labels are no text.")
    if counts.shape != (len(labels), len(labels)):
        raise ValueError("The confusion table is not one of these classes.")
    correct, total = _count(values["correct"]), _count(values["total"])
    if correct != counts.trace() or total != counts.sum():
        raise ValueError("The counts are not those of the confusion table.")
    low, high = wilson_interval(correct, total)
    if not np.allclose([low, high], [_share(each) for each in values["interval_95"]], rtol=0, atol=_TOLERANCE):
        raise ValueError("The interval is not that of the counts.")
    confusion = pd.DataFrame(counts, index=list(labels), columns=list(labels))
    return Figures(labels, correct, total, low, high, confusion, _class_table(values["per_class"], labels, counts))


def _class_table(rows: Any, labels: tuple[str, ...], counts: np.ndarray) -> pd.DataFrame:
    """The table a class, held against the confusion table."""
    table = pd.DataFrame(
        [(row["label"], _count(row["support"]), _count(row["correct"]), *map(_share, _shares(row))) for row in rows],
        columns=list(CLASS_COLUMNS),
    )
    hits, support, predicted = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    expected = np.stack([_ratio(hits, predicted), _ratio(hits, support), _ratio(2 * hits, predicted + support)], axis=1)
    fits = tuple(table["label"]) == labels and (table["support"] == support).all() and (table["correct"] == hits).all()
    if not fits or not np.allclose(table[["precision", "recall", "f1"]], expected, rtol=0, atol=_TOLERANCE):
        raise ValueError("The figures of the classes are not those of the confusion table.")
    return table


def _shares(row: Any) -> tuple[Any, Any, Any]:
    return row["precision"], row["recall"], row["f1"]


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """0 where there is nothing to divide by."""
    return np.asarray(np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0))


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise TypeError(f"Not a count: {value!r:.50}")
    return value


def _share(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise TypeError(f"Not a share: {value!r:.50}")
    return float(value)
