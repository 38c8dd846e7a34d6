"""The job that makes a learning curve: the run's own head, trained on parts of its photos [TF].

Each training is the very one that the run did for its head (training/head.py, with its settings, its augmented views
and its early stopping), on features from the store. Where the run fine-tuned its network, that would take hours;
then it is the head on the network as it was before, and the curve says so.
"""

import time
from collections.abc import Generator, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from tlcore.analysis.answers import Answers
from tlcore.analysis.fits import Fit, FitPlan, plan_fits
from tlcore.analysis.learning_curve import fit_seconds, make_curve, save_curve
from tlcore.cleaning.course import Course, Part
from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.events import Event, Finished, Progress, ShouldStop, StageKey, Stopped, run_to_end
from tlcore.features.extract import FEATURES_KEPT, Request, num_rows
from tlcore.features.joined import num_lacking
from tlcore.features.memory import check_head_memory
from tlcore.features.saving import Stopwatch
from tlcore.features.store import row_bytes
from tlcore.features.views import ViewedStore
from tlcore.jobs.store import Job, Run, load_run
from tlcore.models.backbones import find_backbone
from tlcore.models.open_backbone import open_backbone
from tlcore.pipeline.caches import (
    StoredViews,
    extract_for_head,
    make_room_for,
    open_feature_store,
    read_photos,
    views_of,
)
from tlcore.pipeline.context import Context
from tlcore.pipeline.folding import Folding, fold_photos, folds_of
from tlcore.training.head import Examples, Head, HeadTrainer
from tlcore.workspace import Workspace, touch_used

EXTRACT_SECONDS = 0.014  # of a photo that was not seen yet, for the time left


def run_learning_curve(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Make the learning curve of a run. Ends with Finished (the run's id) or Stopped.

    Raises:
        UserError: the run has no pretrained network, there are too few photos, or one is gone or has changed.
    """
    start, run = time.perf_counter(), load_run(workspace, job.spec["run"])
    context = frozen_context(workspace, run, should_stop)
    touch_used(context.dataset.folder)
    folding = fold_photos(context.dataset)
    plan = plan_of(folding, context)
    with open_feature_store(context, views_of(context.config)) as store:
        request = Request(folding.photos, (store,))
        course = Course(
            Part(StageKey.EXTRACT_FEATURES, num_lacking(request), EXTRACT_SECONDS),
            Part(StageKey.LEARN_PARTS, len(plan.fits), fit_seconds(run)),
        )
        yield from course.follow(_extract(context, request))
        trainings = _Trainings(context, store, folding, plan, job)
        is_whole = yield from course.follow(trainings.run(exact=not run.config.fine_tunes))
    yield Finished(run.id, time.perf_counter() - start) if is_whole else Stopped(FEATURES_KEPT)


def frozen_context(workspace: Workspace, run: Run, should_stop: ShouldStop) -> Context:
    """The run as if nothing but its head were trained.

    Raises:
        UserError: it began without a pretrained network; or its photos are gone.
    """
    if not run.config.pretrained:
        raise UserError(
            "This model was trained from scratch, without the pretrained network that this needs.",
            "Train with a pretrained network to see what more photos would bring.",
        )
    config = replace(run.config, strategy="feature-extraction", batch_norm_adaptation=0.0)
    spec = find_backbone(config.backbone, workspace)
    backbone = open_backbone(workspace, spec, config.image_size)
    return Context(workspace, run, load_dataset(workspace, run.dataset_id), spec, config, should_stop, backbone)


def plan_of(folding: Folding, context: Context) -> FitPlan:
    """The trainings. Raises UserError: there are too few photos."""
    groups = pd.factorize(folding.groups)[0].astype(np.int64)
    folds = folds_of(folding, context.dataset, context.config.seed) if folding.num_folds else []
    return plan_fits(folds, folding.classes.astype(np.int64), groups, context.config.seed)


def _extract(context: Context, request: Request) -> Generator[Progress, None, None]:
    """Compute the features (and augmented views) that the store lacks."""
    store = request.stores[0]
    check_head_memory(len(request.photos), row_bytes(store.kind))
    if not num_rows(request.missing()):
        return
    make_room_for(context, [request])
    yield from extract_for_head(context, [request], context.should_stop)
    store.refresh()


class _Trainings:
    """All trainings of a plan, one after the other; after each fold, what is known by then is on disk."""

    def __init__(self, context: Context, store: ViewedStore, folding: Folding, plan: FitPlan, job: Job) -> None:
        self._context, self._store, self._plan, self._job = context, store, plan, job
        self._photos, self._classes = folding.photos, folding.classes
        self._correct = np.full((len(self._photos), len(plan.sizes)), np.nan)
        self._folds = np.full(len(self._photos), -1)

    def run(self, exact: bool) -> Generator[Progress, None, bool]:
        """Whether all were done; False when stopped. `exact`: see `LearningCurve`."""
        fits, should_stop = self._plan.fits, self._context.should_stop
        watch = Stopwatch(StageKey.LEARN_PARTS, len(fits), unit="trainings")
        yield watch.progress(0)
        if should_stop():
            return False
        features = read_photos(self._store, self._photos)
        trainer = HeadTrainer(len(self._context.dataset.labels), self._context.config)
        for done, fit in enumerate(fits, 1):
            head = self._trained(trainer, fit, features)
            if should_stop() or head is None:
                return False
            answers = head.logits(features[fit.test]).argmax(axis=1)
            self._correct[fit.test, fit.size] = answers == self._classes[fit.test]
            self._folds[fit.test] = fit.fold
            if fit.size == len(self._plan.sizes) - 1:
                self._save(done, exact)
            yield watch.progress(done)
        return True

    def _trained(self, trainer: HeadTrainer, fit: Fit, features: np.ndarray) -> Head | None:
        """The head of one training; None when stopped before its first epoch."""
        several = self._store.views.count > 1
        views = StoredViews(self._store, [self._photos[row] for row in fit.train]) if several else features[fit.train]
        validation = Examples(features[fit.validation], self._classes[fit.validation])
        training = trainer.train(Examples(views, self._classes[fit.train]), validation, self._context.should_stop)
        return run_to_end(training)

    def _save(self, done: int, exact: bool) -> None:
        known = ~np.isnan(self._correct).any(axis=1)
        sizes, classes = np.array(self._plan.sizes), self._classes.astype(np.int64)
        answers = Answers(self._correct[known], self._folds[known], classes[known], sizes)
        curve = make_curve(answers, self._context.dataset.labels, exact, done, len(self._plan.fits))
        save_curve(self._job.folder, curve)
