"""The interval of a cross-validation covers what is true, of small sets and of groups too; SciPy's formulas agree."""

import numpy as np
import pytest
from scipy.stats import t
from threadpoolctl import threadpool_limits

from benchmarks.coverage import Situation, coverage
from tlcore.evaluation.fold_interval import BETWEEN_FOLDS, design_effect, fold_interval
from tlcore.intervals import wilson_interval


@pytest.mark.parametrize(
    ("situation", "reason"),
    [
        (Situation(30, 10, 10), "30 photos"),
        (Situation(30, 100, 10), "30 photos, and more features than those"),
        (Situation(60, 30, 10), "more photos"),
        (Situation(30, 10, 5, 10, 1.0), "three photos of each thing"),
        (Situation(60, 20, 5, 12, 1.0), "five photos of each of twelve things, whose spread is hardly known"),
        (Situation(60, 20, 5, 20, 1.0), "three of each of twenty"),
        (Situation(120, 20, 5, 24, 1.0), "five of each"),
    ],
)
def test_in_93_to_97_of_100_data_sets_the_truth_lies_in_the_interval(situation, reason):
    """benchmarks/honesty.py does it with more of them, and says how it was chosen."""
    with threadpool_limits(1):
        assert 0.93 <= coverage(situation, 500) <= 0.97, reason


def test_without_groups_it_is_wilsons_for_fewer_photos():
    correct = np.arange(140) < 126
    found = fold_interval(correct, np.arange(140))
    assert (found.low, found.high) == wilson_interval(126 / BETWEEN_FOLDS, 140 / BETWEEN_FOLDS)
    assert (found.num_groups, found.effective) == (140, 100)


def test_of_few_groups_students_t_takes_the_place_of_the_normal_distribution():
    """Korn and Graubard (1998): the number of photos times (t(n − 1) / t(groups − 1))²; SciPy's t."""
    groups = np.repeat(np.arange(12), 5)
    correct = (np.arange(60) % 5 < groups % 4 + 2) | (groups == 0)
    assert 1 < design_effect(correct, groups) < 5, "the spread was estimated"
    less = (t.ppf(0.975, 59) / t.ppf(0.975, 11)) ** 2
    expected = 60 / (BETWEEN_FOLDS * design_effect(correct, groups)) * less
    assert fold_interval(correct, groups).effective == pytest.approx(expected) and less == pytest.approx(
        0.827, abs=1e-3
    )


@pytest.mark.parametrize(
    ("correct", "groups", "expected", "reason"),
    [
        ([1, 1, 0, 0, 1, 1], [0, 0, 1, 1, 2, 2], 2.0, "photos of a pair are the same: half as many say as much"),
        ([1, 0, 1, 0, 1, 0], [0, 0, 1, 1, 2, 2], 1.0, "never more than independent ones say"),
        ([1, 1, 0, 1], [0, 1, 2, 3], 1.0, "no groups"),
        ([1, 1, 1, 1], [0, 0, 1, 1], 2.0, "all correct: nothing tells how alike they are, so the most is assumed"),
        ([1, 0, 1, 0], [0, 0, 0, 0], 1.0, "one group says nothing of others"),
    ],
)
def test_how_much_less_photos_of_a_group_say(correct, groups, expected, reason):
    assert design_effect(np.array(correct, bool), np.array(groups)) == pytest.approx(expected), reason


def test_names_of_groups_may_be_any_numbers():
    correct = np.array([1, 1, 0, 0, 1, 1], bool)
    assert fold_interval(correct, np.array([7, 7, 3, 3, 9, 9])) == fold_interval(correct, np.array([0, 0, 1, 1, 2, 2]))
