"""Whether one model is better than another by more than chance, judged on the same test photos.

Two models that saw the same photos are told apart by the photos on which exactly one of them is right (McNemar 1947);
where both are right or both are wrong, nothing can be learned about which is better. Dietterich (1998) recommends this
test for models that were trained once. It speaks of these trained models: trained again, they can come out otherwise.
No SciPy here, since the web process asks too.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.errors import UserError
from tlcore.intervals import wilson_interval

LEVEL = 0.05  # how often a difference may be called larger than chance where there is none, all pairs together


@dataclass(frozen=True)
class Verdict:
    """The better of two models against the other, by their keys in `compare`.

    Attributes:
        best: the one with more photos right; the one named first where both have as many.
        only_best, only_other: photos that only the one, only the other got right.
        p: how often chance alone makes such a difference or a larger one, 0–1, corrected for the number of pairs.
        beyond_chance: whether that is rare enough (at most `LEVEL`).
    """

    best: str
    other: str
    only_best: int
    only_other: int
    p: float

    @property
    def beyond_chance(self) -> bool:
        return self.p <= LEVEL


@dataclass(frozen=True)
class Difference:
    """Of two shares of different photos, the second minus the first: where it plausibly lies (95%), -1 to 1."""

    low: float
    high: float

    @property
    def beyond_chance(self) -> bool:
        """Whether no difference at all lies outside of that."""
        return self.low > 0 or self.high < 0


def difference_of_shares(first: tuple[int, int], second: tuple[int, int]) -> Difference:
    """How far apart two shares of different photos are.

    R. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven methods",
    Statistics in Medicine 17 (1998), method 10.

    Args:
        first, second: photos that were right, and all.
    """
    (one, low_one, high_one), (two, low_two, high_two) = (
        (correct / total if total else 0.5, *wilson_interval(correct, total)) for correct, total in (first, second)
    )
    difference = two - one
    return Difference(
        difference - math.hypot(two - low_two, high_one - one),
        difference + math.hypot(high_two - two, one - low_one),
    )


def compare(predictions: Mapping[str, pd.DataFrame]) -> list[Verdict]:
    """Every pair of models: the best against each other one, then the second best against those below it, and so on.

    Within each, those that come closest stand first. The best is the one with the most photos right, the first of them
    where several have as many.

    Args:
        predictions: a frame for each model as `Report.predictions` has it: path, sha256, label, correct.

    Raises:
        UserError: they were not tested on the same photos with the same labels.
    """
    right = _side_by_side(predictions)
    pairs = list(combinations(sorted(right, key=lambda name: -int(right[name].sum())), 2))
    counts = [_only(right[one], right[other]) for one, other in pairs]
    # All pairs, not only those with the best: it is the best because it came out ahead, so that comparing it with each
    # other one is choosing the widest of all gaps. Eight equal models on 1,000 photos: a difference in 3 of 100 tries
    # when all pairs count, in 10 of 100 when only those with the best do.
    ps = holm([exact_mcnemar(*only) for only in counts])
    return [Verdict(*pair, *only, p) for pair, only, p in zip(pairs, counts, ps, strict=True)]


def with_best(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Of all pairs, as `compare` gives them, those with the best model of all."""
    return [verdict for verdict in verdicts if verdict.best == verdicts[0].best]


def clear_among_others(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Of all pairs, those without the best model whose difference is larger than chance, the clearest first."""
    others = [verdict for verdict in verdicts if verdict.best != verdicts[0].best and verdict.beyond_chance]
    return sorted(others, key=lambda verdict: verdict.p)


def check_same_photos(predictions: Mapping[str, pd.DataFrame]) -> None:
    """Raise UserError unless the frames of these models are of the same photos with the same labels."""
    _side_by_side(predictions)


def _side_by_side(predictions: Mapping[str, pd.DataFrame]) -> dict[str, npt.NDArray[np.bool_]]:
    """For each model whether it was right, bool (photos,), in the same order of photos for all."""
    sorted_rows = {name: frame.sort_values("path", ignore_index=True) for name, frame in predictions.items()}
    names = list(sorted_rows)
    for name in names[1:]:
        photos, first = (sorted_rows[each][["path", "sha256", "label"]].astype(str) for each in (name, names[0]))
        if not photos.equals(first):
            raise UserError(
                f"“{names[0]}” and “{name}” were not tested on the same photos, so they can’t be compared.",
                "Train both on the same data set.",
            )
    return {name: rows["correct"].to_numpy(bool) for name, rows in sorted_rows.items()}


def _only(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """How many photos only the one, only the other got right."""
    return int((one & ~other).sum()), int((other & ~one).sum())


def exact_mcnemar(only_one: int, only_other: int) -> float:
    """How often a fair coin, thrown once for each photo that only one model got right, falls this unevenly: 0–1.

    McNemar (1947), with the exact binomial distribution in place of his approximation, which needs 25 such photos and
    more. The sum is one of whole numbers, so nothing is rounded before the last division.

    Args:
        only_one, only_other: photos that only the one model, only the other one got right; 0 or more.
    """
    thrown = only_one + only_other
    ways = total = 1  # to choose 0 of them
    for chosen in range(min(only_one, only_other)):
        ways = ways * (thrown - chosen) // (chosen + 1)
        total += ways
    return min(1.0, 2 * total / (1 << thrown))  # both sides; an even split would count its middle twice


def holm(ps: Sequence[float]) -> list[float]:
    """The probabilities corrected for their number (Holm 1979): at most `LEVEL` of all tries then err in any of them.

    Args:
        ps: 0–1, in any order. Returns them in the same order, each at least as large as it was.
    """
    corrected, largest = [0.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda place: ps[place])):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[place]))
        corrected[place] = largest
    return corrected
