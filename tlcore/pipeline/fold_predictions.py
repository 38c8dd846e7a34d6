"""What the models of all folds predicted, put together: figures, temperature, and what probabilities are worth."""

from dataclasses import dataclass

import numpy as np

from tlcore.data.manifest import Dataset
from tlcore.evaluation.calibration import (
    CROSS_VALIDATION,
    Calibration,
    cross_fitted,
    fit_temperature,
    helps,
    measure_reliability,
)
from tlcore.evaluation.cross_validation import CrossValidation, Folded, cross_validation
from tlcore.evaluation.report import predictions_frame
from tlcore.pipeline.folding import Folding


@dataclass(frozen=True)
class Outcome:
    """What a cross-validation gives: its figures, and what its probabilities are worth."""

    found: CrossValidation
    calibration: Calibration


class FoldPredictions:
    """Collects probabilities, a fold after the other. Every photo of `folding` has to be in one of them."""

    def __init__(self, folding: Folding, num_classes: int) -> None:
        self._folding = folding
        self._probabilities = np.zeros((len(folding.rows), num_classes), np.float32)
        self._folds = np.zeros(len(folding.rows), np.int64)
        self._best_epochs: list[int] = []

    def add(self, rows: np.ndarray, probabilities: np.ndarray, best_epoch: int) -> None:
        """Take in what the next fold's model predicted of its rows: float32 (rows, classes)."""
        self._best_epochs.append(best_epoch)
        self._probabilities[rows] = probabilities
        self._folds[rows] = len(self._best_epochs)

    def outcome(self, dataset: Dataset, seconds: float) -> Outcome:
        """The figures of all folds together.

        Args:
            seconds: that they took.
        """
        raw, truth = self._probabilities, self._folding.classes.astype(np.int64)
        changed = cross_fitted(raw, truth, self._folds)
        temperature = fit_temperature(raw, truth) if helps(raw, changed, truth) else 1.0
        shown = changed if temperature != 1 else raw
        before, after = (measure_reliability(each, truth) for each in (raw, shown))
        frame = predictions_frame(self._folding.rows, shown, dataset.labels).assign(fold=self._folds)
        folded = Folded(len(self._best_epochs), temperature, tuple(self._best_epochs), not dataset.given_test, seconds)
        found = cross_validation(frame, self._folding.groups, dataset.labels, folded)
        return Outcome(found, Calibration(temperature, CROSS_VALIDATION, len(truth), before, after))
