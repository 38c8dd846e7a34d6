"""Which trainings a learning curve is made of: every photo is predicted once at each size, by a model without it.

The folds are those of the cross-validation (pipeline/folding.py), so that the largest size is exactly that. Of what a
fold learns from, each size takes a part that contains the smaller ones, with the same share of each class and of the
photos that end a training early, and groups whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlcore.errors import UserError
from tlcore.evaluation.folds import Codes, Fold

SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
"""Of the photos that a fold learns from."""
LEAST_SIZES, LEAST_OF_CLASS = 3, 2
LEAST_GROWTH = 1.15  # of a size over the one before it


@dataclass(frozen=True)
class Fit:
    """One training: the rows that it learns from, that end it early, and that it is tested on. `size`: a place in the
    plan's sizes; `fold`: a number."""

    size: int
    fold: int
    train: Codes
    validation: Codes
    test: Codes


@dataclass(frozen=True)
class FitPlan:
    """All trainings, fold by fold, the small sizes first. `sizes`: photos that each learns from, on average."""

    fits: tuple[Fit, ...]
    sizes: tuple[float, ...]


Nested = list[tuple[Codes, Codes]]
"""For each of `SHARES` the rows to learn from, and those that end the training early."""


def plan_fits(folds: Sequence[Fold], labels: Codes, groups: Codes, seed: int = 0) -> FitPlan:
    """The trainings.

    Args:
        labels: (n,), the class of each row. groups: (n,), equal for rows that belong together.

    Raises:
        UserError: there are too few photos for a curve.
    """
    parts = [_nested(fold, labels, groups, np.random.default_rng((seed, number))) for number, fold in enumerate(folds)]
    kept: list[int] = []
    for share in range(len(SHARES)):
        grew = not kept or _mean_size(parts, share) >= LEAST_GROWTH * _mean_size(parts, kept[-1])
        if parts and grew and _is_usable(parts, share, labels):
            kept.append(share)
    if len(kept) < LEAST_SIZES:
        raise UserError(
            "There are too few photos to predict what more of them would bring.",
            "Use at least six photos of each class.",
        )
    fits = [
        Fit(size, number, *parts[number][share], fold.predict)
        for number, fold in enumerate(folds)
        for size, share in enumerate(kept)
    ]
    return FitPlan(tuple(fits), tuple(_mean_size(parts, share) for share in kept))


def _nested(fold: Fold, labels: Codes, groups: Codes, random: np.random.Generator) -> Nested:
    """Each part contains those of the smaller shares; the last one is the whole fold."""
    train, validation = (_parts(rows, labels, groups, random) for rows in (fold.train, fold.validation))
    return list(zip(train, validation, strict=True))


def _parts(rows: Codes, labels: Codes, groups: Codes, random: np.random.Generator) -> list[Codes]:
    """Of some rows, for each share the groups that come first in a random order, class by class."""
    found: list[list[Codes]] = [[rows[:0]] for _ in SHARES]
    for label in np.unique(labels[rows]):
        own = rows[labels[rows] == label]
        order = random.permutation(np.unique(groups[own]))
        for place, share in enumerate(SHARES):
            found[place].append(own[np.isin(groups[own], order[: max(1, round(share * len(order)))])])
    return [np.sort(np.concatenate(each)) for each in found]


def _is_usable(parts: list[Nested], share: int, labels: Codes) -> bool:
    """Whether every fold learns from enough photos of each class at this size."""
    counts = [np.bincount(labels[part[share][0]], minlength=int(labels.max()) + 1) for part in parts]
    return all(len(part[share][1]) > 0 for part in parts) and all(each.min() >= LEAST_OF_CLASS for each in counts)


def _mean_size(parts: list[Nested], share: int) -> float:
    return float(np.mean([len(part[share][0]) for part in parts]))
