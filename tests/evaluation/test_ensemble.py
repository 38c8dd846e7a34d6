"""What several models say together, how much each counts, and which photos are known to all of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.evaluation.ensemble import (
    AVERAGE,
    TIE_BREAK,
    VOTE,
    combine,
    combine_familiarity,
    combine_rules,
    equal_weights,
    fit_weights,
    log_loss,
)
from tlcore.evaluation.rejection import make_rule

SURE, LIKELY, OTHER = [0.9, 0.1], [0.6, 0.4], [0.2, 0.8]


def tables(*rows: list[float]) -> list[np.ndarray]:
    """A table of one photo for each model."""
    return [np.array([row], np.float32) for row in rows]


@pytest.mark.parametrize(
    ("rows", "weights", "method", "first", "reason"),
    [
        ((SURE, OTHER), (0.5, 0.5), AVERAGE, 0.55, "the mean"),
        ((SURE, OTHER), (0.25, 0.75), AVERAGE, 0.375, "one counts three times as much"),
        ((SURE, OTHER), (0.0, 1.0), AVERAGE, 0.2, "one does not count"),
        ((LIKELY, LIKELY, OTHER), (1 / 3,) * 3, VOTE, 0.95 * 2 / 3 + 0.05 * 1.4 / 3, "two votes to one"),
        ((LIKELY, [0.51, 0.49], [0, 1]), (1 / 3,) * 3, VOTE, 0.95 * 2 / 3 + 0.05 * 0.37, "certainty buys no votes"),
        ((SURE, [0.2, 0.8]), (0.5, 0.5), VOTE, 0.95 * 0.5 + 0.05 * 0.55, "a tie goes to the higher average"),
        (([0.5, 0.5], [0.5, 0.5]), (0.5, 0.5), VOTE, 0.5, "classes that are just as probable share a vote"),
    ],
)
def test_models_are_combined(rows, weights, method, first, reason):
    found = combine(tables(*rows), weights, method)
    assert found.dtype == np.float32 and found[0].sum() == pytest.approx(1, abs=1e-6)
    assert found[0, 0] == pytest.approx(first, abs=1e-6), reason


def test_the_average_never_overrules_a_vote_of_as_many_models_as_there_may_be():
    assert TIE_BREAK < 1 / 13


@pytest.mark.parametrize(("weights", "method"), [((1.0,), AVERAGE), ((0.5, 0.5), "median")])
def test_what_cannot_be_combined_is_refused(weights, method):
    with pytest.raises(ValueError, match="Allowed"):
        combine(tables(SURE, OTHER), weights, method)


def answers(random: np.random.Generator, truth: np.ndarray, skill: float, classes: int = 3) -> np.ndarray:
    """Probabilities of a model that finds the truth the better the more skill it has."""
    logits = random.normal(size=(len(truth), classes))
    logits[np.arange(len(truth)), truth] += skill
    powers = np.exp(logits)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(2, 5))
def test_fitted_weights_are_never_worse_than_equal_ones(seed, photos, models):
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, photos)
    tables = [answers(random, truth, random.uniform(0, 3)) for _ in range(models)]
    weights = fit_weights(tables, truth)
    assert sum(weights) == pytest.approx(1) and min(weights) >= 0
    assert log_loss(tables, weights, truth) <= log_loss(tables, equal_weights(models), truth) + 1e-9


def test_the_better_model_counts_more_and_few_photos_change_little():
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 2_000)
    good, bad = answers(random, truth, 3.0), answers(random, truth, 0.0)
    many, few = fit_weights([good, bad], truth), fit_weights([good[:3], bad[:3]], truth[:3])
    assert many[0] > 0.8
    assert 0.5 <= few[0] < many[0], "three photos are no reason to drop a model"


def test_a_photo_is_as_familiar_as_the_mean_and_as_many_known_ones_are_kept():
    random = np.random.default_rng(0)
    known = random.uniform(0.5, 1, 400).astype(np.float32)
    other = (known * 0.5 + 0.4).astype(np.float32)  # another network, which orders photos alike
    weights, right = (0.25, 0.75), np.ones(400, bool)
    both = combine_familiarity([known, other], weights)
    assert both == pytest.approx(0.25 * known + 0.75 * other, abs=1e-6)
    rules = [make_rule(each, each, right) for each in (known, other)]
    rule = combine_rules(rules, weights, both, right)
    assert rule.threshold() == pytest.approx(make_rule(both, both, right).threshold(), abs=1e-6)
    assert rule.cost().answered / 400 == pytest.approx(0.95, abs=0.005)


def test_models_that_order_photos_otherwise_keep_at_least_as_many_known_photos():
    random = np.random.default_rng(0)
    each = [random.uniform(0.5, 1, 1_000).astype(np.float32) for _ in range(3)]
    right, weights = np.ones(1_000, bool), equal_weights(3)
    rules = [make_rule(one, one, right) for one in each]
    rule = combine_rules(rules, weights, combine_familiarity(each, weights), right)
    assert rule.cost().answered >= 950
