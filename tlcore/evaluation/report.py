"""What a run is judged by: one frame of predictions and the figures counted from it, on disk beside the run.

`predictions.parquet` has a row a test photo; `report.json` holds the counts. Pages, terminal and `model.json` read
these and count nothing themselves.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.checksums import DamagedFile, file_checksum
from tlcore.data.parquet import read_parquet, to_parquet
from tlcore.errors import UserError
from tlcore.evaluation.figures import parse_figures
from tlcore.evaluation.metrics import class_table, confusion_table
from tlcore.intervals import wilson_interval
from tlcore.workspace import read_json, write_atomic, write_json

PREDICTIONS, FIGURES = "predictions.parquet", "report.json"
FAMILIARITY, FAMILIARITIES = "familiarity", "familiarity.json"
"""A column of the predictions, and the file that has it: it is known only after the figures, which never change."""


@dataclass(frozen=True)
class Report:
    """The figures of one model on one set of photos.

    Attributes:
        correct, total: photos that were right, and all.
        low, high: 95% interval of the accuracy (Wilson), 0–1.
        confusion: counts, true classes in rows, predicted ones in columns.
        per_class: label, support, correct, precision, recall, f1.
        predictions: path, sha256, label, predicted, correct, probability (of the predicted class), probability_true,
            probabilities (float32, one a class), familiarity (0–1, NaN where the model has none).
        unknown: a row a photo that shows none of the classes, where such were given: path, sha256, predicted,
            probability, familiarity. They count in no other figure.
    """

    labels: tuple[str, ...]
    correct: int
    total: int
    low: float
    high: float
    confusion: pd.DataFrame
    per_class: pd.DataFrame
    predictions: pd.DataFrame
    unknown: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def accuracy(self) -> float:
        return self.correct / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Where the accuracy plausibly lies: `low` and `high`, 0–1."""
        return self.low, self.high


def predictions_frame(
    photos: pd.DataFrame,
    probabilities: npt.NDArray[np.float32],
    labels: tuple[str, ...],
    familiarity: npt.NDArray[np.float32] | None = None,
) -> pd.DataFrame:
    """The frame of predictions from photos (path, sha256, label) and probabilities float32 (n, classes).

    Args:
        familiarity: float32 (n,), where it is known.
    """
    chosen = probabilities.argmax(axis=1)
    position = {label: index for index, label in enumerate(labels)}
    truth = np.array([position[label] for label in photos["label"]], dtype=int)
    rows = np.arange(len(photos))
    return pd.DataFrame(
        {
            "path": photos["path"].to_numpy(),
            "sha256": photos["sha256"].to_numpy(),
            "label": photos["label"].to_numpy(),
            "predicted": [labels[index] for index in chosen],
            "correct": chosen == truth,
            "probability": probabilities[rows, chosen],
            "probability_true": probabilities[rows, truth],
            "probabilities": list(probabilities.astype(np.float32)),
            FAMILIARITY: np.full(len(photos), np.nan, np.float32) if familiarity is None else familiarity,
        }
    )


def unknown_frame(
    photos: pd.DataFrame,
    probabilities: npt.NDArray[np.float32],
    labels: tuple[str, ...],
    familiarity: npt.NDArray[np.float32],
) -> pd.DataFrame:
    """The frame `Report.unknown`, of photos (path, sha256) and what a model made of them; see `predictions_frame`."""
    chosen = probabilities.argmax(axis=1) if len(photos) else np.empty(0, int)
    return pd.DataFrame(
        {
            "path": photos["path"].to_numpy(),
            "sha256": photos["sha256"].to_numpy(),
            "predicted": [labels[index] for index in chosen],
            "probability": [float(row[index]) for row, index in zip(probabilities, chosen)],
            FAMILIARITY: familiarity,
        }
    )


def make_report(predictions: pd.DataFrame, labels: tuple[str, ...]) -> Report:
    """Count the figures of a frame of predictions."""
    correct, total = int(predictions["correct"].sum()), len(predictions)
    low, high = wilson_interval(correct, total)
    truth, predicted = predictions["label"].tolist(), predictions["predicted"].tolist()
    return Report(
        labels,
        correct,
        total,
        low,
        high,
        confusion_table(truth, predicted, labels),
        class_table(truth, predicted, labels),
        predictions,
    )


def save_report(folder: Path, report: Report) -> None:
    """Write the report's two files into a run's folder, the figures last."""
    predictions = to_parquet(report.predictions.drop(columns=FAMILIARITY, errors="ignore"))
    (folder / FAMILIARITIES).unlink(missing_ok=True)  # of an earlier attempt
    write_atomic(folder / PREDICTIONS, predictions)
    write_json(folder / FIGURES, figures(report) | {"files": {PREDICTIONS: file_checksum(predictions)}})


def save_familiarity(folder: Path, report: Report) -> None:
    """Write how familiar each photo of a report is beside the report's files.

    Raises:
        UserError: the disk is full.
    """
    rows = report.predictions
    values = dict(zip(rows["sha256"], map(float, rows[FAMILIARITY]), strict=True))
    write_json(folder / FAMILIARITIES, {"photos": values})


def _load_familiarity(folder: Path, sha256s: pd.Series) -> npt.NDArray[np.float32]:
    """What `save_familiarity` wrote, a value a photo; NaN for all of them where there is none."""
    try:
        values = read_json(folder / FAMILIARITIES)["photos"]
        return np.asarray([values[sha256] for sha256 in sha256s], np.float32)
    except FileNotFoundError:
        return np.full(len(sha256s), np.nan, np.float32)


def figures(report: Report) -> dict[str, Any]:
    """The counts of a report as plain values for JSON."""
    return {
        "labels": list(report.labels),
        "correct": report.correct,
        "total": report.total,
        "accuracy": report.accuracy,
        "interval_95": [report.low, report.high],
        "per_class": report.per_class.to_dict(orient="records"),
        "confusion": report.confusion.to_numpy().tolist(),
    }


def load_report(folder: Path) -> Report:
    """The report that `save_report` wrote; the web process reads it without scikit-learn.

    Raises:
        UserError: there is none (yet), or its files are damaged.
    """
    try:
        values = read_json(folder / FIGURES)
        predictions = read_parquet(folder / PREDICTIONS, values)
        predictions[FAMILIARITY] = _load_familiarity(folder, predictions["sha256"])
        found = parse_figures(values, tuple(values["labels"]))
        if (int(predictions["correct"].sum()), len(predictions)) != (found.correct, found.total):
            raise DamagedFile("The figures are not those of the predictions.")
        return Report(**vars(found), predictions=predictions)
    except FileNotFoundError as error:
        raise UserError("This run has no test results yet.", "Wait until it has finished, or train again.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError("The test results of this run are damaged.", "Train again.") from error
