"""The split by groups: all photos of one site, animal or burst on one side, and every class as even as can be.

As scikit-learn's StratifiedGroupKFold, groups are dealt out one after the other, the largest first, each to the part
that it brings closest to what it should have; then each may still move. Own code, for the reasons in split.py: every
class has photos in each part, and the same photos give the same answer in any order.
"""

import numpy as np
import pandas as pd

from tlcore.data.manifest import SPLITS
from tlcore.data.split import MIN_PHOTOS, draw, group_keys
from tlcore.errors import TooFewPhotos

ROUNDS = 4
"""Passes over all groups in which each may still move to a better part."""

_LARGE = 1e3  # more than any cost: that a part has something of a class goes before how much


def split_groups(
    photos: pd.DataFrame, seed: int = 0, fractions: tuple[float, float, float] = (0.70, 0.15, 0.15)
) -> pd.Series:
    """Part photos by groups.

    Args:
        photos: sha256, label, group (str or None; a photo without one is a group of its own).
        seed: the same seed gives the same parts, whatever the order of the rows.
        fractions: of the photos of each class, for train, validation and test.

    Returns:
        "train", "validation" or "test" for every row, with the index of `photos`.

    Raises:
        TooFewPhotos: a class has fewer than three groups, or its groups cannot be parted so that each part has one.
    """
    keys = group_keys(photos)
    counts = pd.crosstab(keys, photos["label"])
    order = sorted(counts.index, key=lambda key: draw(str(key), seed))
    table = counts.loc[order].to_numpy(dtype=float)
    _check_groups(table, list(counts.columns))
    single = table.sum(axis=1) == 1  # most photos, often: they are dealt out at once, to make up for the others
    places = np.full(len(table), -1)
    places[~single] = _deal(table[~single], table[single].sum(axis=0), table.sum(axis=0), np.array(fractions))
    for number in range(table.shape[1]):
        mine = np.flatnonzero(single & (table[:, number] > 0))
        there = [int(table[places == part, number].sum()) for part in range(3)]
        places[mine] = np.repeat(range(3), _counts(there, len(mine), fractions))
    _check_parts(table, places, list(counts.columns))
    parts = dict(zip(order, (SPLITS[place] for place in places)))
    return keys.map(parts)


def _counts(there: list[int], num_singles: int, fractions: tuple[float, float, float]) -> list[int]:
    """How many single photos of a class go into each part, one at a time to where most is missing, first of all any."""
    counts = [0, 0, 0]
    total = sum(there) + num_singles
    for _ in range(num_singles):
        missing = [fraction * total - have - more for fraction, have, more in zip(fractions, there, counts)]
        empty = [have + more == 0 for have, more in zip(there, counts)]
        part = max(range(3), key=lambda each: (empty[each], missing[each]))
        counts[part] += 1
    return counts


def _deal(table: np.ndarray, singles: np.ndarray, totals: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """The part, 0 to 2, of each group.

    Args:
        table: float (groups, classes), the photos of each. singles: of each class, photos that are dealt out later.
        totals: of each class, all photos. fractions: of the parts.
    """
    shares = table / totals  # every class counts alike
    there = table > 0
    off = np.repeat(-fractions[:, None], table.shape[1], axis=1)  # what each part has too much of, as a share
    num_groups = np.zeros_like(off)
    left = there.sum(axis=0) + singles
    places = np.full(len(table), -1)
    for number in np.argsort(-shares.max(axis=1), kind="stable") if len(table) else ():
        share, mine = shares[number], there[number]
        empty = num_groups == 0
        must = mine & (left <= empty.sum(axis=0))  # the last groups of a class go where it has none yet
        part = int(np.argmin(_costs(off, share) - _LARGE * (empty & must).sum(axis=1)))
        places[number] = part
        off[part] += share
        num_groups[part] += mine
        left = left - mine
    for _ in range(ROUNDS):
        if not _improve(shares, places, off, num_groups):
            break
    return places


def _improve(shares: np.ndarray, places: np.ndarray, off: np.ndarray, num_groups: np.ndarray) -> bool:
    """Move each group to another part where that is better, and no part loses its last group of a class."""
    moved = False
    for number, share in enumerate(shares):
        here, mine = int(places[number]), share > 0
        off[here] -= share
        num_groups[here] -= mine
        costs = _costs(off, share) - _LARGE * ((num_groups == 0) & mine).sum(axis=1)
        best = int(np.argmin(costs)) if costs.min() < costs[here] - 1e-12 else here
        moved |= best != here
        places[number] = best
        off[best] += share
        num_groups[best] += mine
    return moved


def _costs(off: np.ndarray, share: np.ndarray) -> np.ndarray:
    """By how much the sum of the squares in `off` grows when a group is put into each of the parts."""
    grown: np.ndarray = (share * (2 * off + share)).sum(axis=1)
    return grown


def _check_groups(table: np.ndarray, labels: list[str]) -> None:
    num_groups = (table > 0).sum(axis=0)
    small = [label for label, number in zip(labels, num_groups) if number < MIN_PHOTOS]
    if not small:
        return
    number = int(num_groups[labels.index(small[0])])
    raise TooFewPhotos(
        f"The photos of {small[0]} are in only {number} {'group' if number == 1 else 'groups'}.",
        f"Every class needs photos in at least {MIN_PHOTOS} groups: for training, validation and testing. Add photos "
        "from another group, use smaller groups, or leave the class out.",
        tuple(small) if len(labels) - len(small) >= 2 else (),
    )


def _check_parts(table: np.ndarray, places: np.ndarray, labels: list[str]) -> None:
    for number, label in enumerate(labels):
        for part, name in enumerate(SPLITS):
            if not (table[places == part, number] > 0).any():
                raise TooFewPhotos(
                    f"The groups can’t be split so that {label} has photos in every part ({name} has none).",
                    "Use smaller groups, add photos from other groups, or leave the class out.",
                    (),
                )
