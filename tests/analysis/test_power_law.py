"""The power law: made curves of known truth are found again, and what is expected of more photos covers what comes."""

import numpy as np
import pytest

from tlcore.analysis.answers import Answers, between
from tlcore.analysis.learning_curve import make_curve, stands_out
from tlcore.analysis.power_law import fit_power_laws

SIZES = np.array([70.0, 140.0, 280.0, 490.0, 700.0])
LABELS = ("ant", "bee", "cow")


def made(random, error, sizes=SIZES, number=900, folds=5, jitter=0.0, labels=None):
    """Answers of photos that differ in difficulty, at an error by class and size, (classes, sizes)."""
    labels = np.arange(number) % len(LABELS) if labels is None else labels
    place = np.arange(number) % folds
    wrong = error[labels] + jitter * random.normal(size=(folds, len(sizes)))[place]
    difficulty = random.random(number)  # a photo that is right with few is mostly right with more
    shared = random.random(number) < 0.7
    own = random.random((number, len(sizes)))
    correct = np.where(shared[:, None], difficulty[:, None], own) >= wrong
    return Answers(correct.astype(float), place, labels, sizes)


@pytest.mark.parametrize(
    ("truth", "reason"),
    [
        ((0.05, 0.10, 0.5), "a floor and a usual exponent"),
        ((0.0, 0.08, 1.0), "nothing but photos is missing"),
        ((0.20, 0.0, 0.5), "more photos bring nothing"),
    ],
)
def test_a_curve_without_noise_is_found_again(truth, reason):
    floor, scale, exponent = truth
    errors = floor + scale * (SIZES / SIZES[-1]) ** -exponent
    found = fit_power_laws(SIZES, errors[None], np.full(5, 1e-4))
    for factor in (1, 2, 4):
        expected = floor + scale * float(factor) ** -exponent
        assert found.errors(factor * SIZES[-1])[0] == pytest.approx(expected, abs=0.002), reason


@pytest.mark.parametrize(
    ("scale", "exponent", "jitter", "least", "reason"),
    [
        (0.08, 0.5, 0.0, 0.9, "photos alone are a matter of chance"),
        (0.08, 0.5, 0.03, 0.9, "models differ too"),
        (0.0, 0.5, 0.02, 0.9, "flat: more photos bring nothing"),
    ],
)
def test_what_is_expected_covers_what_comes(scale, exponent, jitter, least, reason):
    """Of 40 made data sets, the 95% range for twice the photos has the true accuracy in nearly all; so has "now"."""
    random, covered, measured, widths = np.random.default_rng(5), 0, 0, []
    errors = 0.04 + scale * (SIZES / SIZES[-1]) ** -exponent
    truth, now = 1 - 0.04 - scale * 2**-exponent, 1 - errors[-1]
    for _ in range(40):
        curve = make_curve(made(random, np.tile(errors, (3, 1)), jitter=jitter), LABELS, True, 1, 1)
        twice = curve.forecasts[0]
        covered += twice.low <= truth <= twice.high
        measured += curve.now.low <= now <= curve.now.high
        widths.append(twice.high - twice.low)
    assert covered >= least * 40 and measured >= least * 40, reason
    assert np.median(widths) < 0.12, "and it still says something"


def test_the_class_that_gains_most_is_named_and_none_where_none_does():
    random = np.random.default_rng(1)
    usual = 0.05 + 0.05 * (SIZES / SIZES[-1]) ** -0.3
    steep = 0.05 + 0.12 * (SIZES / SIZES[-1]) ** -1.0
    found = [stands_out(made(random, np.stack([usual, steep, usual])), LABELS) for _ in range(20)]
    assert found.count("bee") >= 18 and set(found) <= {"bee", ""}
    alike = [stands_out(made(random, np.tile(usual, (3, 1)), jitter=0.02), LABELS) for _ in range(100)]
    assert sum(map(bool, alike)) <= 10, "chance names a class in about one of twenty"


def test_models_that_differ_widen_the_interval():
    random, errors = np.random.default_rng(0), np.tile(0.2, (3, 5))
    alike, different = (made(random, errors, jitter=jitter).interval(4) for jitter in (0.0, 0.1))
    assert different[1] - different[0] > 1.5 * (alike[1] - alike[0])
    assert between(np.array([1.0, 0, 1, 0]), np.array([0, 0, 1, 1])) == 0, "the folds are alike"


def test_a_perfect_score_is_not_certain():
    curve = make_curve(made(np.random.default_rng(0), np.zeros((3, 5)), number=36), LABELS, True, 1, 1)
    assert curve.now.accuracy == 1 and curve.now.low < 0.95
    assert curve.forecasts[0].low < 1 and not curve.helps


def test_a_curve_that_is_being_made_says_nothing_of_more_photos():
    curve = make_curve(made(np.random.default_rng(0), np.tile(0.1, (3, 5))), LABELS, True, 5, 50)
    assert not curve.is_whole and not curve.forecasts and not curve.gains and len(curve.points) == 5


@pytest.mark.parametrize(
    ("scale", "helps", "hardly", "reason"),
    [(0.06, True, False, "errors halve with each doubling"), (0.0, False, True, "a flat curve of many photos")],
)
def test_whether_more_photos_help_is_said_only_where_it_is_sure(scale, helps, hardly, reason):
    error = np.tile(0.02 + scale * (SIZES / SIZES[-1]) ** -1.0, (3, 1))
    curve = make_curve(made(np.random.default_rng(3), error, number=6000), LABELS, True, 1, 1)
    assert (curve.helps, curve.hardly_helps) == (helps, hardly), reason
    low, high = curve.gain
    assert low <= scale / 2 <= high and low >= 0
