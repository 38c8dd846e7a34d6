"""What the photos of a data set need: up to 200 of them are examined. A job like the others (jobs/store.py).

The built-in network extracts their features at 224 px into the feature store, where a later training finds them. Test
photos are left out: nothing that is decided may rest on them. No TensorFlow.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.advice.few_shot import few_shot_accuracy
from tlcore.advice.label_changing_flips import find_label_changing_flips
from tlcore.advice.rule import RULES, ExaminedPhoto, Recommendation, find_close_strategies, find_quadrant
from tlcore.advice.similarity import photo_scores, similarity, similarity_interval
from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import load_input
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.events import Event, Finished, Progress, ShouldStop, StageKey, Stopped, never
from tlcore.features.extract import FEATURES_KEPT, Photo
from tlcore.features.pooled import extract_pooled
from tlcore.features.saving import Stopwatch
from tlcore.jobs.store import Job
from tlcore.models.imagenet_head import ImageNetHead, load_imagenet_head
from tlcore.models.litert_runtime import usable_cores
from tlcore.models.registry import BUILT_IN
from tlcore.workspace import Workspace, read_json, write_json

ADVICE = "advice.json"
VERSION = 3
"""Raise it when the same photos would get another recommendation: then old ones are not read but made again."""

MOST_PHOTOS = 200
NUM_SHOWN, NUM_GUESSES = 9, 3
NOT_SHOWN = {"nipple"}  # a name of ImageNet that pictures of hands get, and that no teacher wants before a class
PIXELS = 16  # side of the small pictures: what the bare pixels tell of a photo


def recommend(
    workspace: Workspace, dataset: Dataset, should_stop: ShouldStop = never, seed: int = 0
) -> Generator[Progress, None, Recommendation | None]:
    """Examine a sample of the training and validation photos of a data set, and find what they need.

    Args:
        should_stop: when true, the features that were extracted until then are kept.
        seed: which photos are taken where there are more than `MOST_PHOTOS`.

    Returns:
        the recommendation; None when stopped.

    Raises:
        UserError: a photo is gone or has changed, or the disk is full.
    """
    rows = choose_sample(dataset, seed)
    photos = [Photo(*row) for row in rows[["sha256", "path"]].itertuples(index=False)]
    features = yield from extract_pooled(workspace, photos, dataset.read, should_stop)
    if features is None:
        return None
    pixels = yield from _read_small(dataset, photos, should_stop)
    if pixels is None:
        return None
    return _recommendation(dataset, rows, features, pixels, seed)


def choose_sample(dataset: Dataset, seed: int = 0) -> pd.DataFrame:
    """Up to `MOST_PHOTOS` different photos, as evenly from all classes as these allow, drawn at random."""
    rows = dataset.photos[dataset.photos["split"] != "test"].drop_duplicates("sha256")
    rows = rows.sort_values("sha256").sample(frac=1, random_state=seed)
    rank = rows.groupby("label").cumcount()  # the first of every class, then the second of every class, …
    return rows.iloc[np.argsort(rank, kind="stable")].head(MOST_PHOTOS).reset_index(drop=True)


def _read_small(
    dataset: Dataset, photos: Sequence[Photo], should_stop: ShouldStop
) -> Generator[Progress, None, npt.NDArray[np.uint8] | None]:
    """The photos as uint8 (n, PIXELS, PIXELS, 3); None when stopped."""
    watch, found = Stopwatch(StageKey.COMPARE, len(photos)), []

    def load(photo: Photo) -> npt.NDArray[np.uint8]:
        return load_input(dataset.read(photo.path), PIXELS, RESIZE_POLICY, ACCEPTED)

    with ThreadPoolExecutor(usable_cores(), thread_name_prefix="small") as pool:
        for image in pool.map(load, photos):
            found.append(image)
            if should_stop():
                pool.shutdown(cancel_futures=True)
                return None
            yield watch.progress(len(found))
    return np.stack(found)


def _recommendation(
    dataset: Dataset,
    rows: pd.DataFrame,
    features: npt.NDArray[np.float32],
    pixels: npt.NDArray[np.uint8],
    seed: int,
) -> Recommendation:
    """The recommendation from what was measured of the chosen photos."""
    head = load_imagenet_head(BUILT_IN)
    scores = photo_scores(features, head)
    value, num_photos = similarity(scores), int((dataset.photos["split"] == "train").sum())
    interval = similarity_interval(scores)
    similar, size, quadrant = find_quadrant(value, num_photos)
    classes = pd.Categorical(rows["label"]).codes.astype(np.int64)
    return Recommendation(
        similarity=value,
        similar=similar,
        num_photos=num_photos,
        num_classes=len(dataset.labels),
        size=size,
        quadrant=quadrant,
        strategy=RULES[quadrant],
        num_examined=len(rows),
        examined=_examined(rows.head(NUM_SHOWN), features[:NUM_SHOWN], head),
        few_shot=few_shot_accuracy(features, pixels, classes, seed),
        label_changing_flips=find_label_changing_flips(pixels, rows["label"].tolist()),
        close_strategies=find_close_strategies(value, interval, num_photos),
        similarity_interval=interval,
    )


def _examined(rows: pd.DataFrame, features: npt.NDArray[np.float32], head: ImageNetHead) -> tuple[ExaminedPhoto, ...]:
    """These photos with what ImageNet sees in them."""
    found = []
    photos = rows[["sha256", "path", "label"]].itertuples(index=False, name=None)
    for (sha256, path, label), probabilities in zip(photos, head.probabilities(features)):
        best = [number for number in np.argsort(-probabilities, kind="stable") if head.labels[number] not in NOT_SHOWN]
        guesses = tuple((head.labels[number], float(probabilities[number])) for number in best[:NUM_GUESSES])
        found.append(ExaminedPhoto(sha256, path, label, guesses))
    return tuple(found)


def run_recommendation(workspace: Workspace, job: Job, should_stop: ShouldStop = never) -> Iterator[Event]:
    """Do a recommendation job: `advice.json` in its folder. Ends with Finished (the data set's id) or Stopped."""
    start = time.perf_counter()
    dataset = load_dataset(workspace, job.spec["dataset"])
    recommendation = yield from recommend(workspace, dataset, should_stop)
    if recommendation is None:
        yield Stopped(FEATURES_KEPT)
        return
    write_json(job.folder / ADVICE, _key() | {"advice": recommendation.to_dict()})
    yield Finished(dataset.id, time.perf_counter() - start)


def load_recommendation(job: Job) -> Recommendation | None:
    """What came of a recommendation job; None while nothing did, or where another version of the program made it."""
    try:
        values = read_json(job.folder / ADVICE)
        if {name: values[name] for name in _key()} != _key():
            return None
        return Recommendation.from_dict(values["advice"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _key() -> dict[str, str | int]:
    """What a recommendation depends on beside the photos."""
    return {"version": VERSION, "network": BUILT_IN.fingerprint}
