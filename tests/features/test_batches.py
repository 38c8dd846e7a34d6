"""Batches come in the order asked for, whatever the threads do, and errors reach whoever is learning."""

import threading
import time

import numpy as np
import pytest

from tests.features.test_store import key
from tlcore.data.augment import Augmentation, Views, view_key
from tlcore.features import batches as module
from tlcore.features.activations import ActivationCache, ActivationKind, ImageCache, open_activations
from tlcore.features.batches import augmenting, batches

KEYS = [key(number) for number in range(23)]
LABELS = np.arange(23) % 3
ALL = Augmentation(True, True, 30, 0.3, 0.2, 0.1, 15, 0.25, 0.5)


@pytest.fixture
def cache(workspace):
    with ActivationCache(workspace, ActivationKind("net", "block", 96, "squash", (2, 3))) as cache:
        cache.append(KEYS, np.arange(23, dtype=np.float32).repeat(6).reshape(23, 2, 3))
        yield cache


@pytest.fixture
def photos(workspace):
    with ImageCache(workspace, 24, "squash") as cache:
        cache.append(KEYS, np.random.default_rng(0).integers(0, 256, (23, 24, 24, 3), dtype=np.uint8))
        yield cache


@pytest.mark.parametrize(
    ("order", "size", "sizes", "reason"),
    [
        (None, 10, [10, 10, 3], "as they come; the last is shorter"),
        (np.random.default_rng(1).permutation(23), 4, [4] * 5 + [3], "shuffled"),
        ([5, 5, 2], 2, [2, 1], "some, one twice"),
        (None, 100, [23], "all at once"),
        ([], 4, [], "none"),
    ],
)
def test_batches_follow_the_order(cache, order, size, sizes, reason):
    got = list(batches(cache, KEYS, LABELS, size, order))
    assert [len(labels) for _, labels in got] == sizes, reason
    assert all(data.dtype == np.float32 and labels.dtype == np.int32 for data, labels in got)
    expected = list(range(23)) if order is None else list(order)
    assert [int(row[0, 0]) for data, _ in got for row in data] == expected
    assert [int(label) for _, labels in got for label in labels] == [number % 3 for number in expected]


def test_a_batch_may_be_kept_and_changed(cache):
    first, second = [data for data, _ in batches(cache, KEYS, LABELS, 4)][:2]
    first[:] = -1
    assert second[0, 0, 0] == 4 and cache.read(KEYS[:1])[0, 0, 0] == 0


def test_augmenting_is_the_same_however_many_threads_and_however_slow(photos, monkeypatch):
    order = np.random.default_rng(2).permutation(23)

    def run(readers: int, epoch: int, delay: bool = False) -> np.ndarray:
        monkeypatch.setattr(module, "usable_cores", lambda: readers)
        change = augmenting(ALL, 7, epoch)

        def slow(image, sha256):
            time.sleep((int(sha256, 16) * 7 % 5) / 1000)
            return change(image, sha256)

        got = [data for data, _ in batches(photos, KEYS, LABELS, 5, order, slow if delay else change)]
        return np.concatenate(got)

    alone = run(1, epoch=0)
    np.testing.assert_array_equal(run(4, 0), alone)
    np.testing.assert_array_equal(run(4, 0, delay=True), alone)
    assert (run(4, 1) != alone).any(axis=(1, 2, 3)).all(), "every photo is drawn again in every epoch"


def test_on_the_fly_draws_what_the_cached_views_draw(photos):
    views = Views(ALL, 4, seed=7)
    image = photos.read(KEYS[:1])[0]
    for epoch in range(3):
        ((data, _),) = batches(photos, KEYS[:1], LABELS[:1], 1, change=augmenting(ALL, 7, epoch))
        np.testing.assert_array_equal(data[0], views.image(image, KEYS[0], epoch + 1))
    assert augmenting(Augmentation(), 7, 0) is None


def test_cached_views_are_read_by_their_keys(workspace):
    kind = ActivationKind("net", "block", 96, "squash", (1,))
    with open_activations(workspace, kind, Views(ALL, 3)) as store:
        pairs = [(name, view) for name in KEYS for view in range(3)]
        store.append(pairs, np.arange(69, dtype=np.float32)[:, None])
        keys = [view_key(name, number % 3) for number, name in enumerate(KEYS)]
        got = np.concatenate([data for data, _ in batches(store, keys, LABELS, 4)])
    assert got[:, 0].tolist() == [3 * number + number % 3 for number in range(23)]


def test_the_next_batches_are_read_while_one_is_used_but_only_a_few(cache):
    asked = []

    class Watched:
        def read(self, keys):
            asked.append(keys)
            return cache.read(keys)

    job = batches(Watched(), KEYS, LABELS, 1)
    next(job)
    deadline = time.monotonic() + 5
    while len(asked) < 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(0.05)
    assert len(asked) == 3, "the one in use and two ahead"
    job.close()


@pytest.mark.parametrize("where", ["read", "change"])
def test_an_error_in_the_background_reaches_the_caller_and_ends_the_threads(cache, where):
    def fail(row, name):
        if name == KEYS[9]:
            raise ValueError("a row that is no photo")
        return row

    keys = [*KEYS[:9], key(99), *KEYS[10:]] if where == "read" else KEYS
    seen = []
    with pytest.raises(KeyError if where == "read" else ValueError):
        for data, _ in batches(cache, keys, LABELS, 4, change=fail if where == "change" else None):
            seen.append(len(data))
    assert seen == [4, 4], "the batches before it arrive"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batches")]


def test_leaving_early_ends_the_threads(cache):
    for _ in batches(cache, KEYS, LABELS, 2):
        break
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batches")]
