"""The feature store keeps what it has through kills, torn writes, other writers and a full disk."""

import errno
import os

import numpy as np
import pytest

from tlcore.data.augment import view_key
from tlcore.errors import UserError
from tlcore.features.store import FeatureKind, FeatureStore
from tlcore.features.views import ViewedStore

KIND = FeatureKind("net-0123", 96, "center-crop", 5)


def key(number: int) -> str:
    return f"{number:064x}"


def rows(*numbers: int) -> np.ndarray:
    return np.array([[number + 0.25] * 5 for number in numbers], np.float32)


def all_views(store: ViewedStore, sha256s: list[str]) -> np.ndarray:
    """Every view of these photos, read as a training reads them: (photos, views, …)."""
    each = [store.read([view_key(sha256, view) for sha256 in sha256s]) for view in range(store.views.count)]
    return np.stack(each, axis=1)


@pytest.fixture
def store(workspace):
    store = FeatureStore(workspace, KIND)
    store.append([key(1), key(2)], rows(1, 2))
    return store


def test_vectors_come_back_in_the_order_asked_for_and_unchanged(workspace, store):
    np.testing.assert_array_equal(FeatureStore(workspace, KIND).read([key(2), key(1), key(2)]), rows(2, 1, 2))


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (range(40), "as they lie: one read"),
        (range(39, -1, -1), "backwards: a read for each"),
        ([3, 4, 5, 20, 21, 0, 0, 1, 39], "stretches, a row twice, the last"),
        (np.random.default_rng(0).permutation(40), "as training reads them"),
        ([], "nothing"),
    ],
)
def test_rows_in_any_order_are_those_appended(workspace, order, reason):
    store = FeatureStore(workspace, KIND)
    for start in (0, 10, 25):
        numbers = range(start, {0: 10, 10: 25, 25: 40}[start])
        store.append([key(number) for number in numbers], rows(*numbers))
    expected = rows(*order) if len(order) else np.empty((0, 5), np.float32)
    np.testing.assert_array_equal(store.read([key(number) for number in order]), expected, err_msg=reason)


def test_a_row_that_is_not_there_is_an_error_and_never_a_wrong_row(workspace, store):
    with pytest.raises(KeyError):
        store.read([key(1), key(3)])
    os.truncate(store.folder / "vectors.bin", 20)
    with pytest.raises(EOFError, match="shorter"):
        store.read([key(2)])


def test_only_what_is_missing_is_asked_for_and_once(store):
    assert store.missing([key(3), key(1), key(3), key(4)]) == [key(3), key(4)]


def test_other_backbone_size_or_policy_is_another_store(workspace, store):
    for other in (("net-9", 96, "center-crop"), ("net-0123", 128, "center-crop"), ("net-0123", 96, "squash")):
        assert len(FeatureStore(workspace, FeatureKind(*other, 5))) == 0


KILLS = [
    # file, bytes that are left of it, rows of 20 bytes that are kept, reason
    ("vectors.bin", 2 * 20 + 20, 2, "killed after a whole vector and before its key"),
    ("vectors.bin", 2 * 20 + 7, 2, "killed in the middle of a vector"),
    ("keys.bin", 2 * 32 + 9, 2, "killed in the middle of a key"),
    ("keys.bin", 32 + 9, 1, "the last key is torn"),
    ("vectors.bin", 20, 1, "a vector was lost in a power failure though its key was not"),
    ("keys.bin", 0, 0, "no key survived"),
]


@pytest.mark.parametrize(("file", "size", "kept", "reason"), KILLS)
def test_a_kill_at_any_moment_costs_only_the_unfinished_rows(workspace, store, file, size, kept, reason):
    path = store.folder / file
    os.truncate(path, size)
    again = FeatureStore(workspace, KIND)
    assert len(again) == kept, reason
    again.append([key(7), key(8)], rows(7, 8))
    fresh = FeatureStore(workspace, KIND)
    np.testing.assert_array_equal(fresh.read([key(8), key(7)]), rows(8, 7))
    if kept:
        np.testing.assert_array_equal(fresh.read([key(1)]), rows(1))


def test_two_writers_share_the_folder_and_write_a_photo_once(workspace, store):
    other = FeatureStore(workspace, KIND)
    other.append([key(3)], rows(3))
    store.append([key(3), key(4)], rows(3, 4))
    assert (store.folder / "keys.bin").stat().st_size == 4 * 32
    np.testing.assert_array_equal(store.read([key(4), key(3)]), rows(4, 3))


def test_a_full_disk_is_reported_and_loses_nothing(workspace, store, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tlcore.features.store.os.fsync", full)
    with pytest.raises(UserError, match="full"):
        store.append([key(5)], rows(5))
    monkeypatch.undo()
    again = FeatureStore(workspace, KIND)
    assert len(again) == 2
    again.append([key(6)], rows(6))
    np.testing.assert_array_equal(FeatureStore(workspace, KIND).read([key(1), key(6)]), rows(1, 6))


def test_a_vector_of_the_wrong_length_is_refused(store):
    with pytest.raises(ValueError, match=r"Allowed: \(5,\) each"):
        store.append([key(9)], np.zeros((1, 4), np.float32))
