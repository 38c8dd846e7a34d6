"""Whether the learning rate of a training suits it, judged by its losses. What else curves show: curve_warnings.py."""

import math
from collections.abc import Sequence

import numpy as np

from tlcore.config import TrainConfig, defaults_for
from tlcore.evaluation.curves import (
    AGREE,
    Diverged,
    LearningRateChange,
    LearningRateTooHigh,
    LearningRateTooLow,
    LossAboveUniform,
    TrainingCurves,
    WorseThanHead,
)
from tlcore.evaluation.overfitting import best_epoch
from tlcore.events import EpochEnd

LEAST_EPOCHS = 5  # of one phase, before its pace is judged: by chance five losses fall in a row in 1 of 120 orders
OVERSHOT = 1.5  # times the loss of knowing nothing; photos with labels at random, the hardest there are, reach 1.2
WORSE = 2.0  # standard deviations of a difference between two counts of photos; so far down are 1 of 40 by chance
STRAIGHT, BEGINNING = 1 / 3, 1.5  # see `_is_straight`
STUCK = 0.02  # of the loss of knowing nothing; with 300 photos chance alone moves the loss by as much
MUCH_LEFT = 0.25  # of the same loss, on validation photos; below it they go so well that more would change little
SOME_LEFT = 0.05  # of the same loss, on training photos; below it there is nothing left to learn from them
WARM_UP_SHARE = 0.1  # of the cosine schedule, as training/optimise.py has it
LEAST_RATE = 1e-6  # the least that the settings allow


def learning_rate_too_high(curves: TrainingCurves) -> LearningRateTooHigh | None:
    """Whether the network gets worse, in the first phase that shows it."""
    before: EpochEnd | None = None
    for phase in curves.phases:
        sign = _diverged(phase) or _loss_above_uniform(phase, curves) or _worse_than_head(phase, curves, before)
        if sign is not None:
            return LearningRateTooHigh(sign, smaller_learning_rate(phase, curves.config))
        before = best_epoch(phase)
    return None


def _diverged(phase: Sequence[EpochEnd]) -> Diverged | None:
    finite = all(math.isfinite(end.loss) and math.isfinite(end.val_loss) for end in phase)
    return None if finite else Diverged()


def _loss_above_uniform(phase: Sequence[EpochEnd], curves: TrainingCurves) -> LossAboveUniform | None:
    """A whole epoch with a loss far above that of knowing nothing: the network was very sure of wrong answers, as it
    gets by going too far in the right direction. None where it has recovered since."""
    worst, best = max(phase, key=lambda end: end.loss), min(phase, key=lambda end: end.val_loss)
    if worst.loss < OVERSHOT * curves.uniform_loss or best.val_loss < curves.uniform_loss / 2:
        return None
    return LossAboveUniform(worst.epoch, worst.loss, curves.uniform_loss)


def _worse_than_head(
    phase: Sequence[EpochEnd], curves: TrainingCurves, before: EpochEnd | None
) -> WorseThanHead | None:
    """A fine-tuned network that does worse than the head it began with, on known photos too, and does not recover."""
    latest = phase[-AGREE:]
    if before is None or len(latest) < AGREE or not curves.num_validation:
        return None
    share = before.val_accuracy
    bound = share - WORSE * math.sqrt(2 * share * (1 - share) / curves.num_validation)
    if not all(end.val_accuracy < bound and end.accuracy < before.accuracy for end in latest):
        return None
    return WorseThanHead(latest[-1].val_accuracy, share)


def learning_rate_too_low(curves: TrainingCurves) -> LearningRateTooLow | None:
    """Whether the planned epochs end long before the network has learned what it could.

    The usual learning rate is never called too low, since then it is the epochs that are few; nor is a higher one,
    which can leave a network where nothing moves any more.
    """
    phase = curves.phases[-1]
    setting, rate, usual = _rate(phase, curves.config)
    if len(phase) < LEAST_EPOCHS or rate >= usual or phase[-1].val_loss < MUCH_LEFT * curves.uniform_loss:
        return None
    if _excess(phase[-1], curves) < SOME_LEFT * curves.uniform_loss:
        return None
    stuck = _is_stuck(phase, curves)
    if not stuck and not _is_straight(phase, curves.config):
        return None
    return LearningRateTooLow(len(phase), stuck, LearningRateChange(setting, usual))


def _excess(end: EpochEnd, curves: TrainingCurves) -> float:
    """The training loss above the least that label smoothing leaves of it."""
    smoothing, classes = curves.config.label_smoothing, max(2, len(curves.labels))
    shares = [1 - smoothing + smoothing / classes, *[smoothing / classes] * (classes - 1)]
    return end.loss + sum(share * math.log(share) for share in shares if share)


def _is_stuck(phase: Sequence[EpochEnd], curves: TrainingCurves) -> bool:
    """Whether the training loss has moved neither down nor up by more than chance moves it."""
    losses = [end.loss for end in phase]
    return max(losses) - min(losses) < STUCK * curves.uniform_loss


def _is_straight(phase: Sequence[EpochEnd], config: TrainConfig) -> bool:
    """Whether both losses fall like a straight line, without the bend of a training that comes to its end.

    A loss that approaches its lowest value covers, in every stretch of the way, the same share of what is left. If it
    falls r times as far in the second half of the way as in the first, r² of the fall is still to come; with r ≥ 1/3
    after the last epoch, a tenth. While a training runs, that r is reckoned from the one so far. Above 1.5 the fall is
    not slow, it begins.
    """
    latest = [end.val_loss for end in phase[-LEAST_EPOCHS:]]
    if any(after >= earlier for earlier, after in zip(latest, latest[1:])):
        return False
    planned = config.fine_tune_epochs if phase[0].phase == "fine_tune" else config.epochs
    steps = [_sum_of_steps(number, planned, config.schedule) for number in range(1, len(phase) + 1)]
    whole = max(1.0, (_sum_of_steps(planned, planned, config.schedule) - steps[0]) / (steps[-1] - steps[0]))
    for losses in ([end.loss for end in phase], [end.val_loss for end in phase]):
        middle = float(np.interp((steps[0] + steps[-1]) / 2, steps, losses))
        first, second = losses[0] - middle, middle - losses[-1]
        if first <= 0 or not first * STRAIGHT ** (1 / whole) <= second <= first * BEGINNING:
            return False
    return True


def _sum_of_steps(number: int, planned: int, schedule: str) -> float:
    """How far a training has come after `number` epochs: the sum of its learning rates, in epochs at the full one."""
    if schedule != "cosine":
        return float(number)
    share, turn = min(1.0, number / planned), math.pi / (1 - WARM_UP_SHARE)
    if share < WARM_UP_SHARE:
        return planned * share**2 / (2 * WARM_UP_SHARE)
    after = share - WARM_UP_SHARE
    return planned * (WARM_UP_SHARE / 2 + (after + math.sin(turn * after) / turn) / 2)


def smaller_learning_rate(phase: Sequence[EpochEnd], config: TrainConfig) -> LearningRateChange:
    """What to do about a learning rate that is too high: the usual one, or a tenth where it was that or less."""
    setting, rate, usual = _rate(phase, config)
    if rate <= LEAST_RATE:
        return LearningRateChange(setting, None)
    return LearningRateChange(setting, usual if rate > usual else max(LEAST_RATE, rate / 10))


def is_larger_than_usual(phase: Sequence[EpochEnd], config: TrainConfig) -> bool:
    """Whether the learning rate of a phase is larger than is usual for its strategy."""
    _, rate, usual = _rate(phase, config)
    return rate > usual


def _rate(phase: Sequence[EpochEnd], config: TrainConfig) -> tuple[str, float, float]:
    """The setting that holds the learning rate of a phase, its value, and the usual one."""
    usual = defaults_for(config.strategy)
    if phase[0].phase == "fine_tune":
        return "fine_tune_learning_rate", config.fine_tune_learning_rate, usual.fine_tune_learning_rate
    return "learning_rate", config.learning_rate, usual.learning_rate
