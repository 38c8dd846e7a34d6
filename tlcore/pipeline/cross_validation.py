"""Cross-validation of a head on a frozen network, on cached features; and the head that learns from all photos [TF]."""

import time
from collections.abc import Generator, Iterator, Sequence

import numpy as np

from tlcore.events import Event, StageKey, run_to_end
from tlcore.features.extract import Photo, Request
from tlcore.features.saving import Stopwatch
from tlcore.features.views import ViewedStore
from tlcore.pipeline.caches import (
    StoredViews,
    check_complete,
    extract_for_head,
    make_room_for,
    open_feature_store,
    read_photos,
    views_of,
)
from tlcore.pipeline.context import Context
from tlcore.pipeline.fold_predictions import FoldPredictions, Outcome
from tlcore.pipeline.folding import Folding, fold_photos, folds_of
from tlcore.training.head import Examples, Head, HeadTrainer


def cross_validate_heads(context: Context, trainer: HeadTrainer) -> Generator[Event, None, Outcome | None]:
    """Train a head for each fold, as the run trained its own, and let it predict the photos of the fold.

    Args:
        trainer: what compiled once serves all folds, and the refit after them.

    Returns:
        what came of it; None when stopped.

    Raises:
        UserError: some class cannot be learned in every fold, the disk will not do, or a photo is gone.
        Halted: stopped before all features were there.
    """
    start, folding = time.monotonic(), fold_photos(context.dataset, context.config)
    photos, folds = folding.photos, folds_of(folding, context.dataset, context.config.seed)
    watch, predicted = Stopwatch(StageKey.CROSS_VALIDATE, len(folds)), _empty(context, folding)
    with open_feature_store(context, views_of(context.config)) as store:
        yield from _complete(context, store, photos)
        yield watch.progress(0)
        for number, fold in enumerate(folds, start=1):
            train, validation, predict = ([photos[row] for row in rows] for rows in vars(fold).values())
            held_out = Examples(read_photos(store, validation), folding.classes[fold.validation])
            examples = Examples(_features(store, train), folding.classes[fold.train])
            head = run_to_end(trainer.train(examples, held_out, context.should_stop))
            if head is None or context.should_stop():
                return None
            predicted.add(fold.predict, head.probabilities(read_photos(store, predict)), head.epoch)
            yield watch.progress(number)
    return predicted.outcome(context.dataset, time.monotonic() - start)


def refit_head(context: Context, trainer: HeadTrainer, epochs: int) -> Head | None:
    """A head that learned from all photos that took part in the cross-validation; None when stopped.

    Args:
        epochs: how long it trains, since nothing is held out that could tell when to stop.

    Raises:
        UserError: the loss was not a number.
    """
    folding = fold_photos(context.dataset, context.config)
    with open_feature_store(context, views_of(context.config)) as store:
        examples = Examples(_features(store, folding.photos), folding.classes)
        return trainer.fit(examples, epochs, context.should_stop)


def _empty(context: Context, folding: Folding) -> FoldPredictions:
    return FoldPredictions(folding, len(context.dataset.labels))


def _complete(context: Context, store: ViewedStore, photos: Sequence[Photo]) -> Iterator[Event]:
    """Extract what of the photos is not on disk: views of those that the run only tested on."""
    requests = (Request(photos, (store,)),)
    make_room_for(context, requests)
    yield from extract_for_head(context, requests, context.should_stop)
    check_complete(requests)


def _features(store: ViewedStore, photos: Sequence[Photo]) -> np.ndarray | StoredViews:
    """What a head learns from of these photos."""
    return StoredViews(store, photos) if store.views.count > 1 else read_photos(store, photos)
