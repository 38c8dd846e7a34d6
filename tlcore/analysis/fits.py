"""Which trainings a learning curve is made of: every photo is predicted once at each size, by a model without it.

Cross-validation, as in scikit-learn's `learning_curve`: of what a fold may learn from, each size takes a part that
contains the smaller ones, with about the same share of each class, and groups whole. The procedure stops early on
validation photos, so each part has as many of these, by share, as the run has.
"""

from dataclasses import dataclass

import numpy as np

from tlcore.cleaning.quick_model import Codes, make_folds
from tlcore.errors import UserError

SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
"""Of the photos that a fold may learn from."""
FOLDS, FEWER_FOLDS, MANY_PHOTOS = 10, 5, 1000
"""How often each size is trained; of more than so many photos, fewer folds say as much."""
LEAST_SIZES, LEAST_OF_CLASS = 3, 2


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


def plan_fits(labels: Codes, groups: Codes, validation_share: float, seed: int = 0) -> FitPlan:
    """The trainings for photos of these classes.

    Args:
        labels: (n,), the class of each row. groups: (n,), equal for rows that belong together.
        validation_share: of what is not tested on, 0–1.

    Raises:
        UserError: there are too few photos for a curve.
    """
    folds = make_folds(labels, groups, seed, FOLDS if len(labels) <= MANY_PHOTOS else FEWER_FOLDS)
    parts = []
    for number, fold in enumerate(folds):
        random = np.random.default_rng((seed, number))
        parts.append(_nested(fold.learn, labels, groups, validation_share, random))
    kept = [share for share in range(len(SHARES)) if parts and _is_usable(parts, share, labels)]
    kept = [share for place, share in enumerate(kept) if place == 0 or _grew(parts, kept[place - 1], share)]
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


def _nested(
    rows: Codes, labels: Codes, groups: Codes, validation_share: float, random: np.random.Generator
) -> list[tuple[Codes, Codes]]:
    """For each of `SHARES` the rows to learn from and those to stop by; each contains those of the smaller shares."""
    train: list[list[Codes]] = [[] for _ in SHARES]
    validation: list[list[Codes]] = [[] for _ in SHARES]
    for label in np.unique(labels[rows]):
        own = rows[labels[rows] == label]
        order = random.permutation(np.unique(groups[own]))
        held = max(1, round(validation_share * len(order))) if len(order) > 1 else 0
        for names, chosen in ((order[:held], validation), (order[held:], train)):
            for place, share in enumerate(SHARES):
                taken = names[: max(1, round(share * len(names)))]
                chosen[place].append(own[np.isin(groups[own], taken)])
    return [(np.sort(np.concatenate(a)), np.sort(np.concatenate(b))) for a, b in zip(train, validation, strict=True)]


def _is_usable(parts: list[list[tuple[Codes, Codes]]], share: int, labels: Codes) -> bool:
    """Whether every fold learns from enough photos of each class at this size."""
    found = [np.unique(labels[part[share][0]], return_counts=True)[1] for part in parts]
    return all(len(part[share][1]) and counts.min() >= LEAST_OF_CLASS for part, counts in zip(parts, found))


def _grew(parts: list[list[tuple[Codes, Codes]]], before: int, share: int) -> bool:
    """Whether a size has clearly more photos than the one before it."""
    return _mean_size(parts, share) >= 1.15 * _mean_size(parts, before)


def _mean_size(parts: list[list[tuple[Codes, Codes]]], share: int) -> float:
    return float(np.mean([len(part[share][0]) for part in parts]))
