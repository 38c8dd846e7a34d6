"""The job that looks for shortcuts: it hides parts of photos, predicts them again on LiteRT, and counts [TF].

Of a frozen network all photos can be asked about: its features are computed on LiteRT, and each photo is predicted by a
head of the cross-validation that had not learned from it (a model that was refitted has learned from all). A network
that was fine-tuned is asked as it is shipped, about the photos that it was validated and tested on.
"""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from tlcore.analysis.hiding import Pixels, hide_border, hide_middle
from tlcore.analysis.learning_fits import frozen_context
from tlcore.analysis.shortcuts import MOST_PHOTOS, Predictions, Shortcuts, find_shortcuts, save_shortcuts
from tlcore.cleaning.course import Course, Part
from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import load_input
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.thumbnails import SIZE, ThumbnailWriter
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.events import Event, Finished, Progress, ShouldStop, StageKey, Stopped, run_to_end
from tlcore.features.extract import FEATURES_KEPT, Photo, Request, run_photos
from tlcore.features.saving import Stopwatch
from tlcore.jobs.store import Job, Run, load_run
from tlcore.models.frozen_backbone import top_layer
from tlcore.models.predictor import PredictorPool
from tlcore.models.runtimes import network_pool
from tlcore.pipeline.caches import StoredViews, extract_for_head, flat, open_feature_store, read_photos, views_of
from tlcore.pipeline.context import Context
from tlcore.pipeline.folding import fold_photos, folds_of
from tlcore.serving.bundle import load_bundle
from tlcore.serving.predict import OUTPUT
from tlcore.training.head import Examples, Head, HeadTrainer
from tlcore.training.softmax import softmax
from tlcore.workspace import Workspace, touch_used

WAYS: dict[str, Callable[[Pixels], Pixels]] = {
    "whole": lambda image: image,
    "no_middle": hide_middle,
    "no_border": hide_border,
}
EXTRACT_SECONDS, PHOTO_SECONDS = 0.014, 0.012  # for the time left

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Asked:
    """The photos that are asked about, and who answers.

    Attributes:
        rows: path, sha256, label of each. open: gives what runs a network for that many images.
        predict: probabilities (n, classes) of what that gives for the rows at these places, float32.
        folds: whether it is the folds' models that answer.
    """

    rows: pd.DataFrame
    open: Callable[[int], PredictorPool]
    predict: Callable[[Floats, npt.NDArray[np.int64]], Floats]
    image_size: int
    folds: bool


def run_shortcuts(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Look for shortcuts of a run. Ends with Finished (the run's id) or Stopped.

    Raises:
        UserError: there are too few photos, or one is gone or has changed.
    """
    start, run = time.perf_counter(), load_run(workspace, job.spec["run"])
    dataset = load_dataset(workspace, run.dataset_id)
    touch_used(dataset.folder)
    asked = yield from _asked(workspace, run, dataset, should_stop)
    if asked is None:
        yield Stopped(FEATURES_KEPT)
        return
    course = Course(Part(StageKey.HIDE_PARTS, len(WAYS) * len(asked.rows), PHOTO_SECONDS))
    predictions = yield from course.follow(_predictions(asked, dataset, should_stop))
    if predictions is None:
        yield Stopped("Nothing was counted.")
        return
    found = find_shortcuts(predictions, dataset.labels, asked.rows["sha256"].to_numpy(object), asked.folds)
    _keep_pictures(job, found, asked, dataset)
    save_shortcuts(job.folder, found)
    yield Finished(run.id, time.perf_counter() - start)


def _asked(
    workspace: Workspace, run: Run, dataset: Dataset, should_stop: ShouldStop
) -> Generator[Progress, None, Asked | None]:
    """Whom to ask about which photos; None when stopped."""
    if not run.config.fine_tunes:
        return (yield from _ask_folds(frozen_context(workspace, run, should_stop)))
    bundle = load_bundle(run.folder)
    rows = _sample(dataset.photos[dataset.photos["split"] != "train"])
    pool = network_pool(bundle.network, (OUTPUT,))
    return Asked(rows, lambda number: pool, lambda found, places: found, bundle.image_size, folds=False)


def _sample(rows: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """At most `MOST_PHOTOS` different photos, of each class as many as of the others."""
    rows = rows.drop_duplicates("sha256")
    shuffled = rows.sample(frac=1, random_state=seed)
    turn = shuffled.groupby("label", observed=True).cumcount()
    return shuffled.loc[turn.sort_values(kind="stable").index[:MOST_PHOTOS]].sort_index().reset_index(drop=True)


def _ask_folds(context: Context) -> Generator[Progress, None, Asked | None]:
    """A head for each fold of the cross-validation, and which of them has not learned from which photo."""
    folding = fold_photos(context.dataset)
    photos, folds = folding.photos, folds_of(folding, context.dataset, context.config.seed)
    layer, trainer = top_layer(context.config.head), HeadTrainer(len(context.dataset.labels), context.config)
    heads: list[Head] = []
    fold_of = np.empty(len(photos), np.int64)
    with open_feature_store(context, views_of(context.config)) as store:
        request = Request(photos, (store,))
        yield from extract_for_head(context, [request], context.should_stop)
        store.refresh()
        if request.missing() or context.should_stop():
            return None
        features = read_photos(store, photos)
        for number, fold in enumerate(folds):
            several = store.views.count > 1
            learned = StoredViews(store, [photos[row] for row in fold.train]) if several else features[fold.train]
            held_out = Examples(features[fold.validation], folding.classes[fold.validation])
            train = Examples(learned, folding.classes[fold.train])
            head = run_to_end(trainer.train(train, held_out, context.should_stop))
            if head is None or context.should_stop():
                return None
            heads.append(head)
            fold_of[fold.predict] = number
    rows = _sample(folding.rows.assign(fold=fold_of))

    def predict(found: Floats, places: npt.NDArray[np.int64]) -> Floats:
        vectors, own = flat(found), rows["fold"].to_numpy()[places]
        logits = np.stack([heads[fold].logits(vector[None])[0] for fold, vector in zip(own, vectors, strict=True)])
        return softmax(logits)

    def opened(number: int) -> PredictorPool:
        return context.backbone.predictors(layer, number)

    return Asked(rows, opened, predict, context.config.image_size, folds=True)


def _predictions(
    asked: Asked, dataset: Dataset, should_stop: ShouldStop
) -> Generator[Progress, None, Predictions | None]:
    """What is predicted of each photo in each of the three ways; None when stopped."""
    rows = asked.rows
    photos = [Photo(*row) for row in rows[["sha256", "path"]].itertuples(index=False)]
    place = {photo.sha256: number for number, photo in enumerate(photos)}
    watch, done = Stopwatch(StageKey.HIDE_PARTS, len(WAYS) * len(photos)), 0
    predicted: dict[str, npt.NDArray[np.int64]] = {}
    sure = np.zeros(len(photos))
    yield watch.progress(0)
    for way, hide in WAYS.items():
        predicted[way] = np.zeros(len(photos), np.int64)

        def load(path: str, hide: Callable[[Pixels], Pixels] = hide) -> Pixels:
            return hide(load_input(dataset.read(path), asked.image_size, RESIZE_POLICY, ACCEPTED))

        for chunk, found in run_photos(asked.open(len(photos)), photos, load, should_stop):
            places = np.array([place[photo.sha256] for photo in chunk])
            probabilities = asked.predict(found[0], places)
            predicted[way][places] = probabilities.argmax(axis=1)
            if way == "no_middle":
                sure[places] = probabilities.max(axis=1)
            done += len(chunk)
            yield watch.progress(done)
        if should_stop():
            return None
    classes = pd.Categorical(rows["label"], categories=list(dataset.labels)).codes.astype(np.int64)
    return Predictions(classes, **predicted, sure=sure)


def _keep_pictures(job: Job, found: Shortcuts, asked: Asked, dataset: Dataset) -> None:
    """Small pictures of the examples as the model was shown them, under the hash of the photo."""
    paths = dict(zip(asked.rows["sha256"], asked.rows["path"]))
    with ThumbnailWriter(job.folder) as writer:
        for sha256 in (sha256 for each in found.named for sha256 in each.examples):
            shown = hide_middle(load_input(dataset.read(paths[sha256]), asked.image_size, RESIZE_POLICY, ACCEPTED))
            buffer = BytesIO()
            Image.fromarray(shown).resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=85)
            writer.add(sha256, buffer.getvalue())
