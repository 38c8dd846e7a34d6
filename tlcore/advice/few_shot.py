"""Why few photos are enough (few-shot accuracy): held-out photos that are right with so many example photos a class.

The simplest learner there is, so that only the description of the photos makes the difference: a photo gets the class
whose examples are nearest on average (nearest class mean; Snell et al. 2017), all vectors centred and of length 1 (Wang
et al. 2019, "SimpleShot"). Compared are what the network saw and the bare pixels. No TensorFlow.
"""

import numpy as np
import numpy.typing as npt

from tlcore.advice.rule import FewShotAccuracy

COUNTS = (1, 2, 3, 5, 10, 20, 50)
"""Example photos a class that are tried, as far as half of every class's photos stay held out."""

DRAWS = 10
"""Draws of examples over which the shares are averaged."""


def few_shot_accuracy(
    features: npt.NDArray[np.float32],
    pixels: npt.NDArray[np.uint8],
    classes: npt.NDArray[np.int64],
    seed: int = 0,
) -> tuple[FewShotAccuracy, ...]:
    """The shares for rising numbers of example photos; () with one class, or where one has fewer than two photos.

    Args:
        features: what the network saw, float32 (n, features).
        pixels: the photos made small, uint8 (n, height, width, 3).
        classes: class numbers 0…k−1, int (n,), each there at least once.
    """
    if len(set(classes.tolist())) < 2:
        return ()
    flat = pixels.reshape(len(pixels), -1).astype(np.float32)
    least = int(np.bincount(classes).min())
    random_state = np.random.default_rng(seed)
    found = []
    for per_class in (count for count in COUNTS if 2 * count <= least):
        draws = [_draw(classes, per_class, random_state) for _ in range(DRAWS)]  # the same examples for both
        shares = [np.mean([_share_right(rows, classes, chosen) for chosen in draws]) for rows in (features, flat)]
        found.append(FewShotAccuracy(per_class, float(shares[0]), float(shares[1])))
    return tuple(found)


def _draw(classes: npt.NDArray[np.int64], per_class: int, random_state: np.random.Generator) -> npt.NDArray[np.bool_]:
    """So many rows of each class, bool (n,)."""
    chosen = np.zeros(len(classes), bool)
    for number in range(classes.max() + 1):
        chosen[random_state.choice(np.flatnonzero(classes == number), per_class, replace=False)] = True
    return chosen


def _share_right(rows: npt.NDArray[np.float32], classes: npt.NDArray[np.int64], chosen: npt.NDArray[np.bool_]) -> float:
    """The share of the rows that are not `chosen` whose nearest class mean is their own; each class counts the same."""
    rows = rows - rows[chosen].mean(axis=0)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    means = np.stack([rows[chosen & (classes == number)].mean(axis=0) for number in range(classes.max() + 1)])
    held_out, truth = rows[~chosen], classes[~chosen]
    distances = (means**2).sum(axis=1) - 2 * held_out @ means.T
    right = distances.argmin(axis=1) == truth
    return float(np.mean([right[truth == number].mean() for number in np.unique(truth)]))
