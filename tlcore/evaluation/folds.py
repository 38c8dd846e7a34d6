"""The folds of a cross-validation: every photo in one of them, what belongs together on one side, classes evenly.

scikit-learn does the dealing; here is how many folds there are, and that every class can be learned in each of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.errors import UserError

USUAL_FOLDS, MOST_FOLDS = 5, 10
FEW_PHOTOS = 200
"""Up to so many photos there are `MOST_FOLDS`: a model of 5 folds would lack a fifth of what is little already."""

TRIES = 20  # ways to deal groups, of which one has to leave each class something to learn from

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fold:
    """The rows (numbers) that a model learns from, those that tell it when to stop, and those that it predicts."""

    train: Codes
    validation: Codes
    predict: Codes


def num_folds(labels: Sequence[str] | pd.Series, groups: Sequence[str] | pd.Series, most: int = MOST_FOLDS) -> int:
    """How many folds: 10 up to 200 photos, else 5; fewer where a class has fewer groups. 0 where none are possible.

    Args:
        labels, groups: of each photo its class, and what it belongs to; equal for photos that stay together.
        most: folds, where each takes long.
    """
    frame = pd.DataFrame({"label": list(labels), "group": list(groups)})
    fewest = int(frame.groupby("label")["group"].nunique().min()) if len(frame) else 0
    wanted = MOST_FOLDS if len(frame) <= FEW_PHOTOS else USUAL_FOLDS
    return min(wanted, fewest, most) if fewest >= 2 else 0


def make_folds(labels: Codes, groups: Codes, count: int, validation_share: float, seed: int = 0) -> list[Fold]:
    """The folds; the same arguments give the same ones.

    Args:
        labels, groups: (n,), numbers as `num_folds` takes names. count: from `num_folds`.
        validation_share: of the photos that are not predicted, which are cut off to tell when to stop; 0–1.

    Raises:
        UserError: groups are so large that some class cannot be learned in every fold.
    """
    for attempt in range(TRIES):
        parts = list(_deal(labels, groups, count, seed + attempt))
        if all(_teaches_all(labels, learn) for learn, _ in parts):
            return [_fold(labels, groups, learn, predict, validation_share, seed) for learn, predict in parts]
    raise UserError(
        "These photos can’t be tested once each: all photos of a class belong to one or two groups.",
        "Add photos of other groups to it.",
    )


def _deal(labels: Codes, groups: Codes, count: int, seed: int) -> list[tuple[Codes, Codes]]:
    """What is learned from and what is predicted, for each fold."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    rows = np.zeros(len(labels))
    if len(np.unique(groups)) == len(groups):  # by groups it takes seconds for ten thousand photos
        return list(StratifiedKFold(count, shuffle=True, random_state=seed).split(rows, labels))
    return list(StratifiedGroupKFold(count, shuffle=True, random_state=seed).split(rows, labels, groups))


def _teaches_all(labels: Codes, learn: Codes) -> bool:
    return len(np.unique(labels[learn])) == len(np.unique(labels))


def _fold(labels: Codes, groups: Codes, learn: Codes, predict: Codes, share: float, seed: int) -> Fold:
    held_out = hold_out(labels[learn], groups[learn], share, seed)
    return Fold(learn[~held_out], learn[held_out], np.sort(predict))


def hold_out(labels: Codes, groups: Codes, share: float, seed: int = 0) -> npt.NDArray[np.bool_]:
    """Which rows are held out: about this share of the groups of every class, and never the last one of any.

    Args:
        labels, groups: (n,). share: 0–1; where it is more than 0, at least one row of those that can be spared.
    """
    homes = pd.DataFrame({"label": labels, "group": groups}).drop_duplicates("group")  # of two classes, by the first
    order = np.random.default_rng(seed).permutation(len(homes))
    chosen: set[int] = set()
    for _, home in homes.iloc[order].groupby("label", sort=True):
        least = 1 if share else 0
        number = min(max(least, round(share * len(home))), len(home) - 1)
        chosen.update(home["group"].iloc[:number].tolist())
    held_out = np.isin(groups, list(chosen))
    for label in np.setdiff1d(labels, labels[~held_out]):  # a group of two classes took the last of the other
        held_out[np.isin(groups, groups[labels == label])] = False
    return held_out
