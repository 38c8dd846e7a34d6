"""Probabilities that mean something: one temperature, and how far a stated confidence is from how often it is right.

C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On Calibration of Modern Neural Networks", ICML 2017: dividing all logits by
one number changes no prediction, only how sure it sounds. No TensorFlow; SciPy only where a temperature is fitted.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.intervals import wilson_interval
from tlcore.workspace import read_json, write_json

CALIBRATION = "calibration.json"
LEAST, MOST = 0.25, 10.0  # no temperature is lower or higher
MIN_PHOTOS = 30  # fewer say nothing about probabilities
SPREAD = 0.5  # standard deviation of the prior of log T around 0: it counts only where photos are few
MOST_BINS, PHOTOS_PER_BIN = 10, 10
DRAWS = 500
BEYOND_CHANCE = 1.645  # standard errors of a mean
CROSS_VALIDATION, VALIDATION = "cross-validation", "validation"
TINY = 1e-30  # what a probability is at least, before its logarithm

Floats = npt.NDArray[np.floating[Any]]
Codes = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Bin:
    """Photos of about the same confidence. `confidence`: its mean; `correct` of `total`; `low`, `high`: 95% interval of
    their share (Wilson), 0–1."""

    confidence: float
    correct: int
    total: int
    low: float
    high: float


@dataclass(frozen=True)
class Reliability:
    """How confidence and correctness go together.

    `error`: the expected calibration error (0–1), the mean distance between the confidence of a bin and the share of it
    that is correct, weighted by photos; `low`, `high`: its 95% interval. `bins`: from the least confident on.
    """

    error: float
    low: float
    high: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Calibration:
    """The temperature of a shipped model, and what it changes.

    `temperature`: what its logits are divided by, 1 where nothing was changed. `source`: what it was fitted on,
    `CROSS_VALIDATION` (photos predicted out of fold) or `VALIDATION`. `total`: photos that before and after were
    counted on. `before`, `after`: counted on photos that the temperature they were divided by was not fitted on; None
    where there are too few.
    """

    temperature: float
    source: str
    total: int
    before: Reliability | None = None
    after: Reliability | None = None


def divide_by(probabilities: Floats, temperature: float) -> npt.NDArray[np.float32]:
    """The probabilities that a model gives whose logits are divided by a temperature: float32 (n, classes).

    Args:
        probabilities: those that it gives as it is. A temperature t is taken back by dividing by 1 / t.
    """
    logs = np.log(np.maximum(np.asarray(probabilities, np.float64), TINY)) / temperature
    powers = np.exp(logs - logs.max(axis=1, keepdims=True)) if len(logs) else logs
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32) if len(logs) else powers.astype(np.float32)


def fit_temperature(probabilities: Floats, truth: Codes) -> float:
    """The temperature (`LEAST` to `MOST`) under which these classes are most likely, 1 where there are too few photos.

    A prior keeps it near 1 where photos are few: twenty that are all correct would else ask for certainty.

    Args:
        probabilities: (n, classes), of photos that the model did not learn from. truth: their class numbers (n,).
    """
    if len(truth) < MIN_PHOTOS:
        return 1.0
    from scipy.optimize import minimize_scalar

    logs = np.log(np.maximum(np.asarray(probabilities, np.float64), TINY))
    found = minimize_scalar(
        lambda log_t: _loss(logs / np.exp(log_t), truth) * len(truth) + log_t**2 / (2 * SPREAD**2),
        bounds=(np.log(LEAST), np.log(MOST)),
        method="bounded",
    )
    return float(np.exp(found.x))


def cross_fitted(probabilities: Floats, truth: Codes, folds: Codes) -> npt.NDArray[np.float32]:
    """The probabilities of each fold divided by the temperature that the other folds ask for: float32 (n, classes)."""
    result = np.array(probabilities, np.float32)
    for fold in np.unique(folds):
        inside = folds == fold
        result[inside] = divide_by(probabilities[inside], fit_temperature(probabilities[~inside], truth[~inside]))
    return result


def helps(probabilities: Floats, changed: Floats, truth: Codes) -> bool:
    """Whether changed probabilities give the right classes more likelihood, by more than chance (95%, one-sided)."""
    if len(truth) < 2:
        return False
    before, after = (_losses(_logs(each), truth) for each in (probabilities, changed))
    gains = before - after
    return bool(gains.mean() > BEYOND_CHANCE * gains.std(ddof=1) / np.sqrt(len(gains)))


def negative_log_likelihood(probabilities: Floats, truth: Codes) -> float:
    """The mean cross-entropy in nats."""
    return _loss(_logs(probabilities), truth)


def _logs(probabilities: Floats) -> npt.NDArray[np.float64]:
    return np.log(np.maximum(np.asarray(probabilities, np.float64), TINY))


def _loss(logits: Floats, truth: Codes) -> float:
    return float(np.mean(_losses(logits, truth)))


def _losses(logits: Floats, truth: Codes) -> npt.NDArray[np.float64]:
    """The cross-entropy of each row in nats, (n,)."""
    top = logits.max(axis=1, keepdims=True)
    losses: npt.NDArray[np.float64] = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
    return losses - logits[np.arange(len(truth)), truth]


def measure_reliability(probabilities: Floats, truth: Codes, seed: int = 0) -> Reliability | None:
    """The bins and the expected calibration error of predictions; None for fewer than `MIN_PHOTOS`.

    Each bin has as many photos (J. Nixon et al., "Measuring Calibration in Deep Learning", CVPR workshops 2019): where
    most photos are predicted with near certainty, bins of equal width would leave nearly all in one. The interval is
    the basic bootstrap's, since drawing photos again makes the error itself larger.

    Args:
        probabilities: (n, classes). truth: class numbers (n,).
    """
    if len(truth) < MIN_PHOTOS:
        return None
    confidence, hits = np.asarray(probabilities, np.float64).max(axis=1), probabilities.argmax(axis=1) == truth
    order = np.argsort(confidence, kind="stable")
    bins = tuple(_bin(confidence[rows], hits[rows]) for rows in _parts(order))
    error = sum(abs(each.correct - each.confidence * each.total) for each in bins) / len(truth)
    random, draws = np.random.default_rng(seed), []
    for _ in range(DRAWS):
        drawn = random.integers(len(truth), size=len(truth))
        drawn = drawn[np.argsort(confidence[drawn], kind="stable")]
        apart = confidence[drawn] - hits[drawn]
        draws.append(sum(abs(apart[rows].sum()) for rows in _parts(np.arange(len(drawn)))) / len(drawn))
    least, most = np.quantile(draws, (0.025, 0.975))
    return Reliability(error, max(0.0, 2 * error - most), min(1.0, max(error, 2 * error - least)), bins)


def _parts(order: Codes) -> list[Codes]:
    return np.array_split(order, max(1, min(MOST_BINS, len(order) // PHOTOS_PER_BIN)))


def _bin(confidence: Floats, hits: npt.NDArray[np.bool_]) -> Bin:
    correct, total = int(hits.sum()), len(hits)
    return Bin(float(confidence.mean()), correct, total, *wilson_interval(correct, total))


def save_calibration(folder: Path, calibration: Calibration) -> None:
    """Write it into a run's folder. Raises UserError: the disk is full."""
    write_json(folder / CALIBRATION, calibration_values(calibration))


def calibration_values(calibration: Calibration) -> dict[str, Any]:
    """The calibration as plain values for JSON."""
    return {
        "temperature": calibration.temperature,
        "source": calibration.source,
        "total": calibration.total,
        "before": _values(calibration.before),
        "after": _values(calibration.after),
    }


def load_calibration(folder: Path) -> Calibration | None:
    """What `save_calibration` wrote; None where nothing was (by an earlier version), or it is damaged."""
    try:
        values = read_json(folder / CALIBRATION)
        before, after = (_reliability(values[name]) for name in ("before", "after"))
        return Calibration(float(values["temperature"]), str(values["source"]), int(values["total"]), before, after)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _values(reliability: Reliability | None) -> dict[str, Any] | None:
    if reliability is None:
        return None
    bins = [vars(each) for each in reliability.bins]
    return {"error": reliability.error, "interval_95": [reliability.low, reliability.high], "bins": bins}


def _reliability(values: Any) -> Reliability | None:
    if values is None:
        return None
    low, high = values["interval_95"]
    bins = tuple(Bin(**row) for row in values["bins"])
    return Reliability(float(values["error"]), float(low), float(high), bins)
