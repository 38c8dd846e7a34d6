"""What enters the open part of each photo: computed once, kept on disk, read in every round [TF].

Hybrid keeps what comes out of the frozen part below; where everything opens (fine-tuning, from scratch) decoded photos
are kept. Where one file can give both, a photo that nothing has been kept of is looked at once, for the head and for
the open part.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager

import numpy as np

from tlcore.data.augment import view_key
from tlcore.data.images import RESIZE_POLICY
from tlcore.events import Event
from tlcore.features.activations import ActivationKind, ImageCache, ImageKind, make_room, open_activations
from tlcore.features.batches import augmenting, batches
from tlcore.features.extract import Photo, decode, extract, extract_both
from tlcore.features.views import ViewedStore, missing_in_both
from tlcore.models import ncnn_runtime as chain
from tlcore.models.frozen_files import with_activation
from tlcore.pipeline import head_stages as frozen_phase
from tlcore.pipeline.context import Network, Task
from tlcore.pipeline.eta import Series
from tlcore.pipeline.head_stages import parts_of, views_of
from tlcore.pipeline.timings import BELOW, BOTH, LOOK, MEASURE, READ
from tlcore.training.fine_tune import Batch, Source

LEAST_ROWS = 50
"""Photos and views from which on one look for both is worth it: to make and check its file takes as long as some 30."""

Lacking = dict[str, tuple[int, ...]]  # see `ViewedStore.missing`


def before_measuring(task: Task, network: Network, count: int) -> list[Series]:
    """What a run that measures `count` photos has before it: all photos, or none where this very network has seen them.

    Which of the two is known only when it is measured, since the caches have its name.
    """
    coming = [Series(MEASURE, count, count)]
    if network.layer is None:
        return coming + frozen_phase.all_photos(task, LOOK) + _unread(task)
    both = frozen_phase.all_photos(task, BOTH)
    if _takes_one_look(task) and sum(series.rows for series in both) >= LEAST_ROWS:
        return coming + both
    return coming + frozen_phase.all_photos(task, LOOK) + frozen_phase.all_photos(task, BELOW)


def file_for_both(task: Task, network: Network) -> bytes | None:
    """The file that looks once for head and open part; None where few photos lack both, or no file can give both.

    Raises:
        UserError: memory or disk will not do; the sentence has the estimate.
    """
    if network.layer is None or not _takes_one_look(task):
        return None
    with _stores(task, network) as parts:
        num_rows = sum(map(len, _lacking_both(parts)))
        if num_rows < LEAST_ROWS:
            return None
        frozen_phase.check_vectors(task, parts[0][1])
        make_room(task.workspace, parts[0][2].kind, num_rows)
        whole = task.network_file(None)
        if task.should_stop():  # it took seconds; whoever looks next will end
            return None
        return with_activation(whole, lambda: task.network_file(network.layer), network.layer, task.config.image_size)


def missing(task: Task, network: Network, in_one_look: bool) -> list[Series]:
    """The photos that have to be looked at, or decoded, before head and open part can learn.

    Args:
        in_one_look: whether there is a file for both.
    """
    if network.layer is None:
        looks = [] if task.config.strategy == "scratch" else frozen_phase.missing(task)
        return looks + _unread(task)
    found: dict[str, list[Series]] = {BOTH: [], LOOK: [], BELOW: []}  # in the order in which they are computed
    with _stores(task, network) as parts:
        for photos, seen, entering in parts:
            hashes = [photo.sha256 for photo in photos]
            both = missing_in_both(seen, entering, hashes) if in_one_look else {}
            for kind, lacking in (
                (BOTH, both),
                (LOOK, _beside(seen.missing(hashes), both)),
                (BELOW, _beside(entering.missing(hashes), both)),
            ):
                found[kind].append(Series(kind, len(lacking), sum(map(len, lacking.values()))))
    return [series for several in found.values() for series in several]


def look_at_both(task: Task, network: Network, source: bytes) -> Generator[Event, None, None]:
    """Look once at the photos that neither head nor open part has anything of; what only one lacks is left to it.

    Args:
        source: what `file_for_both` gave.

    Raises:
        Halted: stopped before all of it was there.
        UserError: the disk is full, or a photo is gone.
    """
    with _stores(task, network) as parts:
        for photos, seen, entering in parts:
            yield from extract_both((seen, entering), photos, task.dataset.read, source, task.should_stop)
        task.report_kept(sum(map(len, _lacking_both(parts))))


@contextmanager
def held(task: Task, network: Network) -> Iterator[None]:
    """Let nothing that is kept for the open part be removed to make room, until this run needs it no more."""
    if network.layer is None:
        yield
        return
    with _activation_store(task, network):
        yield


def _takes_one_look(task: Task) -> bool:
    """Whether one pass can serve both: vectors for the head, and no quicker way for each of the two."""
    return task.config.head == "pooling" and task.spec.function not in chain.FUNCTIONS


Part = tuple[list[Photo], ViewedStore, ViewedStore]


@contextmanager
def _stores(task: Task, network: Network) -> Iterator[list[Part]]:
    """The photos to learn from and the others, each with what the head sees of them and what enters the open part."""
    views = views_of(task.config)
    with _activation_store(task, network) as entering, frozen_phase.open_store(task, views) as seen:
        pairs = zip(parts_of(task, seen), parts_of(task, entering), strict=True)
        yield [(photos, one, other) for (photos, one), (_, other) in pairs]


def _lacking_both(parts: Iterable[Part]) -> Iterator[tuple[int, ...]]:
    """The views that each photo lacks in both stores."""
    for photos, seen, entering in parts:
        yield from missing_in_both(seen, entering, [photo.sha256 for photo in photos]).values()


def _beside(lacking: Lacking, both: Lacking) -> Lacking:
    """What is lacking without what is computed for both."""
    left = {
        sha256: tuple(view for view in views if view not in both.get(sha256, ())) for sha256, views in lacking.items()
    }
    return {sha256: views for sha256, views in left.items() if views}


def _unread(task: Task) -> list[Series]:
    """The photos that are not decoded yet."""
    with ImageCache(task.workspace, task.config.image_size, RESIZE_POLICY) as cache:
        count = len(cache.missing(photo.sha256 for photo in task.photos))
    return [Series(READ, count, count)]


def open_rows(task: Task, network: Network) -> Generator[Event, None, ViewedStore]:
    """Compute what enters the open part, as far as it is not on disk yet; the open store.

    Raises:
        Halted: stopped before all of it was there.
        UserError: the disk has no room for it; the sentence has the estimate.
    """
    if network.layer is None:
        return (yield from _images(task))
    return (yield from _activations(task, network))


def _images(task: Task) -> Generator[Event, None, ViewedStore]:
    photos = task.photos
    kind = ImageKind(task.config.image_size, RESIZE_POLICY)
    cache = ImageCache(task.workspace, kind.image_size, kind.policy)
    make_room(task.workspace, kind, len(cache.missing(photo.sha256 for photo in photos)))
    yield from decode(cache, photos, task.dataset.read, task.should_stop)
    task.report_kept(len(cache.missing(photo.sha256 for photo in photos)))
    return ViewedStore(cache)


def _activation_store(task: Task, network: Network) -> ViewedStore:
    shape = tuple(int(side) for side in network.open_part.input_shape[1:])
    kind = ActivationKind(task.network_name, network.layer, task.config.image_size, RESIZE_POLICY, shape)
    return open_activations(task.workspace, kind, views_of(task.config))


def _activations(task: Task, network: Network) -> Generator[Event, None, ViewedStore]:
    varied = _activation_store(task, network)
    missing = 0
    for photos, store in parts_of(task, varied):
        lacking = store.num_missing(photo.sha256 for photo in photos)
        make_room(task.workspace, store.kind, lacking)
        source = task.network_file(network.layer) if lacking else None
        yield from extract(store, task.spec, photos, task.dataset.read, task.should_stop, source=source)
        missing += store.num_missing(photo.sha256 for photo in photos)
    task.report_kept(missing)
    return varied


class Batches:
    """The batches of each epoch, from rows on disk."""

    def __init__(self, task: Task, rows: ViewedStore, are_images: bool) -> None:
        self._task, self._rows, self._are_images = task, rows, are_images
        self._photos, self._classes = task.part("train")

    def source(self) -> Source:
        """What `fine_tune` asks for."""
        size = self._task.config.batch_size
        return Source(self._train, self._held_out, self._classes, -(-len(self._classes) // size))

    def _train(self, epoch: int) -> "Generator[Batch, None, None]":
        config = self._task.config
        random = np.random.default_rng([config.seed, epoch])
        count, change = len(self._classes), None
        views = random.integers(self._rows.views.count, size=count)
        if self._are_images:
            change = augmenting(views_of(config).augmentation, config.seed, epoch)
        keys = [view_key(photo.sha256, int(view)) for photo, view in zip(self._photos, views, strict=True)]
        order = random.permutation(count)
        return batches(self._rows, keys, self._classes, config.batch_size, order, change)

    def _held_out(self, part: str) -> "Generator[Batch, None, None]":
        photos, classes = self._task.part(part)
        return batches(self._rows, [photo.sha256 for photo in photos], classes, self._task.config.batch_size)
