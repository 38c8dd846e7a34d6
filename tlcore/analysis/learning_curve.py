"""Would more photos help? The learning curve of a run: how good it is with fewer photos, and what that says of more.

`learning_fits.py` does the trainings; here is what follows from their answers, and what of it is kept on disk.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from tlcore.analysis.answers import Answers, mean_and_error
from tlcore.analysis.fits import SHARES
from tlcore.analysis.power_law import PowerLaws, draw_errors, fit_power_laws
from tlcore.analysis.results import load_result, save_result
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run

WHAT = "learning-curve"
VERSION = 1
FACTORS = (2, 4)
"""So many times the photos are looked ahead to."""
STEPS = 12  # points of the drawn continuation
START_SECONDS, LEAST_SECONDS = 5.0, 0.1  # of TensorFlow's import, and of a training of next to no photos
LAST_SIZES = 3  # that tell how much a class still gains: what it gained from its first photos says little of more
LEVEL = 0.05  # how often a class may be said to stand out where none does
LEAST_GAIN, SMALL_GAIN = 0.005, 0.01
"""Of the accuracy: a gain that is surely larger than the first is worth photos, one surely below the second is not."""


@dataclass(frozen=True)
class CurvePoint:
    """An accuracy with its 95% interval, 0–1, of models that learned from `num_photos`."""

    num_photos: float
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class ClassGain:
    """By how much the recall of a class grows when the photos double, in shares 0–1, with a 95% interval."""

    label: str
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class LearningCurve:
    """What more photos would bring.

    Attributes:
        points: measured, the fewest photos first. fitted: the power law through them, from the fewest photos to four
            times the most; beyond the most, `low` and `high` are the 95% range of what to expect.
        forecasts: what to expect with 2 and 4 times the photos. gain: the 95% interval of what the accuracy gains by
            twice the photos, never below 0; None without forecasts.
        gains: a row a class. stands_out: the class that gains more than the others by more than chance, "" for none.
        num_tested: photos that were predicted, each at every size by models without it.
        exact: whether these are the run's own trainings; else they are of a head on its network before fine-tuning.
        done, total: trainings; a curve that is still being made has fewer done, and no forecasts yet.
    """

    points: tuple[CurvePoint, ...]
    fitted: tuple[CurvePoint, ...]
    forecasts: tuple[CurvePoint, ...]
    gain: tuple[float, float] | None
    gains: tuple[ClassGain, ...]
    stands_out: str
    num_tested: int
    exact: bool
    done: int
    total: int

    @property
    def now(self) -> CurvePoint:
        """With all photos that there are."""
        return self.points[-1]

    @property
    def is_whole(self) -> bool:
        return self.done == self.total

    @property
    def helps(self) -> bool:
        """Whether twice the photos surely bring something."""
        return self.gain is not None and self.gain[0] > LEAST_GAIN

    @property
    def hardly_helps(self) -> bool:
        """Whether they surely bring next to nothing."""
        return self.gain is not None and self.gain[1] < SMALL_GAIN


def make_curve(answers: Answers, labels: tuple[str, ...], exact: bool, done: int, total: int) -> LearningCurve:
    """The curve that answers give; `labels`: the names of the classes."""
    accuracy, sizes = answers.accuracy, answers.sizes
    points = [CurvePoint(float(n), float(accuracy[i]), *answers.interval(i)) for i, n in enumerate(sizes)]
    if done < total:
        return LearningCurve(tuple(points), (), (), None, (), "", len(answers.correct), exact, done, total)
    covariance = answers.covariance()
    variances = np.diag(covariance)
    best = fit_power_laws(sizes, 1 - accuracy[None], variances)
    drawn = fit_power_laws(sizes, draw_errors(1 - accuracy, covariance), variances)
    last = float(sizes[-1])
    along = np.geomspace(float(sizes[0]), FACTORS[-1] * last, STEPS + 1)
    fitted = [_expected(best, drawn, n) for n in sorted({*along.tolist(), last})]
    forecasts = [_expected(best, drawn, factor * last) for factor in FACTORS]
    less = drawn.errors(last) - drawn.errors(FACTORS[0] * last)
    return LearningCurve(
        points=tuple(points),
        fitted=tuple(fitted),
        forecasts=tuple(forecasts),
        gain=(float(np.quantile(less, 0.025)), float(np.quantile(less, 0.975))),
        gains=class_gains(answers, labels),
        stands_out=stands_out(answers, labels),
        num_tested=len(answers.correct),
        exact=exact,
        done=done,
        total=total,
    )


def _expected(best: PowerLaws, drawn: PowerLaws, num_photos: float) -> CurvePoint:
    low, high = np.quantile(1 - drawn.errors(num_photos), (0.025, 0.975))
    accuracy = float(1 - best.errors(num_photos)[0])
    return CurvePoint(float(num_photos), accuracy, float(min(low, accuracy)), float(max(high, accuracy)))


def class_gains(answers: Answers, labels: tuple[str, ...]) -> tuple[ClassGain, ...]:
    """What each class that was tested gains when the photos double."""
    slopes, z = _slopes(answers), NormalDist().inv_cdf(0.975)
    found = []
    for place, label in enumerate(labels):
        own = answers.labels == place
        if own.any():
            gain, error = mean_and_error(slopes[own], answers.folds[own])
            found.append(ClassGain(label, gain, gain - z * error, gain + z * error))
    return tuple(found)


def stands_out(answers: Answers, labels: tuple[str, ...]) -> str:
    """The class that gains more than the others together; "" where chance alone may make it look so.

    The one that gains most is chosen among all of them, so the level is divided by their number (Bonferroni).
    """
    gains = class_gains(answers, labels)
    most = max(gains, key=lambda each: each.gain, default=None)
    if most is None or len(gains) < 2 or most.gain <= 0:
        return ""
    slopes, own = _slopes(answers), answers.labels == labels.index(most.label)
    (gain, error), (others, other_error) = (mean_and_error(slopes[each], answers.folds[each]) for each in (own, ~own))
    needed = NormalDist().inv_cdf(1 - LEVEL / len(gains)) * float(np.hypot(error, other_error))
    return most.label if gain - others > needed else ""


def _slopes(answers: Answers) -> np.ndarray:
    """By how much each photo gains with each doubling over the last sizes, least squares: (photos,), their mean is that
    of the class."""
    doublings = np.log2(answers.sizes[-LAST_SIZES:])
    centred = doublings - doublings.mean()
    found: np.ndarray = answers.correct[:, -LAST_SIZES:] @ (centred / (centred**2).sum())
    return found


def fit_seconds(run: Run) -> float:
    """What a training on a part of the photos takes, by what the run's own head took."""
    return LEAST_SECONDS + 0.5 * sum(end.seconds for end in job_status(run).epochs if end.phase == "head")


def estimate_seconds(run: Run, num_folds: int) -> float:
    """What a whole curve takes, once TensorFlow is there and the network has seen all photos."""
    return START_SECONDS + num_folds * len(SHARES) * fit_seconds(run)


def save_curve(folder: Path, curve: LearningCurve) -> None:
    """Keep a curve, also one that is not whole yet, in the folder of its job. Raises UserError: the disk is full."""
    save_result(folder, VERSION, asdict(curve))


def load_curve(folder: Path) -> LearningCurve | None:
    """The curve in a job's folder, None where there is none (yet)."""
    found = load_result(folder, VERSION)
    try:
        return _parse(found[0]) if found else None
    except (KeyError, TypeError, ValueError):
        return None


def load_whole_curve(folder: Path) -> LearningCurve | None:
    """The curve, None also where it was not made to its end."""
    curve = load_curve(folder)
    return curve if curve is not None and curve.is_whole else None


def _parse(values: dict[str, Any]) -> LearningCurve:
    points = {name: tuple(CurvePoint(**each) for each in values[name]) for name in ("points", "fitted", "forecasts")}
    gains = tuple(ClassGain(**each) for each in values["gains"])
    gain = tuple(values["gain"]) if values["gain"] else None
    return LearningCurve(**(values | points | {"gain": gain, "gains": gains}))
