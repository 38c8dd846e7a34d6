"""The feature store keeps what it has through kills, torn writes, other writers and a full disk."""

import errno
import os

import numpy as np
import pytest

from tlcore.data.augment import view_key
from tlcore.errors import UserError
from tlcore.features.store import DamagedRows, FeatureKind, FeatureStore
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
    with pytest.raises(DamagedRows):
        store.read([key(2)])
    assert FeatureStore(workspace, KIND).missing([key(1), key(2)]) == [key(2)], "it is computed anew"


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


DAMAGE = [
    # file, byte that is flipped, photos that are missing afterwards, reason
    ("vectors.bin", 3, [1], "a number of the first row"),
    ("vectors.bin", 20 + 19, [2], "the last byte of the second"),
    ("keys.bin", 31, [1], "the first row is under another photo's hash"),
    ("checks.bin", 5, [2], "the checksum itself: nobody can know which of the two is wrong"),
]


@pytest.mark.parametrize(("file", "place", "missing", "reason"), DAMAGE)
def test_a_damaged_row_is_dropped_for_everybody_and_can_be_computed_anew(
    workspace, store, file, place, missing, reason
):
    path = store.folder / file
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    again = FeatureStore(workspace, KIND)
    if not again.missing([key(1), key(2)]):
        with pytest.raises(DamagedRows, match=r"discarded \(1 in"):
            again.read([key(2), key(1)])
        with pytest.raises(DamagedRows):
            again.read([key(number) for number in missing])
    fresh = FeatureStore(workspace, KIND)
    for each in (again, fresh):
        assert each.missing([key(1), key(2)]) == [key(number) for number in missing], reason
    with pytest.raises((KeyError, DamagedRows)):  # the hash that a flip in keys.bin made of that of photo 1
        fresh.read([key(0)])
    fresh.append([key(number) for number in missing], rows(*missing))
    again.refresh()
    for each in (again, fresh, FeatureStore(workspace, KIND)):
        np.testing.assert_array_equal(each.read([key(1), key(2)]), rows(1, 2), err_msg=reason)


def test_all_damaged_rows_are_found_at_once(workspace):
    store = FeatureStore(workspace, KIND)
    store.append([key(number) for number in range(50)], rows(*range(50)))
    data = bytearray((store.folder / "vectors.bin").read_bytes())
    data[10 * 20 : 20 * 20] = bytes(10 * 20)  # a block of zeros
    (store.folder / "vectors.bin").write_bytes(data)
    again = FeatureStore(workspace, KIND)
    np.testing.assert_array_equal(again.read([key(3)]), rows(3), err_msg="what is whole can be read")
    with pytest.raises(DamagedRows, match=r"discarded \(10 in"):
        again.read([key(12)])
    assert again.missing([key(number) for number in range(50)]) == [key(number) for number in range(10, 20)]


def test_rows_of_the_first_version_are_used_and_get_a_checksum_when_they_are_read(workspace, store):
    (store.folder / "checks.bin").unlink()
    old = FeatureStore(workspace, KIND)
    np.testing.assert_array_equal(old.read([key(2)]), rows(2))
    old.append([key(3)], rows(3))
    data = bytearray((store.folder / "vectors.bin").read_bytes())
    data[20] ^= 1
    (store.folder / "vectors.bin").write_bytes(data)
    again = FeatureStore(workspace, KIND)
    np.testing.assert_array_equal(again.read([key(1), key(3)]), rows(1, 3))
    with pytest.raises(DamagedRows):
        again.read([key(2)])


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
