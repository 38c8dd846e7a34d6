"""The cross-validation of an ensemble: every photo predicted once, by models none of which had learned from it.

Nothing is trained: what each member predicted out of fold is combined, and judged as any cross-validation is.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tlcore.comparison.ensemble_weights import OUT_OF_FOLD, Weights
from tlcore.data.manifest import Dataset
from tlcore.evaluation.cross_validation import load_cross_validation
from tlcore.evaluation.ensemble import combine, fit_weights
from tlcore.jobs.store import Run
from tlcore.pipeline.fold_predictions import FoldPredictions, Outcome
from tlcore.pipeline.folding import fold_photos

Rows = npt.NDArray[np.float32]


def combine_folds(dataset: Dataset, runs: Sequence[Run], weights: Weights, method: str) -> Outcome | None:
    """The figures of all photos together, and the temperature that they ask for; None unless each member was
    cross-validated on these photos.

    Weights that were fitted are fitted again for the photos of each fold (the first member's), on all the others, so
    that no photo has a say in what it is predicted with.
    """
    found = [each for run in runs if (each := load_cross_validation(run.folder)) is not None]
    folding = fold_photos(dataset)
    frames = [each.report.predictions.set_index("path") for each in found]
    paths = folding.rows["path"]
    if len(frames) < len(runs) or any(set(frame.index) != set(paths) for frame in frames):
        return None
    given = [np.stack(frame.loc[paths, "probabilities"].tolist()).astype(np.float32) for frame in frames]
    folds = frames[0].loc[paths, "fold"].to_numpy(np.int64)
    predicted = FoldPredictions(folding, len(dataset.labels))
    for fold in sorted(set(folds.tolist())):
        rows = np.flatnonzero(folds == fold)
        predicted.add(rows, _combined(given, folding.classes, folds == fold, weights, method), 0)
    outcome = predicted.outcome(dataset, sum(each.seconds for each in found))
    return replace(outcome, found=replace(outcome.found, best_epochs=(), models=len(runs)))


def _combined(
    given: Sequence[Rows], classes: npt.NDArray[np.int32], inside: npt.NDArray[np.bool_], weights: Weights, method: str
) -> Rows:
    """What the models together say of the photos `inside` a fold."""
    values = weights.values
    if weights.source == OUT_OF_FOLD:
        values = fit_weights([each[~inside] for each in given], classes[~inside])
    return combine([each[inside] for each in given], values, method)
