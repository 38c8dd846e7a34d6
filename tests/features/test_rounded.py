"""Rows that are only trained on take half the bytes, and stay exact where float16 cannot hold them."""

import numpy as np
import pytest

from tests.features.test_store import all_views, key
from tlcore.data.augment import Augmentation, Views
from tlcore.features.activations import ActivationKind, activations_bytes, open_activations
from tlcore.features.rounded import exact_rows, share_of_bytes
from tlcore.features.store import DamagedRows

KIND = ActivationKind("net-0123", "block5", 96, "squash", (40,))
VIEWS = Views(Augmentation(horizontal_flip=True), 3, 1)
PHOTO, OTHER = key(1), key(2)
PAIRS = [(PHOTO, 0), (PHOTO, 1), (PHOTO, 2)]
ROWS = np.random.default_rng(0).normal(0, 5, (3, 40)).astype(np.float32)


def open_rounded(workspace):
    return open_activations(workspace, KIND, VIEWS, rounded=True)


def open_exact(workspace):
    return open_activations(workspace, KIND, VIEWS)


def test_rows_take_half_the_bytes_and_are_read_as_float32(workspace):
    with open_rounded(workspace) as store:
        assert store.missing([PHOTO]) == {PHOTO: (0, 1, 2)}
        store.append(PAIRS, ROWS)
        assert store.missing([PHOTO]) == {}
        assert activations_bytes(workspace) == 3 * (40 * 2 + 32 + 4), "rows, then keys and checksums"
        back = all_views(store, [PHOTO])[0]
        assert back.dtype == np.float32
        np.testing.assert_allclose(back, ROWS, rtol=2**-11)
        assert not np.array_equal(back, ROWS), "they were rounded"
        assert share_of_bytes(store.plain) == 0.5 and share_of_bytes(exact_rows(store.plain)) == 1.0
    with open_exact(workspace) as store:
        assert store.missing([PHOTO]) == {PHOTO: (0, 1, 2)}, "who wants exact rows does not find rounded ones"


def test_rows_of_an_earlier_version_are_used_as_they_are(workspace):
    with open_exact(workspace) as store:
        store.append(PAIRS[:2], ROWS[:2])
    with open_rounded(workspace) as store:
        assert store.missing([PHOTO]) == {PHOTO: (2,)}, "what is there is not computed again"
        store.append(PAIRS[2:], ROWS[2:])
        back = all_views(store, [PHOTO])[0]
        np.testing.assert_array_equal(back[:2], ROWS[:2])
        np.testing.assert_allclose(back[2], ROWS[2], rtol=2**-11)


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
    with open_rounded(workspace) as store:
        store.append([(PHOTO, 0), (OTHER, 0)], np.concatenate([row, ROWS[:1]]))
        assert (PHOTO in store.plain.half) == rounded, reason
        assert (PHOTO in store.plain.exact) != rounded and OTHER in store.plain.half
    with open_rounded(workspace) as store:
        both = store.read([OTHER, PHOTO])
        np.testing.assert_allclose(both, [ROWS[0], row[0]], rtol=2**-11)
        assert rounded or np.array_equal(both[1], row[0])


def test_a_damaged_row_is_computed_again(workspace):
    with open_rounded(workspace) as store:
        store.append(PAIRS, ROWS)
        file = store.plain.half.folder / "vectors.bin"
    data = bytearray(file.read_bytes())
    data[3] ^= 0x10
    file.write_bytes(data)
    with open_rounded(workspace) as store:
        with pytest.raises(DamagedRows):
            store.read([PHOTO])
        assert store.missing([PHOTO]) == {PHOTO: (0,)}
        with pytest.raises(DamagedRows):
            store.read([PHOTO])
        store.append(PAIRS[:1], ROWS[:1])
        np.testing.assert_allclose(store.read([PHOTO])[0], ROWS[0], rtol=2**-11)
