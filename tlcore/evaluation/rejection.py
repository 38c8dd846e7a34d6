"""When an answer is "none of these": the familiarity that a photo needs, what that costs, and both as plain values.

The threshold is a dial: it is set by the share of known photos that are to be kept. What is stored is where known
photos lie, so that the dial can be moved later, and what each setting costs on the test photos.
"""

from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
import numpy.typing as npt

USUAL_KEPT = 0.95
STEPS = 100  # of the dial: whole percents


@dataclass(frozen=True)
class Cost:
    """What a setting of the dial costs: of `total` photos, how many are answered, and how many of those rightly."""

    total: int
    answered: int
    correct: int


@dataclass(frozen=True)
class RejectionRule:
    """Which photos are known.

    Attributes:
        kept: the share of known photos that is kept, 0–1, where nobody chooses another.
        quantiles: 101 values of familiarity, rising: that of number p keeps at least 100 − p percent of known photos.
        num_photos: known photos, which the prototypes had not seen, that the quantiles were counted on.
        total: test photos that the costs were counted on.
        answered, correct: 101 counts each, by the number of the quantile.
    """

    kept: float
    quantiles: tuple[float, ...]
    num_photos: int
    total: int
    answered: tuple[int, ...]
    correct: tuple[int, ...]

    def threshold(self, kept: float | None = None) -> float:
        """The familiarity below which a photo is none of the classes; 0, so that all are answered, for keeping all.

        Args:
            kept: 0–1, rounded to whole percents; None: the rule's own.
        """
        return self.quantiles[self._place(kept)]

    def cost(self, kept: float | None = None) -> Cost:
        """What keeping this share costs on the test photos."""
        place = self._place(kept)
        return Cost(self.total, self.answered[place], self.correct[place])

    def _place(self, kept: float | None) -> int:
        chosen = self.kept if kept is None else kept
        return STEPS - min(STEPS, max(0, round(chosen * STEPS)))

    def to_dict(self) -> dict[str, Any]:
        """The rule as it stands in `model.json`."""
        return {
            "kept": self.kept,
            "threshold": self.threshold(),
            "photos": self.num_photos,
            "quantiles": list(self.quantiles),
            "test": {"total": self.total, "answered": list(self.answered), "correct": list(self.correct)},
        }

    @classmethod
    def from_dict(cls, values: Any) -> "RejectionRule":
        """The rule of a `to_dict`.

        Raises:
            ValueError, KeyError, TypeError: a value is missing, of another type, or does not fit the others.
        """
        test = values["test"]
        quantiles = tuple(_share(value) for value in values["quantiles"])
        answered, correct = (tuple(_count(value) for value in test[name]) for name in ("answered", "correct"))
        rule = cls(
            _share(values["kept"]), quantiles, _count(values["photos"]), _count(test["total"]), answered, correct
        )
        falls = all(later <= before for each in (answered, correct) for before, later in zip(each, each[1:]))
        rises = all(before <= later for before, later in zip(quantiles, quantiles[1:]))
        fits = all(right <= given <= rule.total for given, right in zip(answered, correct))
        if {len(quantiles), len(answered), len(correct)} != {STEPS + 1} or not (falls and rises and fits):
            raise ValueError("The familiarity of known photos contradicts itself.")
        return rule


def count_cost(familiarity: npt.NDArray[np.floating], correct: npt.NDArray[np.bool_], threshold: float) -> Cost:
    """What a threshold costs on photos of the classes; one of which nobody knows how familiar it is (NaN) is answered.

    Args:
        familiarity: of each photo, 0–1, (n,). correct: whether it was predicted rightly, bool (n,).
    """
    answered = ~(np.asarray(familiarity, np.float32) < np.float32(threshold))
    return Cost(len(answered), int(answered.sum()), int((answered & correct).sum()))


def make_rule(
    known: npt.NDArray[np.float32], test: npt.NDArray[np.float32], correct: npt.NDArray[np.bool_]
) -> RejectionRule:
    """The rule for the usual share.

    Args:
        known: how familiar known photos are that the prototypes have not seen, float32 (n,), n > 0.
        test: how familiar each test photo is, float32 (m,). correct: whether it was predicted rightly, bool (m,).
    """
    quantiles = tuple(_quantile(np.sort(known), place) for place in range(STEPS + 1))
    answered = [test >= np.float32(threshold) for threshold in quantiles]
    return RejectionRule(
        USUAL_KEPT,
        quantiles,
        len(known),
        len(test),
        tuple(int(each.sum()) for each in answered),
        tuple(int((each & correct).sum()) for each in answered),
    )


def _quantile(ordered: npt.NDArray[np.float32], percent: int) -> float:
    """The familiarity that at least 100 − `percent` of a hundred new known photos reach, on average.

    Of n exchangeable photos and a new one, each place in the order is equally likely for the new one, so the k-th
    lowest leaves out k of n + 1 (split conformal prediction, Vovk et al. 2005).
    """
    if percent == 0:
        return 0.0
    place = min(len(ordered), max(1, floor((len(ordered) + 1) * percent / STEPS)))
    return float(ordered[place - 1])


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise TypeError(f"Not a count: {value!r:.50}")
    return value


def _share(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise TypeError(f"Not a share: {value!r:.50}")
    return float(value)
