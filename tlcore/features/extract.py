"""Photos through a frozen network, once: decoding and computing side by side, results in chunks as they come.

Each thread decodes and computes with an interpreter of its own, so reading one photo overlaps with computing another,
and memory does not depend on the number of photos: only a few chunks are under way at any moment. A photo is decoded
once for all of its augmented views.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tlcore.data.augment import Views
from tlcore.data.images import load_input
from tlcore.events import Progress, ShouldStop, never
from tlcore.features.activations import ImageCache
from tlcore.features.saving import Stopwatch, save
from tlcore.features.store import FeatureKind, RowStore
from tlcore.features.views import ViewedStore, missing_in_both
from tlcore.models import ncnn_runtime as chain
from tlcore.models.frozen_files import pictures
from tlcore.models.litert_runtime import LiteModel, usable_cores
from tlcore.models.registry import BackboneSpec
from tlcore.models.weights import asset_path, fingerprint

CHUNK = 2  # images that go through the network as one batch, see benchmarks/extraction.py
MOST_THREADS = 8
LEAST_FOR_CHAIN = 50  # images; opening and checking a chain takes as long as some of them
MOST_WEIGHTS = 1_000_000_000  # bytes: each thread holds its own copy of the weights, up to twice the size of the file


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo by its content hash and the name under which its data set gives out the bytes."""

    sha256: str
    path: str


@dataclass(frozen=True)
class Network:
    """A `.tflite` file (or its bytes), the output that is wanted, and how photos are brought to its input.

    `may_be_chain`: many photos may go the quicker way of `models.chain`, where that gives the same.
    """

    source: Path | bytes
    output: str
    image_size: int
    policy: str
    may_be_chain: bool = False


def backbone_name(spec: BackboneSpec) -> str:
    """A name that changes whenever the network's numbers do. Raises UserError when its weights are not there."""
    return f"{spec.name}-{fingerprint(spec)[:12]}"


def feature_kind(spec: BackboneSpec, image_size: int, policy: str) -> FeatureKind:
    """The store's key for this backbone file at this size."""
    return FeatureKind(backbone_name(spec), image_size, policy, spec.feature_size)


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
    for pairs, rows in run_views(network, [(photo, (0,)) for photo in photos], read, should_stop):
        yield [photo for photo, _ in pairs], rows


def run_views(
    network: Network,
    wanted: Sequence[tuple[Photo, tuple[int, ...]]],
    read: Callable[[str], bytes],
    should_stop: ShouldStop = never,
    views: Views | None = None,
) -> Iterator[tuple[list[tuple[Photo, int]], np.ndarray]]:
    """`run_photos` for some views of each photo; view 0 is the photo itself.

    Args:
        wanted: each photo with the numbers of the views that are wanted of it.
        views: what draws views above 0.

    Yields:
        (photo, view) and the network's output for each. All views of a photo come in one chunk.
    """
    for pairs, (rows,) in _run_views(network, (network.output,), wanted, read, should_stop, views):
        yield pairs, rows


def _run_views(
    network: Network,
    outputs: tuple[str, ...],
    wanted: Sequence[tuple[Photo, tuple[int, ...]]],
    read: Callable[[str], bytes],
    should_stop: ShouldStop,
    views: Views | None,
) -> Iterator[tuple[list[tuple[Photo, int]], list[np.ndarray]]]:
    """`run_views` for several outputs of one pass."""
    local, threads = threading.local(), _threads(network)
    open_model = _opener(network, threads, sum(len(numbers) for _, numbers in wanted))

    def compute(chunk: list[tuple[Photo, tuple[int, ...]]]) -> tuple[list[tuple[Photo, int]], list[np.ndarray]]:
        if not hasattr(local, "model"):
            local.model = open_model()
        pairs, images = [], []
        for photo, numbers in chunk:
            image = load_input(read(photo.path), network.image_size, network.policy)
            pairs += [(photo, view) for view in numbers]
            images += [views.image(image, photo.sha256, view) if view else image for view in numbers]
        parts = [np.stack(images[start : start + CHUNK]) for start in range(0, len(images), CHUNK)]
        rows = [local.model.run_all(part, outputs) for part in parts]
        return pairs, rows[0] if len(rows) == 1 else [np.concatenate(each) for each in zip(*rows)]

    most = max((len(numbers) for _, numbers in wanted), default=1)
    yield from _side_by_side(compute, wanted, max(1, CHUNK // most), threads, should_stop)


def _opener(network: Network, threads: int, num_images: int) -> Callable[[], LiteModel | chain.NcnnModel]:
    """What gives each thread its network: one of its own, or the chain that all of them share."""
    if network.may_be_chain and num_images >= LEAST_FOR_CHAIN:
        shared = chain.open_ncnn(network.source, pictures(network.image_size))
        if shared:
            return lambda: shared
    return lambda: LiteModel(network.source, num_threads=max(1, usable_cores() // threads))


def _threads(network: Network) -> int:
    """As many as there are cores, fewer where the weights are so large that copies would fill the memory."""
    source = network.source
    size = len(source) if isinstance(source, bytes) else source.stat().st_size if source.is_file() else 0
    return max(1, min(usable_cores(), MOST_THREADS, MOST_WEIGHTS // max(1, 2 * size)))


def _side_by_side(
    compute: Callable[[list], Any], items: Sequence, chunk_size: int, threads: int, should_stop: ShouldStop
) -> Iterator[Any]:
    """`compute` of each chunk of items in threads, in the order in which they get ready, few at a time."""
    chunks = (list(items[start : start + chunk_size]) for start in range(0, len(items), chunk_size))
    pending: set[Future] = set()
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


def extract(
    store: RowStore | ViewedStore,
    spec: BackboneSpec,
    photos: Sequence[Photo],
    read: Callable[[str], bytes],
    should_stop: ShouldStop = never,
    source: Path | bytes | None = None,
) -> Iterator[Progress]:
    """Compute the rows that `store` does not have yet and put them there; what it has costs nothing.

    The store's kind says which output of the network is kept: pooled features, or the activation that enters a block.

    Args:
        store: with views (`open_features`, `open_activations`) all views of every photo are computed.
        photos: all photos of a run; duplicates are computed once.
        read: gives a photo's bytes by its path.
        should_stop: when true, what is computed is kept and the generator ends.
        source: the frozen network's `.tflite` or its bytes; by default the one that the program ships for `spec`.

    Yields:
        Progress in photos; nothing when there is nothing to do.

    Raises:
        UserError: a photo is gone or has changed, or the disk is full. Everything before it is kept.
    """
    store = store if isinstance(store, ViewedStore) else ViewedStore(store)
    by_hash = {photo.sha256: photo for photo in photos}
    wanted = [(by_hash[sha256], views) for sha256, views in store.missing(by_hash).items()]
    if not wanted:
        return
    kind = store.kind
    may_be_chain = spec.function in chain.FUNCTIONS
    network = Network(source or asset_path(spec), kind.output, kind.image_size, kind.policy, may_be_chain)
    chunks = _run_views(network, (kind.output,), wanted, read, should_stop, store.views)
    yield from save((store,), _by_hash(chunks), Stopwatch("features", len(wanted)))


def extract_both(
    stores: tuple[ViewedStore, ViewedStore],
    photos: Sequence[Photo],
    read: Callable[[str], bytes],
    source: Path | bytes,
    should_stop: ShouldStop = never,
) -> Iterator[Progress]:
    """Compute in one pass the rows that neither of two stores has; what only one of them lacks is left to `extract`.

    Args:
        stores: of the same photos and views, for two outputs of one network.
        source: a `.tflite` with the outputs of both kinds.

    See `extract` for the others, and for what is yielded and raised.
    """
    by_hash, (one, other) = {photo.sha256: photo for photo in photos}, stores
    wanted = [(by_hash[sha256], views) for sha256, views in missing_in_both(one, other, by_hash).items()]
    if not wanted:
        return
    outputs = (one.kind.output, other.kind.output)
    network = Network(source, outputs[0], one.kind.image_size, one.kind.policy)
    chunks = _run_views(network, outputs, wanted, read, should_stop, one.views)
    yield from save(stores, _by_hash(chunks), Stopwatch("both", len(wanted)))


def _by_hash(
    chunks: Iterator[tuple[list[tuple[Photo, int]], list[np.ndarray]]],
) -> Iterator[tuple[list[tuple[str, int]], list[np.ndarray]]]:
    """Chunks as `save` takes them."""
    for pairs, rows in chunks:
        yield [(photo.sha256, view) for photo, view in pairs], rows


def decode(
    cache: ImageCache, photos: Sequence[Photo], read: Callable[[str], bytes], should_stop: ShouldStop = never
) -> Iterator[Progress]:
    """Decode the photos that `cache` does not have yet and put their pixels there; see `extract`."""
    by_hash = {photo.sha256: photo for photo in photos}
    todo = [by_hash[sha256] for sha256 in cache.missing(by_hash)]
    if not todo:
        return

    def compute(chunk: list[Photo]) -> tuple[list[tuple[str, int]], list[np.ndarray]]:
        images = [load_input(read(photo.path), cache.kind.image_size, cache.kind.policy) for photo in chunk]
        return [(photo.sha256, 0) for photo in chunk], [np.stack(images)]

    chunks = _side_by_side(compute, todo, CHUNK, min(usable_cores(), MOST_THREADS), should_stop)
    yield from save((ViewedStore(cache),), chunks, Stopwatch("read", len(todo)))
