"""The folds of a cross-validation: how many, every photo in one, groups whole, every class learned everywhere."""

import numpy as np
import pandas as pd
import pytest

from tlcore.errors import UserError
from tlcore.evaluation.folds import hold_out, make_folds, num_folds


def rows(*classes: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Labels and groups of classes given as (groups, photos in each)."""
    labels = np.concatenate([np.full(groups * each, number) for number, (groups, each) in enumerate(classes)])
    starts = np.cumsum([0, *(groups for groups, _ in classes)])
    groups = np.concatenate(
        [start + np.repeat(np.arange(count), each) for start, (count, each) in zip(starts, classes, strict=False)]
    )
    return labels.astype(np.int64), groups.astype(np.int64)


@pytest.mark.parametrize(
    ("classes", "most", "expected", "reason"),
    [
        ([(100, 1), (100, 1)], 10, 10, "a small set: little is taken from what each model learns from"),
        ([(101, 1), (100, 1)], 10, 5, "above 200 photos"),
        ([(100, 1), (100, 1)], 5, 5, "where each takes minutes"),
        ([(50, 1), (3, 1)], 10, 3, "a tiny class is in every fold once"),
        ([(50, 1), (2, 30)], 10, 2, "groups count, not photos"),
        ([(50, 1), (1, 30)], 10, 0, "one group can’t be learned and tested"),
        ([], 10, 0, "no photos"),
    ],
)
def test_how_many_folds(classes, most, expected, reason):
    labels, groups = rows(*classes) if classes else (np.array([]), np.array([]))
    assert num_folds(labels, groups, most) == expected, reason


@pytest.mark.parametrize(
    ("classes", "reason"),
    [
        ([(30, 1), (30, 1)], "no groups"),
        ([(40, 1), (5, 1), (7, 1)], "classes of different sizes"),
        ([(12, 3), (12, 3)], "groups of three"),
        ([(4, 9), (20, 1)], "few large groups beside single photos"),
    ],
)
def test_every_photo_is_predicted_once_by_a_model_that_knows_its_class_and_nothing_of_its_group(classes, reason):
    labels, groups = rows(*classes)
    count = num_folds(labels, groups)
    folds = make_folds(labels, groups, count, 0.2, seed=3)
    assert len(folds) == count
    assert sorted(np.concatenate([fold.predict for fold in folds])) == list(range(len(labels))), reason
    for fold in folds:
        parts = (fold.train, fold.validation, fold.predict)
        assert sum(map(len, parts)) == len(labels) == len(np.unique(np.concatenate(parts))), "each on one side"
        for one, other in ((0, 1), (0, 2), (1, 2)):
            assert not set(groups[parts[one]]) & set(groups[parts[other]]), "a group is torn apart"
        assert set(labels[fold.train]) == set(labels), "a class that nobody learns"
        assert len(fold.validation), "nothing tells when to stop"
    again = make_folds(labels, groups, count, 0.2, seed=3)
    assert all((one.train == other.train).all() for one, other in zip(folds, again, strict=True))


def test_groups_that_hold_a_whole_class_end_in_a_sentence():
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    groups = np.array([0, 0, 1, 1, 0, 0, 0, 0])  # all of class 1 lies in one group
    with pytest.raises(UserError, match="can’t be tested once each"):
        make_folds(labels, groups, 2, 0.2)


def test_what_is_held_out_is_a_share_of_every_class_and_never_all_of_one():
    labels, groups = rows((20, 1), (10, 2), (1, 1))
    held_out = hold_out(labels, groups, 0.2)
    shares = pd.Series(held_out).groupby(labels).mean()
    assert shares.tolist() == [0.2, 0.2, 0.0]
    assert not hold_out(labels, groups, 0.0).any(), "where the run had no validation photos"
