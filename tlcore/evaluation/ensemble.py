"""What several models say together: the average of their probabilities, or a vote, and how much each of them counts.

Plain arithmetic on tables of probabilities; nothing here knows of runs or files. serving/merge.py does the same inside
a model file.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.rejection import RejectionRule

AVERAGE, VOTE = "average", "vote"
METHODS = (AVERAGE, VOTE)

TIE_BREAK = 0.05
"""How much the average of the probabilities counts beside the votes, so that a tie goes to the class that the models
find more probable. Below 1 / (models + 1) it never overrules a vote: 12 models are the most."""

PRIOR = 1.0
"""Photos that each model gets for nothing when weights are fitted: of few photos, weights stay near equal."""

_TINY = 1e-12

Floats = npt.NDArray[np.floating]
Codes = npt.NDArray[np.integer]
Rows = npt.NDArray[np.float32]


def combine(probabilities: Sequence[Floats], weights: Sequence[float], method: str = AVERAGE) -> Rows:
    """The probabilities of an ensemble, float32 (n, classes).

    Args:
        probabilities: of each model (n, classes). weights: of each model, 0 or more, which add up to 1.
        method: `AVERAGE`, the weighted mean of the probabilities, or `VOTE`: each model has one vote for its most
            probable class, and the result is the share of the votes, with a little of the average for ties.

    Raises:
        ValueError: the shapes differ, there are not as many weights, or another method.
    """
    stacked = np.stack([np.asarray(each, np.float32) for each in probabilities])
    shares = np.asarray(weights, np.float32)
    if method not in METHODS or shares.shape != stacked.shape[:1]:
        raise ValueError(f"Received: {method!r}, weights {shares.shape}. Allowed: {METHODS}, {stacked.shape[:1]}.")
    average = np.tensordot(shares, stacked, axes=1)
    if method == AVERAGE:
        return average.astype(np.float32)
    is_top = (stacked == stacked.max(axis=2, keepdims=True)).astype(np.float32)
    votes = np.tensordot(shares, is_top / is_top.sum(axis=2, keepdims=True), axes=1)
    return ((1 - TIE_BREAK) * votes + TIE_BREAK * average).astype(np.float32)


def equal_weights(number: int) -> tuple[float, ...]:
    """The weights of models that all count the same."""
    return (1 / number,) * number


def fit_weights(probabilities: Sequence[Floats], truth: Codes) -> tuple[float, ...]:
    """The weights of an average under which the right classes are most likely; they add up to 1.

    A linear opinion pool (M. Stone, 1961) whose weights minimise the log loss: stacking (D. Wolpert, 1992) with weights
    that are not negative (L. Breiman, "Stacked regressions", 1996). The loss is convex in the weights. `PRIOR` (a
    symmetric Dirichlet prior) is least at equal weights, so on these photos the result is never worse than those.

    Args:
        probabilities: of each model (n, classes), on photos that it did not learn from. truth: class numbers (n,).
    """
    from scipy.optimize import minimize

    number, rows = len(probabilities), np.arange(len(truth))
    of_truth = np.stack([np.maximum(np.asarray(each, np.float64)[rows, truth], _TINY) for each in probabilities], 1)

    def loss(weights: Floats) -> float:
        shares = np.maximum(weights, _TINY)
        return float(-np.log(of_truth @ shares).sum() - PRIOR * np.log(shares).sum())

    def slope(weights: Floats) -> Floats:
        shares = np.maximum(weights, _TINY)
        return np.asarray(-(of_truth / (of_truth @ shares)[:, None]).sum(axis=0) - PRIOR / shares)

    equal = np.asarray(equal_weights(number))
    found = minimize(
        loss,
        equal,
        jac=slope,
        method="SLSQP",
        bounds=[(1e-6, 1.0)] * number,
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1, "jac": np.ones_like},
    )
    weights = np.clip(found.x, 0, 1) / np.clip(found.x, 0, 1).sum() if np.isfinite(found.x).all() else equal
    if log_loss(probabilities, weights, truth) > log_loss(probabilities, equal, truth):  # the search failed
        weights = equal
    return tuple(float(weight) for weight in weights)


def log_loss(probabilities: Sequence[Floats], weights: Sequence[float] | Floats, truth: Codes) -> float:
    """The mean cross-entropy of the average, in nats."""
    rows = np.arange(len(truth))
    of_truth = np.stack([np.asarray(each, np.float64)[rows, truth] for each in probabilities], 1)
    return float(-np.log(np.maximum(of_truth @ np.asarray(weights), _TINY)).mean())


def combine_familiarity(familiarities: Sequence[Floats], weights: Sequence[float]) -> Rows:
    """How familiar a photo is to an ensemble: the weighted mean, float32 (n,).

    Not the smallest: cosine similarities of different networks lie on different scales, so the smallest would be that
    of one network only.
    """
    return np.tensordot(np.asarray(weights, np.float32), np.stack(familiarities), axes=1).astype(np.float32)


def combine_rules(
    rules: Sequence[RejectionRule], weights: Sequence[float], test: Rows, correct: npt.NDArray[np.bool_]
) -> RejectionRule:
    """The rule for the mean familiarity: its quantiles are the weighted means of the models' own.

    That is exact where the models order photos alike, as those with the same network do. Where they differ, the mean
    of several spreads less than each of them, and at least as many known photos are kept as the rule says.

    Args:
        test: how familiar each test photo is to the ensemble, float32 (m,). correct: whether it was right, bool (m,).
    """
    means = np.average(np.asarray([rule.quantiles for rule in rules]), axis=0, weights=np.asarray(weights))
    quantiles = tuple(float(value) for value in np.clip(np.maximum.accumulate(means), 0, 1))
    answered = [test >= np.float32(threshold) for threshold in quantiles]
    return RejectionRule(
        rules[0].kept,
        quantiles,
        min(rule.num_photos for rule in rules),
        len(test),
        tuple(int(each.sum()) for each in answered),
        tuple(int((each & correct).sum()) for each in answered),
    )
