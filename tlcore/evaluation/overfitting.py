"""Overfitting in numbers: the epoch that a training keeps, and how much better it did on the photos it learned from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.events import EpochEnd
from tlcore.intervals import wilson_interval

CLIMB = 0.1  # a validation loss that is higher by less is no turn: it wobbles by as much from epoch to epoch


@dataclass(frozen=True)
class Gap:
    """The kept epoch and the shares (0–1) that were right in it.

    `low` and `high`: where the validation share plausibly lies (95%). `beyond_chance`: the training photos went better
    by more than chance. `climbs`: afterwards the validation loss went up for good, while the training loss fell.
    """

    epoch: int
    training: float
    validation: float
    low: float
    high: float
    beyond_chance: bool
    climbs: bool


def best_epoch(epochs: Sequence[EpochEnd]) -> EpochEnd:
    """The epoch whose weights a run keeps, as the last of these epochs has it.

    Older files do not have it. Then it was the one with the lowest validation loss; of fine-tuning that with the
    highest accuracy, if it was better than the head that it began with.

    Args:
        epochs: at least one.
    """
    for end in epochs:
        if end.epoch == epochs[-1].best_epoch_so_far:
            return end
    head = [end for end in epochs if end.phase != "fine_tune"]
    tuned = [end for end in epochs if end.phase == "fine_tune"]
    if not tuned:
        return min(head, key=lambda end: end.val_loss)
    adapted = max(tuned, key=_by_accuracy)
    if not head:
        return adapted
    best = min(head, key=lambda end: end.val_loss)
    return adapted if _by_accuracy(adapted) > _by_accuracy(best) else best


def measure_gap(epochs: Sequence[EpochEnd], num_training: int, num_validation: int) -> Gap:
    """The gap in the kept epoch.

    Whether it is more than chance: the 95% interval of a difference of two shares, R. Newcombe, "Interval estimation
    for the difference between independent proportions", Statistics in Medicine 17 (1998), method 10.

    Args:
        epochs: at least one. num_training, num_validation: how many photos the shares were counted on.
    """
    kept = best_epoch(epochs)
    low, high = wilson_interval(kept.val_accuracy * num_validation, num_validation)
    least = wilson_interval(kept.accuracy * num_training, num_training)[0]
    reach = math.hypot(kept.accuracy - least, high - kept.val_accuracy)
    beyond = kept.accuracy - kept.val_accuracy > reach
    return Gap(kept.epoch, kept.accuracy, kept.val_accuracy, low, high, beyond, _climbs(epochs, kept))


def _by_accuracy(end: EpochEnd) -> tuple[float, float]:
    return end.val_accuracy, -end.val_loss


def _climbs(epochs: Sequence[EpochEnd], kept: EpochEnd) -> bool:
    """Whether the losses part ways after the kept epoch; the median of the last ones, since single ones wobble."""
    later = [end for end in epochs if end.epoch > kept.epoch and end.phase == kept.phase]
    if len(later) < 3:
        return False
    tail = sorted(later[-3:], key=lambda end: end.val_loss)[1]
    return tail.val_loss > kept.val_loss * (1 + CLIMB) and later[-1].loss < kept.loss
