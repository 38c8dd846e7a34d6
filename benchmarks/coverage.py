"""How often the interval of a cross-validation covers the truth, on made data sets whose truth is known.

Two classes are clouds of points; photos of a group share a part of their place. The model is a linear one (least
squares with a ridge), for which the share of new points that it gets right is a formula. The truth is that share,
averaged over the models of the folds: the accuracy, on new photos, of what was trained in this way on these photos.
"""

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.fold_interval import fold_interval

Floats = npt.NDArray[np.float64]
DISTANCES = (1.5, 6.0)
"""Between the classes, in standard deviations of a feature: from 65% to 99% of new photos are right."""


@dataclass(frozen=True)
class Situation:
    """Data sets of one kind. `photos`, `features`, `folds`; `groups`: of photos that belong together, 0 for none;
    `shared`: the standard deviation of what a group's photos share, in that of a feature."""

    photos: int
    features: int
    folds: int
    groups: int = 0
    shared: float = 0.0


SITUATIONS = (
    Situation(30, 10, 10),
    Situation(30, 100, 10),
    Situation(60, 30, 10),
    Situation(30, 10, 5, 10, 1.0),
    Situation(30, 10, 5, 14, 1.5),
    Situation(60, 20, 5, 12, 1.0),
    Situation(60, 20, 5, 20, 1.0),
    Situation(100, 50, 10),
    Situation(120, 20, 5, 24, 1.0),
    Situation(120, 20, 5, 60, 1.0),
    Situation(200, 20, 5),
    Situation(200, 20, 5, 20, 0.7),
)


def coverage(situation: Situation, num_datasets: int = 500, seed: int = 0) -> float:
    """The share of data sets whose interval covers the truth, 0–1."""
    random = np.random.default_rng([seed, situation.photos, situation.features, situation.groups])
    correct, groups, truth = simulate(situation, num_datasets, random)
    intervals = [fold_interval(row, groups) for row in correct]
    return float(np.mean([found.low <= true <= found.high for found, true in zip(intervals, truth, strict=True)]))


def simulate(
    situation: Situation, num_datasets: int, random: np.random.Generator
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64], Floats]:
    """Cross-validated data sets: which photos are right, (data sets, photos); the group of each; and the truths."""
    count, spread = situation.photos, sqrt(1 + situation.shared**2)
    groups = np.arange(count) % (situation.groups or count)
    classes, fold = groups % 2, (groups // 2) % situation.folds
    distances = random.uniform(*DISTANCES, num_datasets) * spread
    points = random.normal(size=(num_datasets, count, situation.features))
    if situation.groups:
        shared = random.normal(size=(num_datasets, situation.groups, situation.features))
        points += situation.shared * shared[:, groups]
    points[:, :, 0] += (classes - 0.5) * distances[:, np.newaxis]
    correct, truth = np.zeros((num_datasets, count), bool), np.zeros(num_datasets)
    for number in range(situation.folds):
        inside = fold == number
        weights, bias = _fit(points[:, ~inside], classes[~inside])
        logits = np.einsum("rnd,rd->rn", points[:, inside], weights) + bias[:, np.newaxis]
        correct[:, inside] = (logits > 0) == classes[inside]
        truth += _accuracy(weights, bias, distances, spread) / situation.folds
    return correct, groups, truth


def _fit(points: Floats, classes: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Ridge regression on classes as ±1, of many data sets: weights (data sets, features), bias (data sets,)."""
    targets = 2.0 * classes - 1
    middle = points.mean(axis=1, keepdims=True)
    centred = points - middle
    kernel = centred @ centred.transpose(0, 2, 1) + 0.2 * points.shape[2] * np.eye(points.shape[1])
    aims = np.broadcast_to((targets - targets.mean())[:, np.newaxis], (*kernel.shape[:2], 1))
    amounts = np.linalg.solve(kernel, aims)
    weights: Floats = (centred.transpose(0, 2, 1) @ amounts)[..., 0]
    return weights, targets.mean() - np.einsum("rd,rd->r", weights, middle[:, 0])


def _accuracy(weights: Floats, bias: Floats, distances: Floats, spread: float) -> Floats:
    """The share of new points that a linear model gets right."""
    scale, reach = np.linalg.norm(weights, axis=1) * spread, distances / 2 * weights[:, 0]
    share: Floats = (_normal((reach + bias) / scale) + _normal((reach - bias) / scale)) / 2
    return share


def _normal(values: Floats) -> Floats:
    """The distribution function of the normal distribution."""
    return np.array([(1 + erf(value / sqrt(2))) / 2 for value in values])
