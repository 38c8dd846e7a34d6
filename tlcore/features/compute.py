"""Decoding and computing side by side, in threads, a few photos at a time.

Each thread decodes and computes with a predictor of its own, so reading one photo overlaps with computing another, and
memory does not depend on the number of photos: only a few chunks are under way at any moment. A photo is decoded once
for all of its augmented views, whatever precision each of them is computed in.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import TypeVar

import numpy as np

from tlcore.data.augment import Views
from tlcore.events import ShouldStop
from tlcore.models.predictor import EXACT, Predictor, PredictorPool

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Pair = tuple[str, int]  # a photo's SHA-256 and the number of a view


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo by its content hash and the name under which its data set gives out the bytes."""

    sha256: str
    path: str


@dataclass(frozen=True, slots=True)
class Task:
    """Some views of a photo, for one of several requests."""

    request: int
    photo: Photo
    views: tuple[int, ...]


@dataclass(frozen=True)
class ViewRule:
    """What draws the views above 0 of a request, and in which precision each view is computed, by its number."""

    views: Views = field(default_factory=Views)
    precision: Callable[[int], str] = lambda view: EXACT


def precisions_of(tasks: Sequence[Task], rules: Sequence[ViewRule]) -> dict[str, int]:
    """How many images are to be computed in each precision."""
    counts: dict[str, int] = {}
    for task in tasks:
        for view in task.views:
            precision = rules[task.request].precision(view)
            counts[precision] = counts.get(precision, 0) + 1
    return counts


def compute(
    pools: Mapping[str, PredictorPool],
    tasks: Sequence[Task],
    load: Callable[[str], np.ndarray],
    rules: Sequence[ViewRule],
    should_stop: ShouldStop,
) -> Iterator[tuple[int, list[Pair], list[np.ndarray]]]:
    """The request, (sha256, view) of some rows, and these rows for each of the network's outputs.

    All views of a photo come together.

    Args:
        pools: what runs the network, by precision.
        load: a photo's pixels by its path, uint8 (S, S, 3).
        rules: one for each request.
    """
    local, batch = threading.local(), max(pool.batch for pool in pools.values())

    def work(chunk: list[Task]) -> tuple[int, list[Pair], list[np.ndarray]]:
        if not hasattr(local, "predictors"):
            local.predictors = {precision: pool.open() for precision, pool in pools.items()}
        predictors: dict[str, Predictor] = local.predictors
        pairs, rows = [], []
        for precision, (names, images) in _images(chunk, load, rules[chunk[0].request]).items():
            pairs += names
            size = pools[precision].batch
            parts = [np.stack(images[start : start + size]) for start in range(0, len(images), size)]
            rows += [predictors[precision].predict(part) for part in parts]
        return chunk[0].request, pairs, rows[0] if len(rows) == 1 else [np.concatenate(each) for each in zip(*rows)]

    num_threads = min(pool.num_threads for pool in pools.values())
    yield from side_by_side(work, _chunks(tasks, batch), num_threads, should_stop)


def _images(
    chunk: list[Task], load: Callable[[str], np.ndarray], rule: ViewRule
) -> dict[str, tuple[list[Pair], list[np.ndarray]]]:
    """By precision, what is to be computed."""
    found: dict[str, tuple[list[Pair], list[np.ndarray]]] = {}
    for task in chunk:
        image, sha256 = load(task.photo.path), task.photo.sha256
        for view in task.views:
            names, images = found.setdefault(rule.precision(view), ([], []))
            names.append((sha256, view))
            images.append(rule.views.image(image, sha256, view))
    return found


def _chunks(tasks: Sequence[Task], size: int) -> Iterator[list[Task]]:
    """Tasks of one request, with as many views each, as many as one batch holds and at least one."""
    for (_, num_views), alike in groupby(tasks, lambda task: (task.request, len(task.views))):
        while chunk := list(islice(alike, max(1, size // num_views))):
            yield chunk


def side_by_side(
    work: Callable[[list[Item]], Answer], chunks: Iterator[list[Item]], threads: int, should_stop: ShouldStop
) -> Iterator[Answer]:
    """`work` on each chunk in threads, in the order in which they get ready, few at a time."""
    pending: set[Future[Answer]] = set()
    with ThreadPoolExecutor(threads, thread_name_prefix="photos") as pool:
        try:
            while True:
                while len(pending) < 2 * threads and not should_stop() and (chunk := next(chunks, None)):
                    pending.add(pool.submit(work, chunk))
                if not pending:
                    return
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)
