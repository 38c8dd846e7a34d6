"""How much each model of an ensemble counts, and what that was found on."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.comparison.ensembles import EQUAL
from tlcore.comparison.packed_outputs import packed_outputs
from tlcore.data.manifest import Dataset
from tlcore.evaluation.cross_validation import load_cross_validation
from tlcore.evaluation.ensemble import equal_weights, fit_weights
from tlcore.events import Event, ShouldStop, StageKey
from tlcore.jobs.store import EnsembleSpec, Run
from tlcore.serving.bundle import Bundle

OUT_OF_FOLD, VALIDATION, GIVEN = "out-of-fold", "validation", "given"
LEAST_PHOTOS = 20  # to weigh by: fewer tell nothing


@dataclass(frozen=True)
class Weights:
    """A weight a model, which add up to 1. `source`: "out-of-fold" or "validation" (found on `photos` photos that no
    model had learned from), "equal" or "given"."""

    values: tuple[float, ...]
    source: str
    photos: int = 0


def choose_weights(
    dataset: Dataset, runs: Sequence[Run], bundles: Sequence[Bundle], spec: EnsembleSpec, should_stop: ShouldStop
) -> Generator[Event, None, Weights | None]:
    """The weights that were asked for; None where it was stopped.

    Out-of-fold predictions need a cross-validation of every member; else the validation photos serve, unless a model
    learned from them; else all count the same. The test photos are never among those: they judge the ensemble.

    Raises:
        UserError: a photo is gone or has changed.
    """
    if not isinstance(spec.weights, str):
        return Weights(spec.weights, GIVEN)
    equal = Weights(equal_weights(len(runs)), EQUAL)
    if spec.weights == EQUAL:
        return equal
    known = out_of_fold(runs, dataset)
    if known is not None:
        return _fitted(*known, OUT_OF_FOLD) or equal
    if any(bundle.info.get("refit") for bundle in bundles):
        return equal
    rows = dataset.part("validation")
    if len(rows) < LEAST_PHOTOS:
        return equal
    found = yield from packed_outputs(bundles, dataset, rows, StageKey.PREDICT, should_stop)
    if should_stop():
        return None
    return _fitted([probabilities for probabilities, _ in found], _classes(rows, dataset), VALIDATION) or equal


def out_of_fold(
    runs: Sequence[Run], dataset: Dataset
) -> tuple[list[npt.NDArray[np.float32]], npt.NDArray[np.int64]] | None:
    """What each run predicted out of fold for the photos that are no test photos, and their classes; None unless each
    was cross-validated on the same photos."""
    found = [load_cross_validation(run.folder) for run in runs]
    tested = set(dataset.part("test")["path"])
    frames = [each.report.predictions.set_index("path", drop=False) for each in found if each is not None]
    if len(frames) < len(runs) or any(set(frame.index) != set(frames[0].index) for frame in frames):
        return None
    order = [path for path in frames[0].index if path not in tested]
    if not order:
        return None
    rows = [np.stack(frame.loc[order, "probabilities"].tolist()) for frame in frames]
    return rows, _classes(frames[0].loc[order], dataset)


def _classes(rows: pd.DataFrame, dataset: Dataset) -> npt.NDArray[np.int64]:
    return pd.Categorical(rows["label"], categories=list(dataset.labels)).codes.astype(np.int64)


def _fitted(
    probabilities: Sequence[npt.NDArray[np.float32]], truth: npt.NDArray[np.int64], source: str
) -> Weights | None:
    """The weights that fit these photos; None where they are too few."""
    if len(truth) < LEAST_PHOTOS:
        return None
    return Weights(fit_weights(probabilities, truth), source, len(truth))
