"""Photos through a frozen network, once: decoding and computing side by side, results in chunks as they come.

Each thread decodes and computes with a predictor of its own, so reading one photo overlaps with computing another, and
memory does not depend on the number of photos: only a few chunks are under way at any moment. A photo is decoded once
for all of its augmented views.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby, islice
from typing import TypeVar

import numpy as np

from tlcore.data.augment import Views
from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import load_input
from tlcore.errors import UserError
from tlcore.events import Progress, ShouldStop, StageKey, never
from tlcore.features.saving import Chunk, Stopwatch, save
from tlcore.features.store import FeatureKind
from tlcore.features.views import Missing, ViewedStore, missing_in_all
from tlcore.models.frozen_backbone import backbone_name
from tlcore.models.litert_runtime import MOST_THREADS, usable_cores
from tlcore.models.predictor import Predictor, PredictorPool
from tlcore.models.registry import BackboneSpec

FEATURES_KEPT = "The features computed so far are kept for next time."
CHUNK = 2  # images that go through the network as one batch, see benchmarks/extraction.py

Read = Callable[[str], bytes]  # a photo's bytes by its path in the data set; called from several threads
Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo by its content hash and the name under which its data set gives out the bytes."""

    sha256: str
    path: str


@dataclass(frozen=True)
class Request:
    """Photos, and the stores that shall have all their views: one store for each layer that is computed.

    Rows that none of the stores has are computed. What only some of them lack is left to a request for those alone.
    """

    photos: Sequence[Photo]
    stores: tuple[ViewedStore, ...]

    @property
    def total(self) -> int:
        """Rows in all: photos, each once, times views; for several stores only those that are missing in all."""
        if len(self.stores) > 1:
            return num_rows(self.missing())
        return len(self.by_hash) * self.stores[0].views.count

    def missing(self) -> Missing:
        """The photos with the views that none of the stores has now."""
        return missing_in_all(self.stores, (photo.sha256 for photo in self.photos))

    @cached_property
    def by_hash(self) -> dict[str, Photo]:
        """Each photo once."""
        return {photo.sha256: photo for photo in self.photos}


def num_rows(missing: Missing) -> int:
    """How many rows are missing."""
    return sum(map(len, missing.values()))


def feature_kind(spec: BackboneSpec, image_size: int, policy: str) -> FeatureKind:
    """The store's key for this backbone file at this size."""
    return FeatureKind(backbone_name(spec), image_size, policy, spec.feature_size)


def extract(
    predictors: Callable[[int], PredictorPool],
    requests: Sequence[Request],
    read: Read,
    should_stop: ShouldStop = never,
    stage: StageKey = StageKey.EXTRACT_FEATURES,
) -> Iterator[Progress]:
    """Compute the rows that the stores do not have yet and put them there; what they have costs nothing.

    Args:
        predictors: what runs the network, for that many images; not called where nothing is missing. It gives one
            array for each of a request's stores.
        requests: in the order in which they are computed; all of one image size.
        should_stop: when true, what is computed is kept and the generator ends.

    Yields:
        Progress in rows (photos times views), what was there already counted as done; nothing where nothing is missing.

    Raises:
        UserError: a photo is gone or has changed, the network gives values that are not numbers, or the disk is full.
            Everything before it is kept.
    """
    work: list[_Task] = []
    for number, request in enumerate(requests):
        work += [_Task(number, request.by_hash[sha256], views) for sha256, views in request.missing().items()]
    lacking, total = sum(len(task.views) for task in work), sum(request.total for request in requests)
    if not work:
        return
    kind = requests[0].stores[0].kind
    views = [request.stores[0].views for request in requests]
    rows = _compute(predictors(lacking), work, partial(_load, read, kind.image_size, kind.policy), views, should_stop)

    def checked() -> Iterator[Chunk]:
        for number, pairs, arrays in rows:
            check_numbers(arrays)
            yield Chunk(requests[number].stores, pairs, arrays)

    unit = "views" if any(each.count > 1 for each in views) else ""
    yield from save(checked(), Stopwatch(stage, total, total - lacking, unit))


def run_photos(
    pool: PredictorPool, photos: Sequence[Photo], load: Callable[[str], np.ndarray], should_stop: ShouldStop = never
) -> Iterator[tuple[list[Photo], list[np.ndarray]]]:
    """A network's outputs for each photo, in chunks, in the order in which they get ready.

    Args:
        load: a photo's pixels by its path, uint8 (S, S, 3); called from several threads.
        should_stop: asked after every chunk; when true, the chunks under way are still given out.

    Yields:
        Photos and their outputs, as the pool's predictors give them: float32, first axis len(photos of the chunk).

    Raises:
        UserError: what `load` raises for a photo that is gone or has changed.
    """
    by_hash = {photo.sha256: photo for photo in photos}
    tasks = [_Task(0, photo, (0,)) for photo in photos]
    for _, pairs, rows in _compute(pool, tasks, load, [Views()], should_stop):
        yield [by_hash[sha256] for sha256, _ in pairs], rows


def check_numbers(arrays: Sequence[np.ndarray]) -> None:
    """Whether what a network gave can be learned from.

    Raises:
        UserError: a value is infinite or not a number.
    """
    if not all(np.isfinite(array).all() for array in arrays):
        raise UserError(
            "The pretrained network returned invalid values, so nothing can be trained on them.",
            "Its weights may be damaged. Choose another network, or download this one again.",
        )


def _load(read: Read, image_size: int, policy: str, path: str) -> np.ndarray:
    return load_input(read(path), image_size, policy, ACCEPTED)


@dataclass(frozen=True, slots=True)
class _Task:
    """Some views of a photo, for one of several requests."""

    request: int
    photo: Photo
    views: tuple[int, ...]


def _compute(
    pool: PredictorPool,
    tasks: Sequence[_Task],
    load: Callable[[str], np.ndarray],
    views: Sequence[Views],
    should_stop: ShouldStop,
) -> Iterator[tuple[int, list[tuple[str, int]], list[np.ndarray]]]:
    """The request, (sha256, view) of some rows, and these rows for each of the network's outputs.

    All views of a photo come together.

    Args:
        views: what draws views above 0, for each request.
    """
    local = threading.local()

    def compute(chunk: list[_Task]) -> tuple[int, list[tuple[str, int]], list[np.ndarray]]:
        if not hasattr(local, "predictor"):
            local.predictor = pool.open()
        predictor: Predictor = local.predictor
        pairs, images = [], []
        for task in chunk:
            image, sha256 = load(task.photo.path), task.photo.sha256
            pairs += [(sha256, view) for view in task.views]
            images += [views[task.request].image(image, sha256, view) for view in task.views]
        parts = [np.stack(images[start : start + CHUNK]) for start in range(0, len(images), CHUNK)]
        rows = [predictor.predict(part) for part in parts]
        return chunk[0].request, pairs, rows[0] if len(rows) == 1 else [np.concatenate(each) for each in zip(*rows)]

    yield from _side_by_side(compute, _chunks(tasks), pool.num_threads, should_stop)


def _chunks(tasks: Sequence[_Task]) -> Iterator[list[_Task]]:
    """Tasks of one request, with as many views each, as many as one batch holds and at least one."""
    for (_, num_views), alike in groupby(tasks, lambda task: (task.request, len(task.views))):
        while chunk := list(islice(alike, max(1, CHUNK // num_views))):
            yield chunk


def _side_by_side(
    compute: Callable[[list[Item]], Answer], chunks: Iterator[list[Item]], threads: int, should_stop: ShouldStop
) -> Iterator[Answer]:
    """`compute` of each chunk in threads, in the order in which they get ready, few at a time."""
    pending: set[Future[Answer]] = set()
    with ThreadPoolExecutor(threads, thread_name_prefix="photos") as pool:
        try:
            while True:
                while len(pending) < 2 * threads and not should_stop() and (chunk := next(chunks, None)):
                    pending.add(pool.submit(compute, chunk))
                if not pending:
                    return
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def decode(
    store: ViewedStore, photos: Sequence[Photo], read: Read, should_stop: ShouldStop = never
) -> Iterator[Progress]:
    """Decode the photos that a store of pixels (`ImageCache`) does not have yet and put them there; see `extract`."""
    request = Request(photos, (store,))
    todo = [request.by_hash[sha256] for sha256 in request.missing()]
    if not todo:
        return
    load = partial(_load, read, store.kind.image_size, store.kind.policy)

    def compute(chunk: list[Photo]) -> Chunk:
        pairs = [(photo.sha256, 0) for photo in chunk]
        return Chunk((store,), pairs, [np.stack([load(photo.path) for photo in chunk])])

    parts = (list(todo[start : start + CHUNK]) for start in range(0, len(todo), CHUNK))
    chunks = _side_by_side(compute, parts, min(usable_cores(), MOST_THREADS), should_stop)
    yield from save(chunks, Stopwatch(StageKey.DECODE_PHOTOS, request.total, request.total - len(todo)))
