"""The job that makes a learning curve: the run's own head, trained on parts of its photos [TF].

Each training is the very one that the run did for its head (training/head.py, with its settings, its augmented views
and its early stopping), on features from the store. Where the run fine-tuned its network, that would take hours;
then it is the head on the network as it was before, and the curve says so.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from tlcore.analysis.answers import Answers
from tlcore.analysis.fits import Fit, FitPlan, plan_fits
from tlcore.analysis.learning_curve import make_curve, save_curve
from tlcore.cleaning.course import Course, Part
from tlcore.cleaning.groups import belong_together
from tlcore.cleaning.quick_model import Codes
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.errors import UserError
from tlcore.events import Event, Finished, Progress, ShouldStop, StageKey, Stopped
from tlcore.features.extract import FEATURES_KEPT, Photo, Request, extract, num_rows
from tlcore.features.memory import check_head_memory
from tlcore.features.saving import Stopwatch
from tlcore.features.store import row_bytes
from tlcore.features.views import ViewedStore
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run, load_run
from tlcore.models.frozen_backbone import PretrainedBackbone, top_layer
from tlcore.models.registry import find_backbone
from tlcore.pipeline.caches import StoredViews, make_room_for, open_feature_store, read_photos, views_of
from tlcore.pipeline.context import Context
from tlcore.training.head import Examples, Head, train_head
from tlcore.workspace import Workspace, touch_used

EXTRACT_SECONDS, LEAST_FIT_SECONDS = 0.014, 0.7
"""Of a photo that was not seen yet, and of a training of a few photos, for the time left."""


def run_learning_curve(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Make the learning curve of a run. Ends with Finished (the run's id) or Stopped.

    Raises:
        UserError: the run has no pretrained network, there are too few photos, or one is gone or has changed.
    """
    start = time.perf_counter()
    run = load_run(workspace, job.spec["run"])
    context = frozen_context(workspace, run, should_stop)
    touch_used(context.dataset.folder)
    plan = plan_of(context.dataset, context.config.seed)
    with closing(open_feature_store(context, views_of(context.config))) as store:
        course = Course(
            Part(StageKey.EXTRACT_FEATURES, len(_missing(context, store)), EXTRACT_SECONDS),
            Part(StageKey.LEARN_PARTS, len(plan.fits), fit_seconds(run)),
        )
        yield from course.follow(_extract(context, store))
        curve_is_whole = yield from course.follow(
            _Trainings(context, store, plan, job, not run.config.fine_tunes).run()
        )
    if curve_is_whole:
        yield Finished(run.id, time.perf_counter() - start)
    else:
        yield Stopped(FEATURES_KEPT)


def frozen_context(workspace: Workspace, run: Run, should_stop: ShouldStop) -> Context:
    """The run as if nothing but its head were trained.

    Raises:
        UserError: it began without a pretrained network; or its photos are gone.
    """
    if not run.config.pretrained:
        raise UserError(
            "This model was trained from scratch, so there is nothing to learn from quickly.",
            "Train with a pretrained network to see what more photos would bring.",
        )
    config = replace(run.config, strategy="feature-extraction", batch_norm_adaptation=0.0)
    spec = find_backbone(config.backbone)
    backbone = PretrainedBackbone(workspace, spec, config.image_size)
    return Context(workspace, run, load_dataset(workspace, run.dataset_id), spec, config, should_stop, backbone)


def plan_of(dataset: Dataset, seed: int) -> FitPlan:
    """The trainings on all photos of a data set, groups and equal photos together. Raises UserError: too few."""
    rows = dataset.photos
    named = [rows["group"]] if "group" in rows else []
    groups = belong_together(rows, *named).to_numpy(np.int64)
    learned = rows["split"].isin(("train", "validation"))
    share = float((rows["split"] == "validation").sum() / max(1, learned.sum()))
    return plan_fits(label_codes(dataset), groups, share, seed)


def label_codes(dataset: Dataset) -> Codes:
    """The class of each photo by its place in the labels, int64 (n,)."""
    codes = pd.Categorical(dataset.photos["label"], categories=list(dataset.labels)).codes
    return np.asarray(codes, np.int64)


def fit_seconds(run: Run) -> float:
    """What a training of a part takes, by what the head of the run took."""
    head = sum(end.seconds for end in job_status(run).epochs if end.phase == "head")
    return LEAST_FIT_SECONDS + 0.5 * head


def _missing(context: Context, store: ViewedStore) -> list[Photo]:
    request = Request(context.photos, (store,))
    return [request.by_hash[sha256] for sha256 in request.missing()]


def _extract(context: Context, store: ViewedStore) -> Generator[Progress, None, None]:
    """Compute the features (and augmented views) that the store lacks."""
    request = Request(context.photos, (store,))
    check_head_memory(len(context.photos), row_bytes(store.kind))
    if not num_rows(request.missing()):
        return
    make_room_for(context, [request])
    predictors = partial(context.backbone.predictors, top_layer(context.config.head))
    yield from extract(predictors, [request], context.dataset.read, context.should_stop)
    store.refresh()


class _Trainings:
    """All trainings of a plan, one after the other; after each fold, what is known by then is on disk."""

    def __init__(self, context: Context, store: ViewedStore, plan: FitPlan, job: Job, exact: bool) -> None:
        self._context, self._store, self._plan, self._job, self._exact = context, store, plan, job, exact
        self._photos, self._labels = context.photos, label_codes(context.dataset)
        self._correct = np.full((len(self._photos), len(plan.sizes)), np.nan)
        self._folds = np.full(len(self._photos), -1)

    def run(self) -> Generator[Progress, None, bool]:
        """Whether all were done; False when stopped."""
        fits, should_stop = self._plan.fits, self._context.should_stop
        watch = Stopwatch(StageKey.LEARN_PARTS, len(fits), unit="trainings")
        yield watch.progress(0)
        if should_stop():
            return False
        features = read_photos(self._store, self._photos)
        for done, fit in enumerate(fits, 1):
            head = _trained(partial(self._examples, features), fit, self._context)
            if should_stop() or head is None:
                return False
            answers = head.logits(features[fit.test]).argmax(axis=1)
            self._correct[fit.test, fit.size] = answers == self._labels[fit.test]
            self._folds[fit.test] = fit.fold
            if fit.size == len(self._plan.sizes) - 1:
                self._save(done)
            yield watch.progress(done)
        return True

    def _examples(self, features: np.ndarray, rows: Codes, augmented: bool) -> Examples:
        several = augmented and self._store.views.count > 1
        chosen: Sequence[Photo] = [self._photos[row] for row in rows] if several else ()
        return Examples(
            StoredViews(self._store, chosen) if several else features[rows], self._labels[rows].astype(np.int32)
        )

    def _save(self, done: int) -> None:
        known = ~np.isnan(self._correct).any(axis=1)
        sizes = np.array(self._plan.sizes)
        answers = Answers(self._correct[known], self._folds[known], self._labels[known], sizes)
        labels = self._context.dataset.labels
        save_curve(self._job.folder, make_curve(answers, labels, self._exact, done, len(self._plan.fits)))


def _trained(examples: Callable[[Codes, bool], Examples], fit: Fit, context: Context) -> Head | None:
    """The head of one training; None when stopped before its first epoch."""
    num_classes, config = len(context.dataset.labels), context.config
    training = train_head(examples(fit.train, True), examples(fit.validation, False), num_classes, config)
    while True:
        try:
            next(training)
        except StopIteration as end:
            head: Head | None = end.value
            return head
