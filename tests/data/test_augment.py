"""Each change does what its name says, by the amount drawn, and chance depends on seed, photo and view alone."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from tlcore.data.augment import Augmentation, Views, apply, augment, draw, view_key, view_random

SHA = "ab" * 32
OTHER = "cd" * 32
ALL = Augmentation(True, True, 30, 0.3, 0.2, 0.1, 15, 0.25, 0.5)
NOISE = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)


def dot(x: int, y: int, reach: int = 1) -> np.ndarray:
    """A white square of 2·reach pixels whose centre is the corner (x, y) between pixels, on black, 40 × 40."""
    image = np.zeros((40, 40, 3), np.uint8)
    image[y - reach : y + reach, x - reach : x + reach] = 255
    return image


def checks(rows: int = 40) -> np.ndarray:
    """Grey values 100 and 140, as many of each: their mean is 120."""
    return np.tile(np.uint8([100, 140]).repeat(3).reshape(1, 2, 3), (rows, 20, 1))


EXACT = [
    # what is forced, the photo, what must come out to the bit, why
    (dict(horizontal_flip=True), NOISE, NOISE[:, ::-1], "left and right change places"),
    (dict(vertical_flip=True), NOISE, NOISE[::-1], "top and bottom change places"),
    (dict(horizontal_flip=True, vertical_flip=True), NOISE, NOISE[::-1, ::-1], "both flips are half a turn"),
    (dict(rotation=90), NOISE, np.rot90(NOISE), "positive is counter-clockwise"),
    (dict(rotation=-90), NOISE, np.rot90(NOISE, -1), "negative is clockwise"),
    (dict(rotation=180), NOISE, NOISE[::-1, ::-1], "half a turn"),
    (dict(width_shift=0.25), dot(12, 20), dot(22, 20), "a quarter of 40 pixels to the right"),
    (dict(width_shift=-0.1), dot(10, 20), dot(6, 20), "to the left"),
    (dict(height_shift=0.25), dot(20, 12), dot(20, 22), "down"),
    (dict(height_shift=-0.1), dot(20, 10), dot(20, 6), "up"),
    (dict(width_shift=0.25, rotation=90), dot(20, 12), dot(22, 20), "the shift comes last: it is not rotated"),
    (
        dict(width_shift=0.25),
        NOISE,
        np.pad(NOISE, ((0, 0), (10, 0), (0, 0)), mode="symmetric")[:, :40],
        "what comes in at the edge is the photo's mirror image",
    ),
    (dict(zoom=-0.5), NOISE[::-1], None, "zooming out mirrors too: nothing black comes in"),
    (dict(brightness=0.2), NOISE // 2, NOISE // 2 + 51, "a fifth of white is added"),
    (dict(brightness=-1.0), NOISE, np.zeros_like(NOISE), "clipped at black"),
    (dict(brightness=1.0), NOISE, np.full_like(NOISE, 255), "clipped at white"),
    (dict(contrast=0.5), checks(), np.where(checks() == 100, 90, 150).astype(np.uint8), "away from the mean, 120"),
    (dict(contrast=-1.0), checks(), np.full_like(checks(), 120), "nothing but the mean is left"),
    (dict(contrast=0.5, brightness=0.1), checks(), np.where(checks() == 100, 116, 176).astype(np.uint8), "one step"),
    (dict(), NOISE, NOISE, "nothing to do"),
]


@pytest.mark.parametrize(("amounts", "image", "expected", "reason"), EXACT, ids=[case[3] for case in EXACT])
def test_a_forced_change_does_exactly_what_its_name_says(amounts, image, expected, reason):
    result = apply(image, Augmentation(**amounts))
    assert (result.dtype, result.shape) == (np.uint8, image.shape)
    if expected is None:
        assert result[:5].mean() > 100 and result[-5:].mean() > 100, reason
    else:
        np.testing.assert_array_equal(result, expected, err_msg=reason)


def test_zoom_makes_things_larger_or_smaller_about_the_centre():
    for zoom, side in ((1 / 3, 16), (-0.5, 6)):
        white = apply(dot(20, 20, reach=6), Augmentation(zoom=zoom)) > 127
        rows, columns = np.nonzero(white[..., 0])
        middle = rows + 0.5 > 0
        if zoom < 0:  # zoomed out by two, the mirror images of the dot lie 20 pixels from it and count as well
            middle = (abs(rows + 0.5 - 20) < 10) & (abs(columns + 0.5 - 20) < 10)
        assert (np.ptp(rows[middle]) + 1, np.ptp(columns[middle]) + 1) == (side, side)
        assert (rows[middle].mean(), columns[middle].mean()) == (19.5, 19.5)


def test_shear_pushes_rows_sideways_by_their_height():
    """45 degrees: y pixels below the centre go y pixels to the right; the centre stays."""
    image = np.zeros((40, 40, 3), np.uint8)
    image[:, 20] = 255
    sheared = apply(image, Augmentation(shear=45))
    for row in (10, 15, 25, 30):
        place = np.average(np.arange(40) + 0.5, weights=sheared[row, :, 0])
        assert place == pytest.approx(20.5 + (row + 0.5 - 20), abs=0.05)


def test_a_photo_that_is_not_square_keeps_its_shape():
    image = NOISE[:30]
    np.testing.assert_array_equal(apply(image, Augmentation(horizontal_flip=True)), image[:, ::-1])
    assert augment(image, ALL, view_random(0, SHA, 1)).shape == (30, 40, 3)


def test_no_corner_is_black_however_strong():
    """A white photo stays white through any geometry: everything that comes in is photo."""
    strongest = Augmentation(True, True, 180, 0.9, 1.0, 1.0, 60)
    white = np.full((40, 40, 3), 255, np.uint8)
    for view in range(50):
        assert augment(white, strongest, view_random(0, SHA, view)).min() == 255


def test_off_gives_the_very_same_array():
    assert augment(NOISE, Augmentation(), view_random(0, SHA, 1)) is NOISE
    assert Augmentation().is_off and not Augmentation(shear=1).is_off
    assert Views(ALL, 4).image(NOISE, SHA, 0) is NOISE, "view 0 is the photo"


def test_the_photo_itself_is_never_written_to():
    image = NOISE.copy()
    image.flags.writeable = False
    augment(image, ALL, view_random(0, SHA, 1))


def test_chance_depends_on_seed_photo_and_view_and_on_nothing_else():
    first = augment(NOISE, ALL, view_random(1, SHA, 2))
    np.testing.assert_array_equal(augment(NOISE, ALL, view_random(1, SHA, 2)), first)
    for seed, sha256, view, what in ((2, SHA, 2, "seed"), (1, OTHER, 2, "photo"), (1, SHA, 3, "view")):
        assert (augment(NOISE, ALL, view_random(seed, sha256, view)) != first).any(), what


def test_amounts_stay_within_their_strength_and_use_it():
    drawn = [asdict(draw(ALL, view_random(0, SHA, view))) for view in range(2000)]
    for name, strength in asdict(ALL).items():
        amounts = np.array([row[name] for row in drawn], float)
        if isinstance(strength, bool):
            assert 0.45 < amounts.mean() < 0.55, f"{name}: in half of the views"
        else:
            assert np.abs(amounts).max() <= strength, name
            assert amounts.min() < -0.95 * strength and amounts.max() > 0.95 * strength, name
            assert abs(amounts.mean()) < 0.05 * strength, f"{name}: as often up as down"


def test_switching_one_change_on_leaves_the_others_as_they_are():
    with_all, without = (draw(a, view_random(0, SHA, 1)) for a in (ALL, replace(ALL, rotation=0, vertical_flip=False)))
    assert replace(with_all, rotation=0, vertical_flip=False) == without


@pytest.mark.parametrize(
    ("values", "name"), [(dict(zoom=1.0), "zoom"), (dict(shear=90), "shear"), (dict(contrast=1.5), "contrast")]
)
def test_strengths_that_leave_no_photo_are_refused(values, name):
    with pytest.raises(ValueError, match=f"Received: {name}.*Allowed"):
        Augmentation(**values)


def test_views_are_named_by_what_they_draw_and_keys_by_photo_and_view():
    assert Views(ALL, 3, 1).name == Views(ALL, 8, 1).name, "more views of the same drawing share a store"
    names = {Views(ALL, 3, 1).name, Views(ALL, 3, 2).name, Views(replace(ALL, zoom=0.1), 3, 1).name}
    assert len(names) == 3 and all(len(name) == 8 for name in names)
    assert view_key(SHA, 0) == SHA
    assert len({view_key(sha256, view) for sha256 in (SHA, OTHER) for view in range(5)}) == 10
    assert all(len(view_key(SHA, view)) == 64 for view in range(3))
    with pytest.raises(ValueError, match="1 or more"):
        Views(ALL, 0)
