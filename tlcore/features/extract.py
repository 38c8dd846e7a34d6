"""Photos through a frozen network, once: computed where the stores lack them, in chunks as they come (compute.py)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import load_input
from tlcore.errors import UserError
from tlcore.events import Progress, ShouldStop, StageKey, never
from tlcore.features.compute import Photo as Photo
from tlcore.features.compute import Task, ViewRule, compute, precisions_of, side_by_side
from tlcore.features.saving import Chunk, Stopwatch, save
from tlcore.features.store import FeatureKind
from tlcore.features.views import Missing, ViewedStore, missing_in_all
from tlcore.models.frozen_backbone import backbone_name
from tlcore.models.litert_runtime import MOST_THREADS, usable_cores
from tlcore.models.predictor import BATCH, EXACT, PredictorPool, Samples
from tlcore.models.registry import BackboneSpec

FEATURES_KEPT = "The features computed so far are kept for next time."
SAMPLES = 4  # photos on which runtimes are compared

Open = Callable[[int, str, Samples], PredictorPool]
"""What runs a network: for so many images, in which precision at least, and with what gives a few of them."""

Read = Callable[[str], bytes]  # a photo's bytes by its path in the data set; called from several threads


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


def feature_kind(spec: BackboneSpec, image_size: int, policy: str, precision: str = EXACT) -> FeatureKind:
    """The store's key for this backbone file at this size."""
    return FeatureKind(backbone_name(spec), image_size, policy, spec.feature_size, precision=precision)


def extract(
    predictors: Open,
    requests: Sequence[Request],
    read: Read,
    should_stop: ShouldStop = never,
    stage: StageKey = StageKey.EXTRACT_FEATURES,
) -> Iterator[Progress]:
    """Compute the rows that the stores do not have yet and put them there; what they have costs nothing.

    Args:
        predictors: called for each precision that the stores ask for; not where nothing is missing. It gives one array
            for each of a request's stores.
        requests: in the order in which they are computed; all of one image size.
        should_stop: when true, what is computed is kept and the generator ends.

    Yields:
        Progress in rows (photos times views), what was there already counted as done; nothing where nothing is missing.

    Raises:
        UserError: a photo is gone or has changed, the network gives values that are not numbers, or the disk is full.
            Everything before it is kept.
    """
    work: list[Task] = []
    for number, request in enumerate(requests):
        work += [Task(number, request.by_hash[sha256], views) for sha256, views in request.missing().items()]
    lacking, total = sum(len(task.views) for task in work), sum(request.total for request in requests)
    if not work:
        return
    kind = requests[0].stores[0].kind
    rules = [ViewRule(request.stores[0].views, request.stores[0].precision) for request in requests]
    load = partial(_load, read, kind.image_size, kind.policy)
    pools = {
        precision: predictors(count, precision, partial(_samples, work, load))
        for precision, count in precisions_of(work, rules).items()
    }
    rows = compute(pools, work, load, rules, should_stop)

    def checked() -> Iterator[Chunk]:
        for number, pairs, arrays in rows:
            check_numbers(arrays)
            yield Chunk(requests[number].stores, pairs, arrays)

    unit = "views" if any(rule.views.count > 1 for rule in rules) else ""
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
    tasks = [Task(0, photo, (0,)) for photo in photos]
    for _, pairs, rows in compute({EXACT: pool}, tasks, load, [ViewRule()], should_stop):
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


def _samples(work: Sequence[Task], load: Callable[[str], np.ndarray]) -> np.ndarray:
    """A few photos, from all over, as far as they can be read: what is wrong with the others is told in their turn.

    Raises:
        UserError: none of them can.
    """
    found, failed = [], None
    for task in work[:: max(1, len(work) // SAMPLES)][:SAMPLES]:
        try:
            found.append(load(task.photo.path))
        except UserError as error:
            failed = error
    if not found and failed is not None:
        raise failed
    return np.stack(found)


def decode(
    store: ViewedStore, photos: Sequence[Photo], read: Read, should_stop: ShouldStop = never
) -> Iterator[Progress]:
    """Decode the photos that a store of pixels (`ImageCache`) does not have yet and put them there; see `extract`."""
    request = Request(photos, (store,))
    todo = [request.by_hash[sha256] for sha256 in request.missing()]
    if not todo:
        return
    load = partial(_load, read, store.kind.image_size, store.kind.policy)

    def work(chunk: list[Photo]) -> Chunk:
        pairs = [(photo.sha256, 0) for photo in chunk]
        return Chunk((store,), pairs, [np.stack([load(photo.path) for photo in chunk])])

    parts = (list(todo[start : start + BATCH]) for start in range(0, len(todo), BATCH))
    chunks = side_by_side(work, parts, min(usable_cores(), MOST_THREADS), should_stop)
    yield from save(chunks, Stopwatch(StageKey.DECODE_PHOTOS, request.total, request.total - len(todo)))
