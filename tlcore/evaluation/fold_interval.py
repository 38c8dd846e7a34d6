"""The 95% interval of a cross-validation's accuracy: Wilson's, for fewer photos than were counted.

How many fewer has two reasons (docs/evaluation.md says how well it works):

- The models of the folds learned from photos that others are tested on, so their results hang together, and the spread
  of a cross-validation is larger than that of as many independent photos (Y. Bengio and Y. Grandvalet, "No unbiased
  estimator of the variance of k-fold cross-validation", JMLR 5, 2004; S. Bates, T. Hastie, R. Tibshirani,
  "Cross-validation: what does it estimate and how well does it do it?", JASA 119, 2024; C. Nadeau and Y. Bengio,
  "Inference for the generalization error", Machine Learning 52, 2003). How much larger cannot be estimated from one
  data set; `BETWEEN_FOLDS` is what it was on average where the truth was known.
- Photos that belong together are right or wrong together: the design effect (L. Kish, "Survey Sampling", 1965; N. Dean
  and M. Pagano, "Evaluating confidence interval methods for binomial proportions in clustered surveys", Journal of
  Survey Statistics and Methodology 3, 2015). How large it is, few groups tell only roughly, so Student's t with as many
  degrees of freedom as groups less one takes the place of the normal distribution, as still fewer photos (E. Korn and
  B. Graubard, "Confidence intervals for proportions with small expected number of positive counts estimated from survey
  data", Survey Methodology 24, 1998; Dean and Pagano have it for Wilson's interval).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tlcore.intervals import wilson_interval

BETWEEN_FOLDS = 1.4
"""The variance of a cross-validation's accuracy around that of its models on new photos, in variances of as many
independent photos: 1.1 to 1.75 in the simulations, and on real features (docs/evaluation.md)."""


@dataclass(frozen=True)
class FoldInterval:
    """An interval (0–1). `num_groups`: as many as photos where none belong together; `effective`: how many independent
    photos say as much."""

    low: float
    high: float
    num_groups: int
    effective: float


def fold_interval(correct: npt.NDArray[np.bool_], groups: npt.NDArray[np.integer]) -> FoldInterval:
    """The interval of the accuracy of the models of the folds on new photos, of new groups where photos have groups.

    Args:
        correct: (n,), out of fold. groups: (n,), equal numbers for photos that belong together.
    """
    total = len(correct)
    codes = np.unique(groups, return_inverse=True)[1]
    effective = total / (BETWEEN_FOLDS * design_effect(correct, codes)) * _known_spread(correct, codes)
    share = float(np.mean(correct)) if total else 0.0
    low, high = wilson_interval(share * effective, effective)
    return FoldInterval(low, high, int(codes.max(initial=-1)) + 1, effective)


def widest_interval(correct: int, sizes: Sequence[int]) -> tuple[float, float]:
    """The 95% interval (0–1) of a share of photos in groups, where all photos of a group were right or wrong together:
    Wilson's, for as few photos as say as much then.

    Args:
        correct: photos that were right. sizes: photos of each group.
    """
    total = sum(sizes)
    effective = total / _largest_design_effect(np.asarray(sizes))
    return wilson_interval(correct / total * effective, effective)


def _known_spread(correct: npt.NDArray[np.bool_], groups: npt.NDArray[np.integer]) -> float:
    """How much less photos say since few groups tell only roughly how far they spread, ≤ 1.

    (t(photos − 1) / t(groups − 1))²; 1 where the design effect is at one of its ends, and so was not estimated.
    """
    from scipy.special import stdtrit

    total, sizes = len(correct), np.bincount(groups)
    if not 1 < design_effect(correct, groups) < _largest_design_effect(sizes):
        return 1.0
    return float((stdtrit(total - 1, 0.975) / stdtrit(len(sizes) - 1, 0.975)) ** 2)


def design_effect(correct: npt.NDArray[np.bool_], groups: npt.NDArray[np.integer]) -> float:
    """How many times larger the variance of a share is than that of independent photos, at least 1.

    At most as if all photos of a group were the same; that is also assumed where all photos are correct, or none.

    Args:
        correct, groups: (n,), as above; groups are numbered from 0.
    """
    total, sizes = len(correct), np.bincount(groups)
    if total == len(sizes) or len(sizes) < 2:
        return 1.0
    share, most = float(np.mean(correct)), _largest_design_effect(sizes)
    if share in (0.0, 1.0):
        return most
    apart = np.bincount(groups, weights=correct) - share * sizes
    variance = len(sizes) / (len(sizes) - 1) * float((apart**2).sum()) / total**2
    return min(most, max(1.0, variance * total / (share * (1 - share))))


def _largest_design_effect(sizes: npt.NDArray[np.integer]) -> float:
    """That of groups of these sizes whose photos are all the same."""
    return float((sizes.astype(float) ** 2).sum()) / int(sizes.sum())
