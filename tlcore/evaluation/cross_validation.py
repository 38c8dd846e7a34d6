"""Cross-validation of a run: every photo predicted once, by a model that did not learn from it. The value, and on disk.

<run>/cross-validation.json      counts, interval, folds; it has the checksum of the other file and is written last
<run>/cross-validation.parquet   a row a photo that was predicted: the columns of `Report.predictions`, and its fold
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from tlcore.checksums import DamagedFile, file_checksum
from tlcore.data.parquet import read_parquet, to_parquet
from tlcore.evaluation.figures import parse_figures
from tlcore.evaluation.fold_interval import fold_interval
from tlcore.evaluation.report import Report, figures, make_report
from tlcore.intervals import wilson_interval
from tlcore.shares import EXACT
from tlcore.workspace import read_json, write_atomic, write_json

ANALYSIS = "cross-validation"  # the job that does it on request, see worker/handlers.py
FILE, PREDICTIONS = "cross-validation.json", "cross-validation.parquet"


@dataclass(frozen=True)
class CrossValidation:
    """How the procedure that trained a run does on photos that it did not learn from, with each photo tested once.

    Attributes:
        folds: how many models were trained, each without the photos of its fold.
        report: the figures over all photos. Its interval is that of cross-validation (fold_interval.py), and its
            predictions have the column `fold` (from 1) beside those of every report. The probabilities are divided by
            the temperature that the other folds asked for, so none was fitted on the photo that it is of.
        temperature: what fits the predictions of all folds best.
        num_groups: groups of photos that belong together and so were in one fold; as many as photos where none do.
        best_epochs: the epoch that each fold's model kept.
        with_test: whether the photos of the test part took part: they do unless that part was given.
        seconds: that it took.
        models: how many were trained for each fold: several of an ensemble.
    """

    folds: int
    report: Report
    temperature: float = 1.0
    num_groups: int = 0
    best_epochs: tuple[int, ...] = ()
    with_test: bool = True
    seconds: float = 0.0
    models: int = 1

    @property
    def correct(self) -> int:
        return self.report.correct

    @property
    def total(self) -> int:
        return self.report.total

    @property
    def accuracy(self) -> float:
        """The share that is correct, 0–1."""
        return self.report.accuracy

    @property
    def interval(self) -> tuple[float, float]:
        """Where the accuracy of this procedure on new photos plausibly lies (95%), 0–1."""
        return self.report.interval

    @property
    def fold_table(self) -> pd.DataFrame:
        """A row a fold: fold, correct, total, accuracy (0–1)."""
        return fold_table(self.report.predictions)


@dataclass(frozen=True)
class Folded:
    """What came of the folds, besides the predictions; the fields are those of `CrossValidation`."""

    folds: int
    temperature: float
    best_epochs: tuple[int, ...]
    with_test: bool
    seconds: float


def cross_validation(
    predictions: pd.DataFrame, groups: pd.Series, labels: tuple[str, ...], folded: Folded
) -> CrossValidation:
    """Count the figures.

    Args:
        predictions: as `report.predictions_frame` makes them, with the column `fold`.
        groups: for each row what it belongs to; equal for photos that were in one fold because they belong together.
    """
    found = fold_interval(predictions["correct"].to_numpy(bool), pd.factorize(groups)[0])
    report = replace(make_report(predictions, labels), low=found.low, high=found.high)
    return CrossValidation(report=report, num_groups=found.num_groups, **vars(folded))


def fold_table(predictions: pd.DataFrame) -> pd.DataFrame:
    """A row a fold: fold, correct, total, accuracy (0–1)."""
    by_fold = predictions.groupby("fold")["correct"]
    table = pd.DataFrame({"correct": by_fold.sum().astype(int), "total": by_fold.size()}).reset_index()
    return table.assign(accuracy=table["correct"] / table["total"])


def cross_validation_values(found: CrossValidation) -> dict[str, Any]:
    """What `model.json` and `--json` tell of it: counts, interval, folds, as plain values for JSON."""
    return {
        "folds": found.folds,
        "correct": found.correct,
        "total": found.total,
        "accuracy": found.accuracy,
        "interval_95": list(found.interval),
        "groups": found.num_groups,
        "with_test": found.with_test,
        "models": found.models,
    }


def cross_validation_info(found: CrossValidation) -> dict[str, Any]:
    """What `model.json` tells of it: the same, and all that the files say but the predictions."""
    low, high = wilson_interval(found.correct, found.total)
    return cross_validation_values(found) | {
        "figures": figures(replace(found.report, low=low, high=high)),
        "temperature": found.temperature,
        "best_epochs": list(found.best_epochs),
        "seconds": found.seconds,
    }


def parse_cross_validation(values: Any, predictions: pd.DataFrame) -> CrossValidation:
    """The cross-validation of a `cross_validation_info`, which anybody may have written.

    Raises:
        ValueError, KeyError, TypeError: a value is missing, of another type, or does not fit the others.
    """
    counted = parse_figures(values["figures"], tuple(values["figures"]["labels"]))
    low, high = (float(end) for end in values["interval_95"])
    share = counted.correct / max(1, counted.total)
    if not (0 <= low <= share + EXACT and share - EXACT <= high <= 1):
        raise ValueError("The interval is not one of these counts.")
    return CrossValidation(
        int(values["folds"]),
        Report(**vars(replace(counted, low=low, high=high)), predictions=predictions),
        float(values["temperature"]),
        int(values["groups"]),
        tuple(int(epoch) for epoch in values["best_epochs"]),
        bool(values["with_test"]),
        float(values["seconds"]),
        int(values.get("models", 1)),
    )


def save_cross_validation(folder: Path, found: CrossValidation) -> None:
    """Write the two files into a run's folder, the figures last.

    Raises:
        UserError: the disk is full.
    """
    predictions = to_parquet(found.report.predictions)
    write_atomic(folder / PREDICTIONS, predictions)
    write_json(folder / FILE, cross_validation_info(found) | {"files": {PREDICTIONS: file_checksum(predictions)}})


def load_cross_validation(folder: Path) -> CrossValidation | None:
    """What `save_cross_validation` wrote; None where none was made (yet), or its files are damaged.

    No scikit-learn, so that pages can read it.
    """
    try:
        values = read_json(folder / FILE)
        predictions = read_parquet(folder / PREDICTIONS, values)
        found = parse_cross_validation(values, predictions)
        if (int(predictions["correct"].sum()), len(predictions)) != (found.correct, found.total):
            raise DamagedFile("The figures are not those of the predictions.")
        return found
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove_cross_validation(folder: Path) -> None:
    """Take away what an earlier attempt at a run left, the figures first."""
    for name in (FILE, PREDICTIONS):
        (folder / name).unlink(missing_ok=True)
