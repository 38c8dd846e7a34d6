"""The interval of an accuracy counted on photos that belong together in groups: pictures of one animal, copies.

Photos of one group are right or wrong together, so n of them say less than n independent ones. How much less is the
design effect (L. Kish, "Survey Sampling", 1965); Wilson's interval is then that of n divided by it, with Student's
distribution in place of the normal one where groups are few (E. Korn and B. Graubard, "Confidence intervals for
proportions with small expected number of positive counts estimated from survey data", Survey Methodology 24, 1998;
N. Dean and M. Pagano, "Evaluating confidence interval methods for binomial proportions in clustered surveys", Journal
of Survey Statistics and Methodology 3, 2015).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tlcore.intervals import wilson_interval


@dataclass(frozen=True)
class Clustered:
    """An interval (0–1). `num_groups`: as many as photos where none belong together; `effective`: how many independent
    photos say as much."""

    low: float
    high: float
    num_groups: int
    effective: float


def clustered_interval(correct: npt.NDArray[np.bool_], groups: npt.NDArray[np.integer]) -> Clustered:
    """The 95% interval of the share that is correct.

    Args:
        correct: (n,). groups: (n,), equal numbers for photos that belong together.
    """
    total = len(correct)
    low, high = wilson_interval(int(correct.sum()), total)
    return Clustered(low, high, len(np.unique(groups)), total)
