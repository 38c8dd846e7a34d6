"""What the trainings of a learning curve answered, and how sure that is: chance is in the photos and in the fits.

Which photos were tested is a matter of chance, and so is which ones each model learned from. The first is the variance
between photos; the second is by how much the models of one size differ beyond it, as in a random-effects meta-analysis
(DerSimonian and Laird 1986). For the first alone Bayle et al. (2020) show that intervals of cross-validation are right.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tlcore.analysis.power_law import Floats
from tlcore.intervals import Z, wilson_interval

Codes = npt.NDArray[np.int64]
PSEUDO = 2
"""Photos that are right at all sizes, and as many that are wrong, that the variance is taken with (Agresti and Coull
1998): where all were right, the next one may still be wrong."""


@dataclass(frozen=True)
class Answers:
    """`correct`: (photos, sizes), 1 where a photo was right at a size, else 0; `folds`, `labels`: (photos,), by which
    models it was tested and its class; `sizes`: (sizes,), photos that the models learned from, on average."""

    correct: Floats
    folds: Codes
    labels: Codes
    sizes: Floats

    @property
    def accuracy(self) -> Floats:
        """The share that was right at each size, (sizes,)."""
        return np.asarray(self.correct.mean(axis=0), np.float64)

    def covariance(self) -> Floats:
        """Of the accuracies at all sizes, (sizes, sizes): photos are common to all sizes, trainings are not."""
        number = len(self.correct)
        padded = np.concatenate([self.correct, np.ones((PSEUDO, len(self.sizes))), np.zeros((PSEUDO, len(self.sizes)))])
        photos: Floats = np.atleast_2d(np.cov(padded.T, bias=True)) / (number + 2 * PSEUDO)
        return photos + np.diag([self._between(size) for size in range(len(self.sizes))])

    def interval(self, size: int) -> tuple[float, float]:
        """The 95% interval of the accuracy at a size: Wilson's, for as many photos as would leave the same doubt."""
        share, number = float(self.accuracy[size]), len(self.correct)
        spread = share * (1 - share)
        if spread:
            number = max(1, round(spread / (spread / number + self._between(size))))
        return wilson_interval(share * number, number)

    def _between(self, size: int) -> float:
        """The variance of the mean accuracy at a size that the models' own training photos explain.

        So few models leave it uncertain, so it is at least what all sizes say on average.
        """
        return max(self._all_between[size], float(np.mean(self._all_between)))

    @cached_property
    def _all_between(self) -> list[float]:
        return [between(self.correct[:, size], self.folds) for size in range(len(self.sizes))]


def between(values: Floats, folds: Codes) -> float:
    """The variance of the mean of values that lies between folds, beyond that between photos; 0 or more.

    Args:
        values, folds: (photos,).
    """
    names, counts = np.unique(folds, return_counts=True)
    if len(names) < 2:
        return 0.0
    means = np.array([values[folds == name].mean() for name in names])
    by_chance = float(np.mean(values.var() / counts))
    return _few(len(names)) * max(0.0, float(means.var(ddof=1)) - by_chance) / len(names)


def _few(folds: int) -> float:
    """By how much more a variance between so few folds has to count: Student's distribution instead of the normal."""
    from scipy.stats import t  # not at the top, since pages read what was found

    return float((t.ppf(0.975, folds - 1) / Z) ** 2)


def mean_and_error(values: Floats, folds: Codes) -> tuple[float, float]:
    """The mean of values, (photos,), and its standard error from photos and fits."""
    return float(values.mean()), float(np.sqrt(values.var() / len(values) + between(values, folds)))
