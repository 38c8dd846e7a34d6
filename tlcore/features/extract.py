"""Photos through a frozen network, once: decoding and computing side by side, results in chunks as they come.

Each thread decodes and computes with an interpreter of its own, so reading one photo overlaps with computing another,
and memory does not depend on the number of photos: only a few chunks are under way at any moment.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tlcore.data.images import load_input
from tlcore.events import Progress, ShouldStop, never
from tlcore.features.store import FeatureKind, FeatureStore
from tlcore.models.litert import LiteModel, usable_cores
from tlcore.models.registry import BackboneSpec
from tlcore.models.weights import asset_path

CHUNK = 4  # photos a task; they go through the network as one batch, see benchmarks/extraction.py
SAVE_SECONDS = 1.0  # how much work a kill may cost
MOST_THREADS = 8  # each thread holds a copy of the weights, about 40 MB


@dataclass(frozen=True)
class Photo:
    """A photo by its content hash and the name under which its data set gives out the bytes."""

    sha256: str
    path: str


@dataclass(frozen=True)
class Network:
    """A `.tflite` file (or its bytes), the output that is wanted, and how photos are brought to its input."""

    source: Path | bytes
    output: str
    image_size: int
    policy: str


def feature_kind(spec: BackboneSpec, image_size: int, policy: str) -> FeatureKind:
    """The store's key for this backbone file at this size."""
    return FeatureKind(f"{spec.name}-{spec.fingerprint[:12]}", image_size, policy, spec.feature_size)


def run_photos(
    network: Network,
    photos: Sequence[Photo],
    read: Callable[[str], bytes],
    should_stop: ShouldStop = never,
) -> Iterator[tuple[list[Photo], np.ndarray]]:
    """The network's output for each photo, in chunks, in the order in which they get ready.

    Args:
        read: gives a photo's bytes by its path; called from several threads.
        should_stop: asked after every chunk; when true, the chunks under way are still given out.

    Yields:
        Photos and their output, float32, first axis len(photos of the chunk).

    Raises:
        UserError: what `read` raises for a photo that is gone or has changed.
    """
    local = threading.local()

    def compute(chunk: Sequence[Photo]) -> np.ndarray:
        if not hasattr(local, "model"):
            local.model = LiteModel(network.source)
        images = [load_input(read(photo.path), network.image_size, network.policy) for photo in chunk]
        return local.model.run(np.stack(images), network.output)

    chunks = iter([list(photos[start : start + CHUNK]) for start in range(0, len(photos), CHUNK)])
    threads = min(usable_cores(), MOST_THREADS)
    pending: dict[Future, list[Photo]] = {}
    with ThreadPoolExecutor(threads, thread_name_prefix="photos") as pool:
        try:
            while True:
                while len(pending) < 2 * threads and not should_stop() and (chunk := next(chunks, None)):
                    pending[pool.submit(compute, chunk)] = chunk
                if not pending:
                    return
                for future in wait(pending, return_when=FIRST_COMPLETED).done:
                    yield pending.pop(future), future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def extract(
    store: FeatureStore,
    spec: BackboneSpec,
    photos: Sequence[Photo],
    read: Callable[[str], bytes],
    should_stop: ShouldStop = never,
) -> Iterator[Progress]:
    """Compute the vectors that `store` does not have yet and put them there; what it has costs nothing.

    Args:
        photos: all photos of a run; duplicates are computed once.
        read: gives a photo's bytes by its path.
        should_stop: when true, what is computed is kept and the generator ends.

    Raises:
        UserError: a photo is gone or has changed, or the disk is full. Everything before it is kept.
    """
    by_hash = {photo.sha256: photo for photo in photos}
    todo = [by_hash[sha256] for sha256 in store.missing(by_hash)]
    if not todo:
        return
    network = Network(asset_path(spec), "pooled", store.kind.image_size, store.kind.policy)
    saver, watch = _Saver(store), Stopwatch("features", len(todo))
    yield watch.progress(0)
    try:
        for chunk, vectors in run_photos(network, todo, read, should_stop):
            saver.add(chunk, vectors)
            yield watch.progress(saver.seen)
    finally:
        saver.flush()


class _Saver:
    """Collects vectors and writes them to the store about once a second."""

    def __init__(self, store: FeatureStore) -> None:
        self._store = store
        self._sha256s: list[str] = []
        self._vectors: list[np.ndarray] = []
        self._last = time.monotonic()
        self.seen = 0

    def add(self, photos: Sequence[Photo], vectors: np.ndarray) -> None:
        self._sha256s += [photo.sha256 for photo in photos]
        self._vectors.append(vectors)
        self.seen += len(photos)
        if time.monotonic() - self._last >= SAVE_SECONDS:
            self.flush()

    def flush(self) -> None:
        if self._sha256s:
            sha256s, vectors = self._sha256s, np.concatenate(self._vectors)
            self._sha256s, self._vectors = [], []
            self._store.append(sha256s, vectors)
        self._last = time.monotonic()


class Stopwatch:
    """Turns photos done into a `Progress` with a time left, from the pace so far."""

    def __init__(self, stage: str, total: int) -> None:
        self._stage, self._total = stage, total
        self._start = time.monotonic()

    def progress(self, done: int) -> Progress:
        """The event for `done` photos."""
        elapsed = time.monotonic() - self._start
        return Progress(self._stage, done, self._total, elapsed / done * (self._total - done) if done else None)
