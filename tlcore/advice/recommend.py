"""What the photos of a data set need: look at up to 200 of them and say so. A job like the others (store.py); no
TensorFlow.

The photos are looked at by the built-in network at 224 px, and what it saw goes into the feature store, where a later
training finds it. Test photos are left out: nothing that is decided may rest on them.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pandas as pd

from tlcore.advice.few_shot import few_photos
from tlcore.advice.label_changing_flips import find_label_changing_flips
from tlcore.advice.rule import RULES, Recommendation, Seen, give_reason, place, rivals
from tlcore.advice.similarity import photo_scores, similarity, similarity_interval
from tlcore.data.images import RESIZE_POLICY, load_input
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.events import Event, Finished, Progress, ShouldStop, StageKey, Stopped, never
from tlcore.features.extract import Photo, Request, extract, feature_kind
from tlcore.features.saving import Stopwatch
from tlcore.features.store import FeatureStore
from tlcore.features.views import ViewedStore
from tlcore.jobs.store import Job
from tlcore.models.frozen_backbone import PretrainedBackbone
from tlcore.models.frozen_files import POOLED
from tlcore.models.imagenet_head import ImageNetHead, load_imagenet_head
from tlcore.models.litert_runtime import usable_cores
from tlcore.models.registry import BUILT_IN
from tlcore.workspace import Workspace, read_json, write_json

ADVICE = "advice.json"
VERSION = 3
"""Raise it when the same photos would get another advice than before: then old ones are not read but made again."""

MOST_PHOTOS = 200
NUM_SEEN, NUM_GUESSES = 9, 3
NOT_SAID = {"nipple"}  # a name of ImageNet that pictures of hands get, and that no teacher wants before a class
PIXELS = 16  # side of the small pictures: what the bare pixels tell of a photo


def recommend(
    workspace: Workspace, dataset: Dataset, should_stop: ShouldStop = never, seed: int = 0
) -> Generator[Progress, None, Recommendation | None]:
    """Look at a sample of the training and validation photos of a data set, and say what they need.

    Args:
        should_stop: when true, what the network saw until then is kept.
        seed: which photos are taken where there are more than `MOST_PHOTOS`.

    Returns:
        the advice; None when stopped.

    Raises:
        UserError: a photo is gone or has changed, or the disk is full.
    """
    rows = choose(dataset, seed)
    photos = [Photo(*row) for row in rows[["sha256", "path"]].itertuples(index=False)]
    sha256s = [photo.sha256 for photo in photos]
    kind = feature_kind(BUILT_IN, BUILT_IN.default_image_size, RESIZE_POLICY)
    with FeatureStore(workspace, kind) as store:
        backbone = PretrainedBackbone(workspace, BUILT_IN, BUILT_IN.default_image_size)
        request = Request(photos, (ViewedStore(store),))
        yield from extract(partial(backbone.predictors, POOLED), [request], dataset.read, should_stop)
        if store.missing(sha256s):
            return None
        features = store.read(sha256s)
    pixels = yield from _look_small(dataset, photos, should_stop)
    if pixels is None:
        return None
    return _advice(dataset, rows, features, pixels, seed)


def choose(dataset: Dataset, seed: int = 0) -> pd.DataFrame:
    """Up to `MOST_PHOTOS` different photos, as evenly from all classes as these allow, drawn at random."""
    rows = dataset.photos[dataset.photos["split"] != "test"].drop_duplicates("sha256")
    rows = rows.sort_values("sha256").sample(frac=1, random_state=seed)
    rank = rows.groupby("label").cumcount()  # the first of every class, then the second of every class, …
    return rows.iloc[np.argsort(rank, kind="stable")].head(MOST_PHOTOS).reset_index(drop=True)


def _look_small(
    dataset: Dataset, photos: Sequence[Photo], should_stop: ShouldStop
) -> Generator[Progress, None, np.ndarray | None]:
    """The photos as uint8 (n, PIXELS, PIXELS, 3); None when stopped."""
    watch, found = Stopwatch(StageKey.READ, len(photos)), []

    def load(photo: Photo) -> np.ndarray:
        return load_input(dataset.read(photo.path), PIXELS, RESIZE_POLICY)

    with ThreadPoolExecutor(usable_cores(), thread_name_prefix="small") as pool:
        for image in pool.map(load, photos):
            found.append(image)
            if should_stop():
                pool.shutdown(cancel_futures=True)
                return None
            yield watch.progress(len(found))
    return np.stack(found)


def _advice(
    dataset: Dataset, rows: pd.DataFrame, features: np.ndarray, pixels: np.ndarray, seed: int
) -> Recommendation:
    """The advice from what was seen of the chosen photos."""
    head = load_imagenet_head(BUILT_IN)
    scores = photo_scores(features, head)
    value, num_photos = similarity(scores), int((dataset.photos["split"] == "train").sum())
    interval = similarity_interval(scores)
    similar, size, quadrant = place(value, num_photos)
    classes = pd.Categorical(rows["label"]).codes.astype(np.int64)
    return Recommendation(
        similarity=value,
        similar=similar,
        num_photos=num_photos,
        num_classes=len(dataset.labels),
        size=size,
        quadrant=quadrant,
        strategy=RULES[quadrant],
        reason=give_reason(value, interval, num_photos, len(rows)),
        looked_at=len(rows),
        seen=_seen(rows.head(NUM_SEEN), features[:NUM_SEEN], head),
        few=few_photos(features, pixels, classes, seed),
        mirrored=find_label_changing_flips(pixels, rows["label"].tolist()),
        rivals=rivals(value, interval, num_photos),
    )


def _seen(rows: pd.DataFrame, features: np.ndarray, head: ImageNetHead) -> tuple[Seen, ...]:
    """What ImageNet sees in these photos."""
    found = []
    for row, chances in zip(rows.itertuples(), head.probabilities(features)):
        best = [number for number in np.argsort(-chances, kind="stable") if head.labels[number] not in NOT_SAID]
        guesses = tuple((head.labels[number], float(chances[number])) for number in best[:NUM_GUESSES])
        found.append(Seen(row.sha256, row.path, row.label, guesses))
    return tuple(found)


def run_recommendation(workspace: Workspace, job: Job, should_stop: ShouldStop = never) -> Iterator[Event]:
    """Do an advice job: `advice.json` in its folder; the last event is Finished with the data set's id, or Stopped."""
    start = time.perf_counter()
    dataset = load_dataset(workspace, job.spec["dataset"])
    advice = yield from recommend(workspace, dataset, should_stop)
    if advice is None:
        yield Stopped("What the network saw in the photos until now is kept for next time.")
        return
    write_json(job.folder / ADVICE, _key() | {"advice": advice.to_dict()})
    yield Finished(dataset.id, time.perf_counter() - start)


def load_recommendation(job: Job) -> Recommendation | None:
    """What came of an advice job; None while nothing did, or where another version of the program made it."""
    try:
        values = read_json(job.folder / ADVICE)
        if {name: values[name] for name in _key()} != _key():
            return None
        return Recommendation.from_dict(values["advice"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _key() -> dict[str, str | int]:
    """What an advice depends on beside the photos."""
    return {"version": VERSION, "network": BUILT_IN.fingerprint}
