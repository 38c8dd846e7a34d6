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

OUT_OF_FOLD, VALIDATION, GIVEN, TOO_FEW = "out-of-fold", "validation", "given", "too few photos"
LEAST_PHOTOS = 20  # to weigh by: fewer tell nothing

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """A weight a model, which add up to 1. `source`: "out-of-fold" or "validation" (found on `photos` photos that no
    model had learned from), "equal" or "given" (as somebody asked), "too few photos" (equal, for want of those)."""

    values: tuple[float, ...]
    source: str
    photos: int = 0


def choose_weights(
    dataset: Dataset, runs: Sequence[Run], bundles: Sequence[Bundle], spec: EnsembleSpec, should_stop: ShouldStop
) -> Generator[Event, None, Weights | None]:
    """The weights that were asked for; None where it was stopped.

    Where every model was cross-validated, all photos but the test photos weigh them, by out-of-fold predictions. Else
    the validation photos do: those models predict them that did not learn from them, and of those that did later the
    out-of-fold predictions count. Where there are none or too few, all count the same. The test photos are never among
    these: they judge the ensemble.

    Raises:
        UserError: a photo is gone or has changed.
    """
    if not isinstance(spec.weights, str):
        return Weights(spec.weights, GIVEN)
    equal = equal_weights(len(runs))
    if spec.weights == EQUAL:
        return Weights(equal, EQUAL)
    source, known = OUT_OF_FOLD, out_of_fold(runs, dataset)
    if known is None:
        source = VALIDATION
        known = yield from _on_validation_photos(dataset, runs, bundles, should_stop)
    if should_stop():
        return None
    if known is None or len(known[1]) < LEAST_PHOTOS:
        return Weights(equal, TOO_FEW)
    return Weights(fit_weights(*known), source, len(known[1]))


def _on_validation_photos(
    dataset: Dataset, runs: Sequence[Run], bundles: Sequence[Bundle], should_stop: ShouldStop
) -> Generator[Event, None, tuple[list[Rows], npt.NDArray[np.int64]] | None]:
    """What each model says of the validation photos without having learned from them, and their classes; None where
    that is not known of one."""
    rows = dataset.part("validation")
    if len(rows) < LEAST_PHOTOS:
        return None
    known = {run.id: folds for run in runs if (folds := _folds_of(run, rows)) is not None}
    asked = [(run, bundle) for run, bundle in zip(runs, bundles, strict=True) if run.id not in known]
    if any(bundle.info.get("refit") for _, bundle in asked):
        return None
    if asked:
        found = yield from packed_outputs([bundle for _, bundle in asked], dataset, rows, StageKey.TEST, should_stop)
        known |= {run.id: probabilities for (run, _), (probabilities, _) in zip(asked, found, strict=True)}
    return [known[run.id] for run in runs], _classes(rows, dataset)


def _folds_of(run: Run, rows: pd.DataFrame) -> Rows | None:
    """What a run predicted out of fold for these photos; None unless it did for all."""
    found = load_cross_validation(run.folder)
    if found is None:
        return None
    predictions = found.report.predictions.set_index("path")["probabilities"]
    if not set(rows["path"]) <= set(predictions.index):
        return None
    return np.stack(predictions.loc[rows["path"]].tolist())


def out_of_fold(runs: Sequence[Run], dataset: Dataset) -> tuple[list[Rows], npt.NDArray[np.int64]] | None:
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
