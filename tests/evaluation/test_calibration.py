"""Temperature and calibration error: what is known comes out, and few photos change nothing."""

import numpy as np
import pytest

from tlcore.evaluation.calibration import (
    LEAST,
    MOST,
    VALIDATION,
    Calibration,
    cross_fitted,
    divide_by,
    fit_temperature,
    helps,
    load_calibration,
    measure_reliability,
    negative_log_likelihood,
    save_calibration,
)
from tlcore.training.softmax import softmax


def predictions(count: int, sharper: float = 1.0, classes: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a model that knows how sure it may be, made `sharper` times surer, and what is true."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(count, classes)) * 2
    honest = softmax(logits)
    truth = np.array([random.choice(classes, p=row / row.sum()) for row in honest.astype(float)])
    return softmax(logits * sharper), truth


@pytest.mark.parametrize(
    ("sharper", "expected", "reason"),
    [(1.0, 1.0, "honest already"), (3.0, 3.0, "overconfident"), (0.5, 0.5, "too cautious")],
)
def test_the_temperature_takes_back_what_was_done(sharper, expected, reason):
    probabilities, truth = predictions(3000, sharper)
    temperature = fit_temperature(probabilities, truth)
    assert temperature == pytest.approx(expected, rel=0.08), reason
    changed = divide_by(probabilities, temperature)
    assert (changed.argmax(axis=1) == probabilities.argmax(axis=1)).all(), "no prediction changes"
    before, after = measure_reliability(probabilities, truth), measure_reliability(changed, truth)
    assert after.error < 0.03 and (sharper == 1 or before.error > after.error + 0.05)
    assert after.low <= after.error <= after.high


@pytest.mark.parametrize(
    ("count", "correct", "reason"),
    [(29, True, "too few to say anything"), (0, True, "none")],
)
def test_few_photos_change_nothing(count, correct, reason):
    probabilities, truth = predictions(count) if count else (np.empty((0, 3), np.float32), np.empty(0, int))
    assert fit_temperature(probabilities, truth) == 1.0 and measure_reliability(probabilities, truth) is None, reason


@pytest.mark.parametrize("all_correct", [True, False])
def test_forty_photos_that_are_all_correct_or_all_wrong_break_nothing(all_correct):
    probabilities = np.tile(np.array([[0.9, 0.1]], np.float32), (40, 1))
    truth = np.zeros(40, int) if all_correct else np.ones(40, int)
    temperature = fit_temperature(probabilities, truth)
    assert LEAST < temperature < MOST and (temperature < 1) == all_correct
    assert np.isfinite(divide_by(probabilities, temperature)).all()


def test_certainty_and_impossibility_stay_numbers():
    probabilities = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    for temperature in (LEAST, MOST):
        np.testing.assert_allclose(divide_by(probabilities, temperature).sum(axis=1), 1, rtol=1e-6)
    there_and_back = divide_by(divide_by(np.array([[0.7, 0.2, 0.1]]), 3.0), 1 / 3.0)
    np.testing.assert_allclose(there_and_back, [[0.7, 0.2, 0.1]], rtol=1e-5)


def test_no_photo_is_changed_by_a_temperature_that_was_fitted_on_it():
    probabilities, truth = predictions(400, 3.0)
    folds = np.arange(400) % 4
    changed = cross_fitted(probabilities, truth, folds)
    for fold in range(4):
        others = fit_temperature(probabilities[folds != fold], truth[folds != fold])
        np.testing.assert_allclose(changed[folds == fold], divide_by(probabilities[folds == fold], others), rtol=1e-6)
    assert helps(probabilities, changed, truth) and not helps(changed, probabilities, truth)


def test_a_gain_that_may_be_chance_changes_nothing():
    """Thirty photos a little more likely and one much less, or much more: the mean gain says little of new photos."""
    truth, before = np.zeros(31, int), np.tile([0.8, 0.2], (31, 1))
    changed = np.tile([0.82, 0.18], (31, 1))
    assert helps(before, changed, truth), "each of them gains"
    changed[0] = [0.5, 0.5]
    assert negative_log_likelihood(changed, truth) < negative_log_likelihood(before, truth)
    assert not helps(before, changed, truth)


def test_what_is_on_disk_is_read_and_what_is_damaged_is_not(tmp_path):
    probabilities, truth = predictions(200, 2.0)
    reliability = measure_reliability(probabilities, truth)
    found = Calibration(2.0, VALIDATION, 200, reliability, None)
    save_calibration(tmp_path, found)
    assert load_calibration(tmp_path) == found
    (tmp_path / "calibration.json").write_text('{"temperature": 2}')
    assert load_calibration(tmp_path) is None and load_calibration(tmp_path / "none") is None


def test_bins_have_as_many_photos_each_and_count_all():
    probabilities, truth = predictions(205)
    bins = measure_reliability(probabilities, truth).bins
    assert [each.total for each in bins] == [21] * 5 + [20] * 5
    assert [each.confidence for each in bins] == sorted(each.confidence for each in bins)
    assert sum(each.correct for each in bins) == (probabilities.argmax(axis=1) == truth).sum()
