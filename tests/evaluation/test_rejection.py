"""Which photos are none of the classes: prototypes, how familiar a photo is to them, and the threshold's promise."""

import numpy as np
import pytest

from tlcore.evaluation.prototypes import (
    LEAST,
    MOST,
    are_all_prototypes,
    familiarity,
    fit_prototypes,
    left_out_familiarity,
    num_prototypes,
    out_of_fold_familiarity,
    unit,
)
from tlcore.evaluation.rejection import USUAL_KEPT, Cost, RejectionRule, count_cost, make_rule


def photos(count, direction, spread=0.3, seed=0, dimension=40):
    """Features around a direction of feature space."""
    random = np.random.default_rng(seed)
    centre = np.zeros(dimension)
    centre[direction] = 1
    return (centre + random.normal(scale=spread / np.sqrt(dimension), size=(count, dimension))).astype(np.float32)


@pytest.mark.parametrize(
    ("number", "classes", "expected", "reason"),
    [
        (1, 2, 1, "a single photo is its class"),
        (14, 2, 14, "each photo of a small class is one"),
        (500, 2, MOST, "more add little"),
        (500, 100, 10, "of many classes each has fewer, so that the file stays small"),
        (500, 5000, LEAST, "and yet some"),
    ],
)
def test_how_many_prototypes_a_class_gets(number, classes, expected, reason):
    assert num_prototypes(number, classes) == expected, reason


def test_prototypes_are_unit_vectors_the_same_each_time_and_of_every_class():
    rows, classes = np.concatenate([photos(80, 0), 5 * photos(3, 1)]), np.repeat([0, 1], [80, 3])
    found = fit_prototypes(rows, classes, seed=3)
    assert len(found) == MOST + 3 and found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(found, fit_prototypes(rows, classes, seed=3))
    same = fit_prototypes(np.tile(rows[:1], (50, 1)), np.zeros(50, int))
    assert len(same), "copies of one photo have no 32 centres"


@pytest.mark.parametrize(
    ("row", "expected", "reason"),
    [
        ([3, 0], 1.0, "length does not count"),
        ([1, 1], np.sqrt(0.5), "the cosine to the nearest"),
        ([-1, -1], 0.0, "the other side is as strange as nothing in common"),
        ([0, 0], 0.0, "a photo without any feature"),
    ],
)
def test_familiarity_is_the_cosine_to_the_nearest_prototype(row, expected, reason):
    found = familiarity(np.array([row], np.float32), np.array([[1, 0], [0, 1]], np.float32))
    assert found[0] == pytest.approx(expected, abs=1e-6), reason


def test_no_photo_is_compared_with_itself_or_with_what_belongs_to_it():
    rows = np.concatenate([photos(20, 0), photos(20, 1, seed=1)])
    classes = np.repeat([0, 1], 20)
    assert are_all_prototypes(classes) and not are_all_prototypes(np.zeros(MOST + 1, int))
    alone = left_out_familiarity(rows, np.arange(40))
    expected = [familiarity(rows[i : i + 1], unit(np.delete(rows, i, axis=0)))[0] for i in range(40)]
    np.testing.assert_allclose(alone, expected, atol=1e-5)
    rows[1] = rows[0]
    burst = np.array([0, 0, *range(2, 40)])
    assert left_out_familiarity(rows, np.arange(40))[0] == pytest.approx(1), "a copy is as near as can be"
    assert left_out_familiarity(rows, burst)[0] < 0.999, "unless it is known to belong to it"
    folds = [np.arange(start, 40, 4) for start in range(4)]
    fewer = out_of_fold_familiarity(rows, classes, folds)[2:]
    assert (fewer <= left_out_familiarity(rows, np.arange(40))[2:] + 1e-6).all(), "the other nine are missing too"


@pytest.mark.parametrize("number", [20, 60, 400])
@pytest.mark.parametrize("kept", [0.95, 0.8])
def test_the_threshold_keeps_its_promise_on_new_photos_and_strange_ones_stay_out(number, kept):
    shares = []
    for seed in range(40):
        prototypes = fit_prototypes(photos(30, 0, seed=seed), np.zeros(30, int))
        known, new = (familiarity(photos(n, 0, seed=s + seed), prototypes) for n, s in ((number, 1000), (500, 2000)))
        rule = make_rule(known, known, np.ones(number, bool))
        shares.append((new >= rule.threshold(kept)).mean())
        assert (familiarity(photos(50, 7, seed=seed), prototypes) < rule.threshold(kept)).all()
    assert kept - 0.02 <= np.mean(shares) <= kept + 1 / number + 0.02


def some_rule():
    random = np.random.default_rng(5)
    return make_rule(
        random.uniform(0.5, 1, 200).astype(np.float32), random.uniform(0.4, 1, 50).astype(np.float32), np.arange(50) > 4
    )


def test_the_dial_costs_what_it_says():
    rule = some_rule()
    assert rule.kept == USUAL_KEPT and rule.threshold(1.0) == 0 and rule.cost(1.0) == Cost(50, 50, 45)
    thresholds = [rule.threshold(kept / 100) for kept in range(100, -1, -1)]
    assert thresholds == sorted(thresholds), "stricter and stricter"
    assert rule.threshold(0.951) == rule.threshold(0.95), "whole percents"
    test = np.random.default_rng(5)
    test.uniform(0.5, 1, 200)
    familiar = test.uniform(0.4, 1, 50).astype(np.float32)
    for kept in (0.99, 0.95, 0.5):
        assert rule.cost(kept) == count_cost(familiar, np.arange(50) > 4, rule.threshold(kept))
    unknown = np.full(3, np.nan, np.float32)
    assert count_cost(unknown, np.ones(3, bool), 0.5) == Cost(3, 3, 3), "of an older model: it answers all"


def test_a_rule_comes_back_from_its_values():
    rule = some_rule()
    assert RejectionRule.from_dict(rule.to_dict()) == rule


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"quantiles": [0.5] * 100}, "one is missing"),
        ({"quantiles": [0.9, *[0.5] * 100]}, "they fall"),
        ({"quantiles": [float("nan")] * 101}, "no numbers"),
        ({"quantiles": [2.0] * 101}, "no cosine"),
        ({"kept": "0.95"}, "text"),
        ({"photos": -1}, "no count"),
        ({"test": {"total": 1, "answered": [2] * 101, "correct": [0] * 101}}, "more answers than photos"),
        ({"test": {"total": 1, "answered": [0] * 101, "correct": [1] * 101}}, "more correct than answered"),
        ({"test": None}, "nothing"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(change, reason):
    with pytest.raises((ValueError, KeyError, TypeError)):
        RejectionRule.from_dict(some_rule().to_dict() | change)
