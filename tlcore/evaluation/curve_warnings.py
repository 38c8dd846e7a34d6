"""What the curves of a training warn of, while it runs and after, as values; messages/curve_warnings.py has the words.

A warning is given only where the figures carry it. There is chance in every count of validation photos, so shares are
compared through their 95% interval; losses wobble from epoch to epoch, so several epochs have to agree. Every
threshold stands here or in learning_rate.py with its reason, and is tested on recorded trainings that do and that do
not show what it is for.
"""

import math
from collections.abc import Sequence
from dataclasses import fields
from statistics import mean, median

from tlcore.config import TrainConfig
from tlcore.data.augment import Augmentation
from tlcore.evaluation.curves import (
    AGREE,
    ClassNeverPredicted,
    CurveWarning,
    Overfitting,
    TrainingCurves,
    ValidationTooSmall,
)
from tlcore.evaluation.learning_rate import (
    is_larger_than_usual,
    learning_rate_too_high,
    learning_rate_too_low,
    smaller_learning_rate,
)
from tlcore.evaluation.overfitting import best_epoch
from tlcore.events import EpochEnd
from tlcore.intervals import wilson_interval

LARGE_GAP, SMALL_GAP = 0.1, 0.05  # shares of photos; two to five points are usual where there are few photos
CLIMB = 1.1  # times its lowest value; a validation loss that only wobbles goes up by less
FIRST_EPOCHS = 2  # where the best epoch is one of these, the steps are so large that nothing came after
WIDE = 0.2  # of an interval, ± 10 points: a network that is good cannot be told from one that is not
MOST_COUNTED = 100  # validation photos; with so many every interval is narrower than that
RARELY = 0.05  # how often a network that knows all classes may leave one out by chance


def find_curve_warnings(
    epochs: Sequence[EpochEnd],
    config: TrainConfig,
    num_validation: Sequence[int],
    labels: Sequence[str],
    is_over: bool = False,
) -> list[CurveWarning]:
    """What a person should know about a training with these epochs; empty while all is well or nobody can tell yet.

    What another warning explains is left out: a wrong learning rate shows in everything else.

    Args:
        epochs: those until now, in order.
        num_validation: how many validation photos each class has, in the order of `labels`.
        is_over: whether an epoch was chosen to be kept; then the figures are of that one, as everywhere else.
    """
    if not epochs:
        return []
    curves = TrainingCurves(tuple(epochs), config, tuple(num_validation), tuple(labels))
    wrong_rate = learning_rate_too_high(curves) or learning_rate_too_low(curves)
    silent = None if wrong_rate else _never_predicted(curves)
    most_are_silent = silent is not None and len(silent.labels) > len(labels) / 2
    overfitting = None if wrong_rate or most_are_silent else _overfitting(curves, is_over)
    found = (wrong_rate, overfitting, silent, _validation_too_small(curves))
    return [warning for warning in found if warning is not None]


def _overfitting(curves: TrainingCurves, is_over: bool) -> Overfitting | None:
    """The photos it learns from go much better than others, and what it learns now does not help with others."""
    phase, total = curves.phases[-1], curves.num_validation
    best, latest = min(phase, key=lambda end: end.val_loss), phase[-AGREE:]
    if phase[-1].epoch - best.epoch < AGREE or phase[-1].loss >= best.loss or _still_rises(phase, total):
        return None
    known, others = mean(end.accuracy for end in latest), mean(end.val_accuracy for end in latest)
    high = wilson_interval(others * total, total)[1]
    climbs = median(end.val_loss for end in latest) > CLIMB * best.val_loss
    if known < high or known - others < (SMALL_GAP if climbs else LARGE_GAP):
        return None
    told = best_epoch(curves.epochs) if is_over else phase[-1]
    low, high = wilson_interval(told.val_accuracy * total, total)
    to_blame = best in phase[:FIRST_EPOCHS] and is_larger_than_usual(phase, curves.config)
    return Overfitting(
        epoch=told.epoch,
        kept=is_over,
        accuracy=told.accuracy,
        val_accuracy=told.val_accuracy,
        low=low,
        high=high,
        apart=told.accuracy > high,
        best_epoch=best.epoch,
        change=smaller_learning_rate(phase, curves.config) if to_blame else None,
        fine_tuning=phase[0].phase == "fine_tune",
        augmented=any(getattr(curves.config, change.name) for change in fields(Augmentation)),
    )


def _still_rises(phase: Sequence[EpochEnd], total: int) -> bool:
    """Whether the validation accuracy has just got better by more than chance, as it may while the loss climbs: a
    fine-tuned network grows too sure of itself before it is done."""
    earlier = max((end.val_accuracy for end in phase[:-AGREE]), default=0.0)
    deviation = math.sqrt(earlier * (1 - earlier) / max(1, total))
    return max(end.val_accuracy for end in phase[-AGREE:]) > earlier + deviation


def _never_predicted(curves: TrainingCurves) -> ClassNeverPredicted | None:
    """The classes that are predicted for no validation photo, where that is no chance.

    If every class were predicted as often as there are photos of it, classes with k photos together would all be left
    out by chance with a probability below e⁻ᵏ. There are n single classes and 2ⁿ sets of classes to look at.
    """
    epochs = [*curves.phases[-1][-AGREE:], best_epoch(curves.epochs)]
    classes = len(curves.labels)
    if len(epochs) <= AGREE or any(len(end.val_prediction_counts) != classes for end in epochs):
        return None
    silent = [number for number in range(classes) if not any(end.val_prediction_counts[number] for end in epochs)]
    single, together = math.log(classes / RARELY), classes * math.log(2) - math.log(RARELY)
    if sum(curves.counts[number] for number in silent) < together:
        silent = [number for number in silent if curves.counts[number] >= single]
    if not silent:
        return None
    rare = max(curves.counts[number] for number in silent) < mean(curves.counts) / 2
    return ClassNeverPredicted(
        labels=tuple(curves.labels[number] for number in silent),
        num_photos=sum(curves.counts[number] for number in silent),
        num_validation=curves.num_validation,
        rare=rare and not curves.config.class_weights,
    )


def _validation_too_small(curves: TrainingCurves) -> ValidationTooSmall | None:
    """So few validation photos that the accuracy could be nearly anything."""
    share, total = best_epoch(curves.epochs).val_accuracy, curves.num_validation
    low, high = wilson_interval(share * total, total)
    if high - low <= WIDE:
        return None
    enough = next(count for count in range(total, MOST_COUNTED) if _width(share, count) <= WIDE)
    return ValidationTooSmall(total, share, low, high, enough)


def _width(share: float, total: int) -> float:
    low, high = wilson_interval(share * total, total)
    return high - low
