"""Which trainings a learning curve is made of."""

import numpy as np
import pytest

from tlcore.analysis.fits import plan_fits
from tlcore.errors import UserError
from tlcore.evaluation.folds import make_folds, num_folds


def planned(labels, groups):
    """The trainings of photos of these classes and groups, by the folds of their cross-validation."""
    count = num_folds(labels, groups)
    folds = make_folds(labels, groups, count, 0.18) if count else []
    return plan_fits(folds, labels, groups), folds


def photos(*counts, group=1):
    """Labels of so many photos of each class, and groups of that many photos."""
    labels = np.repeat(np.arange(len(counts)), counts)
    return labels, np.arange(len(labels)) // group


@pytest.mark.parametrize(
    ("counts", "group", "num_sizes", "reason"),
    [
        ((60, 60), 1, 5, "all sizes"),
        ((60, 60), 3, 5, "photos in threes"),
        ((12, 12, 12), 1, 4, "a tenth of twelve is no class to learn"),
        ((100, 8), 1, 3, "the smallest class decides"),
    ],
)
def test_every_photo_is_tested_once_at_each_size_by_models_without_it(counts, group, num_sizes, reason):
    labels, groups = photos(*counts, group=group)
    plan, folds = planned(labels, groups)
    assert len(plan.sizes) == num_sizes and list(plan.sizes) == sorted(plan.sizes), reason
    for size in range(num_sizes):
        fits = [fit for fit in plan.fits if fit.size == size]
        assert sorted(np.concatenate([fit.test for fit in fits])) == list(range(len(labels)))
    for fit in plan.fits:
        parts = [set(groups[rows]) for rows in (fit.train, fit.validation, fit.test)]
        assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2]), "groups are on one side"
        assert set(labels[fit.train]) == set(range(len(counts))) and len(fit.validation)
    largest = [fit for fit in plan.fits if fit.size == num_sizes - 1]
    for fit, fold in zip(largest, folds, strict=True):  # "now" is the score of the cross-validation
        assert (fit.train == fold.train).all() and (fit.validation == fold.validation).all()
    for smaller, larger in zip(plan.fits, plan.fits[1:]):
        assert smaller.fold != larger.fold or set(smaller.train) < set(larger.train), "each contains the one before"


def test_classes_keep_their_share():
    labels, groups = photos(200, 50)
    for fit in planned(labels, groups)[0].fits:
        assert np.mean(labels[fit.train] == 1) == pytest.approx(0.2, abs=0.06)


@pytest.mark.parametrize("counts", [(3, 3), (40, 4), (30, 1)])
def test_too_few_photos_are_said(counts):
    with pytest.raises(UserError, match="six photos of each class"):
        planned(*photos(*counts))
