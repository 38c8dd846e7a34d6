"""Cross-validation where a part of the network trains: each fold is a run of its own on another split [TF]."""

import logging
import shutil
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.evaluation.folds import Fold
from tlcore.events import Event, Progress, StageKey
from tlcore.jobs.pace import likely
from tlcore.models.open_backbone import open_backbone
from tlcore.pipeline.clock import RunClock
from tlcore.pipeline.context import Context, Halted, TrainedModel
from tlcore.pipeline.eta import Eta
from tlcore.pipeline.executor import execute
from tlcore.pipeline.fold_predictions import FoldPredictions, Outcome
from tlcore.pipeline.folding import Folding, fold_photos, folds_of
from tlcore.pipeline.head_stages import head_model
from tlcore.pipeline.rates import Rates, num_products
from tlcore.pipeline.timings import load_timings, save_timings, timing_names
from tlcore.workspace import disk_error

logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of what every fold compiles for itself


def cross_validate_network(context: Context, folder: Path) -> Generator[Event, None, Outcome | None]:
    """Train a network for each fold, as the run trained its own, and let it predict the photos of the fold.

    Args:
        folder: where a fold may leave its checkpoints while it trains.

    Returns:
        what came of it; None when stopped.

    Raises:
        UserError: as from a training; or some class cannot be learned in every fold.
    """
    start, folding = time.monotonic(), fold_photos(context.dataset, context.config)
    folds = folds_of(folding, context.dataset, context.config.seed)
    predicted = FoldPredictions(folding, len(context.dataset.labels))
    for number, fold in enumerate(folds):
        place = folder / f"fold-{number + 1}"
        try:
            shutil.rmtree(place, ignore_errors=True)  # of an attempt that was killed
            place.mkdir()
            trained = yield from _train(_fold_context(context, folding, fold, place), number, len(folds))
        except OSError as error:
            raise disk_error(place, error) from error
        finally:
            shutil.rmtree(place, ignore_errors=True)
        if trained is None:
            return None
        predicted.add(fold.predict, trained.test_probabilities, trained.best_epoch)
    return predicted.outcome(context.dataset, time.monotonic() - start)


def _fold_context(context: Context, folding: Folding, fold: Fold, place: Path) -> Context:
    """The same run with the fold's photos as its test part."""
    split = folding.rows["split"].copy()
    for part, rows in (("train", fold.train), ("validation", fold.validation), ("test", fold.predict)):
        split.iloc[rows] = part
    dataset: Dataset = replace(context.dataset, photos=folding.rows.assign(split=split))
    backbone = open_backbone(context.workspace, context.spec, context.config.image_size)
    run = replace(context.run, folder=place)
    return Context(context.workspace, run, dataset, context.spec, context.config, context.should_stop, backbone)


def _train(context: Context, number: int, total: int) -> Generator[Event, None, TrainedModel | None]:
    """The model of a fold; None when stopped. Its events are the progress of all folds together."""
    start = time.monotonic()
    rates = Rates(
        timing_names(context.config, context.spec),
        load_timings(context.workspace),
        num_products(context.spec, context.config.image_size),
    )
    eta = Eta(rates)
    try:
        for event in execute(context, eta, RunClock(context.run)):
            yield _overall(event, number, total, time.monotonic() - start)
    except Halted:
        return None
    if context.should_stop():  # what a training that was ended early has learned is no fair test of the others
        return None
    save_timings(context.workspace, eta.measured())
    if context.trained is not None:
        return context.trained
    if context.head is None:
        raise UserError("A fold came to its end without having learned anything.", "Please report this.")
    return head_model(context, context.head)


def _overall(event: Event, number: int, total: int, passed: float) -> Progress:
    """How far all folds are while one is trained; `passed`: seconds that it took until now."""
    left, share = getattr(event, "left", None), getattr(event, "share", None) or 0.0
    progress = Progress(StageKey.CROSS_VALIDATE, number, total, share=round((number + share) / total, 4))
    if left is None:
        return progress
    others = total - number - 1
    whole = passed + likely(left)
    return replace(progress, left=(left[0] + 0.8 * others * whole, left[1] + 1.25 * others * whole))
