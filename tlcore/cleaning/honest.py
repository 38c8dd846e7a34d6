"""What an honest split is worth: the same quick model, once with groups torn apart at random, once with each on a side.

Every photo is predicted by a model that did not learn from it, for either way to split, several times. The interval of
the difference comes from drawing the groups again and again (bootstrap), since photos of a group are right or wrong
together.
"""

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

from tlcore.cleaning.quick_model import Codes, Floats, make_folds, predict_folds, summarise
from tlcore.cleaning.results import SplitWorth
from tlcore.intervals import wilson_interval

REPEATS = 2
MOST_PHOTOS = 2_000  # more say little more, and take long
DRAWS = 1_000

Shares = npt.NDArray[np.float64]


def choose_rows(groups: Codes, seed: int = 0) -> Codes:
    """The rows of whole groups, drawn at random until there are `MOST_PHOTOS`; all where there are no more."""
    order = np.random.default_rng(seed).permutation(np.unique(groups))
    sizes = np.bincount(groups, minlength=int(groups.max()) + 1)[order]
    kept = order[np.cumsum(sizes) <= MOST_PHOTOS]
    return np.flatnonzero(np.isin(groups, kept)) if len(kept) else np.arange(min(len(groups), MOST_PHOTOS))


def correct_shares(features: Floats, labels: Codes, groups: Codes, seed: int = 0) -> Generator[int, None, Shares]:
    """How often each photo is predicted correctly, 0–1, with every group on one side; not a number where it never was.

    Yields 1 for each model that was trained.
    """
    summary, num_classes = summarise(features), int(labels.max()) + 1
    correct, times = np.zeros(len(labels)), np.zeros(len(labels))
    for repeat in range(REPEATS):
        for fold, found in predict_folds(summary, labels, num_classes, make_folds(labels, groups, seed + repeat)):
            correct[fold.predict] += found.argmax(axis=1) == labels[fold.predict]
            times[fold.predict] += 1
            yield 1
    with np.errstate(invalid="ignore"):
        shares: Shares = correct / times
    return shares


def split_worth(key: str, groups: Codes, at_random: Shares, honest: Shares, seed: int = 0) -> SplitWorth | None:
    """Both scores with what chance leaves open; None where a split by these groups cannot be tried.

    Args:
        at_random, honest: what `correct_shares` gives for the photos by themselves, and for the groups.
    """
    known = np.isfinite(at_random) & np.isfinite(honest)
    if not known.any():
        return None
    codes = np.unique(groups[known], return_inverse=True)[1]
    number, total = int(codes.max()) + 1, int(known.sum())
    first, second = float(at_random[known].mean()), float(honest[known].mean())
    low, high = _interval(codes, (at_random - honest)[known], seed)
    return SplitWorth(
        key,
        number,
        total,
        first,
        wilson_interval(first * total, total),
        second,
        wilson_interval(second * number, number),
        (low, high),
    )


def _interval(codes: Codes, differences: Shares, seed: int) -> tuple[float, float]:
    """The 95% interval of the mean difference, with whole groups drawn."""
    sums, sizes = np.bincount(codes, differences), np.bincount(codes)
    draws = np.random.default_rng(seed).multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), DRAWS)
    low, high = np.quantile(draws @ sums / (draws @ sizes), (0.025, 0.975))
    return float(low), float(high)
