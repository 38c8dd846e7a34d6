"""Rows that are only trained on take half the bytes; what a network is judged by, and what float16 cannot hold, not."""

import numpy as np
import pytest

from tests.features.test_store import all_views, key
from tlcore.data.augment import Augmentation, Views
from tlcore.features.activations import ActivationKind, activations_bytes, open_activations
from tlcore.features.store import DamagedRows

KIND = ActivationKind("net-0123", "block5", 96, "squash", (40,))
VIEWS = Views(Augmentation(horizontal_flip=True), 3, 1)
LEARNED, JUDGED = key(1), key(2)
PAIRS = [(LEARNED, 0), (LEARNED, 1), (LEARNED, 2), (JUDGED, 0)]
ROWS = np.random.default_rng(0).normal(0, 5, (4, 40)).astype(np.float32)


def open_rounded(workspace, exact=(JUDGED,)):
    return open_activations(workspace, KIND, VIEWS, exact)


def test_training_photos_take_half_the_bytes_and_the_others_stay_exact(workspace):
    with open_rounded(workspace) as store:
        assert store.missing([LEARNED]) == {LEARNED: (0, 1, 2)}
        store.append(PAIRS, ROWS)
        assert store.missing([LEARNED]) == {}
        assert activations_bytes(workspace) - 4 * (32 + 4) == 3 * 40 * 2 + 1 * 40 * 4, "keys and checksums, then rows"
        back = all_views(store, [LEARNED])[0]
        assert back.dtype == np.float32
        np.testing.assert_allclose(back, ROWS[:3], rtol=2**-11)
        assert not np.array_equal(back, ROWS[:3]), "they were rounded"
        np.testing.assert_array_equal(store.read([JUDGED])[0], ROWS[3])
        np.testing.assert_array_equal(store.unvaried.read([JUDGED, LEARNED])[1], back[0])


def test_a_photo_that_a_run_is_judged_by_is_not_read_from_rounded_rows_of_another_split(workspace):
    with open_rounded(workspace, exact=()) as store:
        store.append([(JUDGED, 0)], ROWS[3:])
    with open_rounded(workspace) as store:
        assert store.missing([JUDGED]) == {JUDGED: (0, 1, 2)}
        store.append([(JUDGED, 0)], ROWS[3:])
        np.testing.assert_array_equal(store.read([JUDGED])[0], ROWS[3])


def test_rows_of_an_earlier_version_are_used_as_they_are(workspace):
    with open_activations(workspace, KIND, VIEWS) as store:
        store.append(PAIRS[:2], ROWS[:2])
    with open_rounded(workspace) as store:
        assert store.missing([LEARNED]) == {LEARNED: (2,)}, "what is there is not computed again"
        store.append(PAIRS[2:3], ROWS[2:3])
        back = all_views(store, [LEARNED])[0]
        np.testing.assert_array_equal(back[:2], ROWS[:2])
        np.testing.assert_allclose(back[2], ROWS[2], rtol=2**-11)
    with open_activations(workspace, KIND, VIEWS) as store:
        assert store.missing([LEARNED]) == {LEARNED: (2,)}, "who wants exact rows does not find rounded ones"


@pytest.mark.parametrize(
    ("scale", "rounded", "reason"),
    [
        (1.0, True, "an activation as they are"),
        (65504.0, True, "the largest that float16 holds"),
        (65505.0, False, "it would be rounded to the largest, and more to infinity"),
        (1e6, False, "infinite in float16"),
        (2.0**-10, True, "small"),
        (2.0**-11, False, "so small that the steps of float16 are coarse"),
        (0.0, True, "nothing to lose"),
    ],
)
def test_a_row_that_float16_cannot_hold_stays_as_it_is(workspace, scale, rounded, reason):
    row = np.full((1, 40), 0.4, np.float32) * np.float32(scale)
    row[0, 7] = -scale
    for view in (0, 1):
        with open_rounded(workspace) as store:
            store.append([(LEARNED, view)], row)
            stored = store.rounded.rows.kind.folder_name
            count = (workspace.root / "activations" / stored / "keys.bin").exists()
            assert count == rounded, reason
            assert store.missing([LEARNED])[LEARNED] == tuple(each for each in range(3) if each > view)
    with open_rounded(workspace) as store:
        np.testing.assert_allclose(store.read([LEARNED]), row, rtol=2**-11 if rounded else 0)


def test_a_damaged_rounded_row_is_computed_again(workspace):
    with open_rounded(workspace) as store:
        store.append(PAIRS, ROWS)
        file = workspace.root / "activations" / store.rounded.rows.kind.folder_name / "vectors.bin"
    data = bytearray(file.read_bytes())
    data[3] ^= 0x10
    file.write_bytes(data)
    with open_rounded(workspace) as store:
        with pytest.raises(DamagedRows):
            store.read([LEARNED])
        assert store.missing([LEARNED]) == {LEARNED: (0,)}
        store.append(PAIRS[:1], ROWS[:1])
        np.testing.assert_allclose(store.read([LEARNED])[0], ROWS[0], rtol=2**-11)
