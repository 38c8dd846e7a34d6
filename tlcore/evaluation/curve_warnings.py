"""What the curves of a training warn of, while it runs and after: each in a sentence, with one thing to do about it.

A warning is given only where the figures carry it. There is chance in every count of validation photos, so shares are
compared through their 95 % interval; losses wobble from round to round, so several rounds have to agree. Every
threshold stands here or in rate.py with its reason, and is tested on recorded trainings that do and that do not show
what it is for.
"""

import math
from collections.abc import Sequence
from dataclasses import fields
from statistics import mean, median

from tlcore.config import TrainConfig
from tlcore.data.augment import Augmentation
from tlcore.evaluation.learning_rate import (
    AGREE,
    CurveWarning,
    Training,
    has_large_steps,
    learning_rate_too_high,
    learning_rate_too_low,
    percent,
    smaller_steps,
)
from tlcore.evaluation.overfitting import best_epoch
from tlcore.events import EpochEnd
from tlcore.intervals import wilson_interval

LARGE_GAP, SMALL_GAP = 0.1, 0.05  # shares of photos; two to five points are usual where there are few photos
CLIMB = 1.1  # times its lowest value; a validation loss that only wobbles goes up by less
FIRST_ROUNDS = 2  # where the best round is one of these, the steps are so large that nothing came after
WIDE = 0.2  # of an interval, ± 10 points: a network that is good cannot be told from one that is not
MOST_COUNTED = 100  # validation photos; with so many every interval is narrower than that
RARELY = 0.05  # how often a network that knows all classes may leave one out by chance
MOST_NAMED = 3  # classes; more are counted


def warn(
    epochs: Sequence[EpochEnd], config: TrainConfig, num_validation: Sequence[int], labels: Sequence[str]
) -> list[CurveWarning]:
    """What a person should know about a training with these rounds; empty while all is well or nobody can tell yet.

    What another warning explains is not told as well: steps of a wrong size show in everything else.

    Args:
        epochs: the rounds until now, in order.
        num_validation: how many validation photos each class has, in the order of `labels`.
    """
    if not epochs:
        return []
    training = Training(tuple(epochs), config, tuple(num_validation), tuple(labels))
    rate = learning_rate_too_high(training) or learning_rate_too_low(training)
    silent = [] if rate else _never_predicted(training)
    by_heart = None if rate or len(silent) > len(labels) / 2 else _over_fitting(training)
    told = (rate, by_heart, _say_silent(training, silent) if silent else None, _too_small(training))
    return [warning for warning in told if warning is not None]


def _over_fitting(training: Training) -> CurveWarning | None:
    """The photos it learns from go much better than others, and what it learns now does not help with others."""
    phase, total = training.phases[-1], training.num_validation
    best, latest = min(phase, key=lambda end: end.val_loss), phase[-AGREE:]
    if phase[-1].epoch - best.epoch < AGREE or phase[-1].loss >= best.loss or _still_rises(phase, total):
        return None
    known, others = mean(end.accuracy for end in latest), mean(end.val_accuracy for end in latest)
    low, high = wilson_interval(others * total, total)
    climbs = median(end.val_loss for end in latest) > CLIMB * best.val_loss
    if known < high or known - others < (SMALL_GAP if climbs else LARGE_GAP):
        return None
    what = (
        f"It learns its photos by heart (over-fitting): of those {percent(known)} are right, of the validation "
        f"photos {percent(others)} (plausibly {_range(low, high)}), whose loss has not fallen since round "
        f"{best.epoch}."
    )
    return CurveWarning("over-fitting", what, _less_by_heart(phase, best, training.config))


def _still_rises(phase: list[EpochEnd], total: int) -> bool:
    """Whether the validation accuracy has just got better by more than chance, as it may while the loss climbs: an open
    network grows too sure of itself before it is done."""
    earlier = max((end.val_accuracy for end in phase[:-AGREE]), default=0.0)
    chance = math.sqrt(earlier * (1 - earlier) / max(1, total))
    return max(end.val_accuracy for end in phase[-AGREE:]) > earlier + chance


def _less_by_heart(phase: list[EpochEnd], best: EpochEnd, config: TrainConfig) -> str:
    """The one thing that helps most, of those that were not done yet."""
    if best in phase[:FIRST_ROUNDS] and has_large_steps(phase, config):
        return smaller_steps(phase, config)
    is_open = phase[0].phase == "fine_tune"
    kept = (
        "An earlier round is kept where it was clearly better."
        if is_open
        else ("The best round is kept, so nothing is lost.")
    )
    if any(getattr(config, change.name) for change in fields(Augmentation)):
        return f"Add photos. {kept}"
    return f"Add photos, or vary those you have (augmentation). {kept}"


def _never_predicted(training: Training) -> list[int]:
    """The numbers of the classes that are the answer for no validation photo, where that is no chance.

    If every class were the answer as often as there are photos of it, classes with k photos together would all be left
    out by chance with a probability below e⁻ᵏ. There are n single classes and 2ⁿ sets of classes to look at.
    """
    rounds = [*training.phases[-1][-AGREE:], best_epoch(training.epochs)]
    classes = len(training.labels)
    if len(rounds) <= AGREE or any(len(end.val_prediction_counts) != classes for end in rounds):
        return []
    silent = [number for number in range(classes) if not any(end.val_prediction_counts[number] for end in rounds)]
    single, together = math.log(classes / RARELY), classes * math.log(2) - math.log(RARELY)
    if sum(training.counts[number] for number in silent) >= together:
        return silent
    return [number for number in silent if training.counts[number] >= single]


def _say_silent(training: Training, silent: list[int]) -> CurveWarning:
    photos = sum(training.counts[number] for number in silent)
    names = [f"“{training.labels[number]}”" for number in silent[:MOST_NAMED]]
    if len(silent) > MOST_NAMED:
        names.append(f"{len(silent) - MOST_NAMED} more")
    who, them = (
        (f"The class {names[0]} is", "it")
        if len(silent) == 1
        else (f"The classes {', '.join(names[:-1])} and {names[-1]} are", "them")
    )
    what = (
        f"{who} never the answer (never predicted): {photos} of the {training.num_validation} validation photos "
        f"are of {them}."
    )
    rare = max(training.counts[number] for number in silent) < mean(training.counts) / 2
    if rare and not training.config.class_weights:
        return CurveWarning(
            "class-never-predicted", what, f"Add photos of {them}, or let rare classes count more (class weights)."
        )
    return CurveWarning(
        "class-never-predicted",
        what,
        "Let it learn for more rounds; if that does not help, look whether these photos have the right label.",
    )


def _too_small(training: Training) -> CurveWarning | None:
    """So few validation photos that the accuracy could be nearly anything."""
    share, total = best_epoch(training.epochs).val_accuracy, training.num_validation
    low, high = wilson_interval(share * total, total)
    if high - low <= WIDE:
        return None
    enough = next(count for count in range(total, MOST_COUNTED) if _width(share, count) <= WIDE)
    photos = "1 photo is too little" if total == 1 else f"{total} photos are few"
    what = (
        f"{photos} to check with (validation part too small): {percent(share)} right may as well "
        f"be {_range(low, high)}."
    )
    return CurveWarning(
        "validation-too-small",
        what,
        f"Add photos until about {enough} of them are for validation, "
        "and do not choose by small differences until then.",
    )


def _width(share: float, total: int) -> float:
    low, high = wilson_interval(share * total, total)
    return high - low


def _range(low: float, high: float) -> str:
    return f"{low * 100:.0f}–{percent(high)}"
