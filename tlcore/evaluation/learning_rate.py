"""Whether the steps of a training suit it (learning rate), judged by its losses. What else curves tell: curves.py."""

import math
from dataclasses import dataclass

import numpy as np

from tlcore.config import TrainConfig, defaults_for
from tlcore.evaluation.overfitting import best_epoch
from tlcore.events import EpochEnd

AGREE = 3  # rounds that have to agree before anything is said that a single one could show by chance
LEAST_ROUNDS = 5  # of one phase, before its pace is judged: by chance five losses fall in a row in 1 of 120 orders
OVERSHOT = 1.5  # times the loss of knowing nothing; photos with labels at random, the hardest there are, reach 1.2
WORSE = 2.0  # standard deviations of a difference between two counts of photos; so far down are 1 of 40 by chance
STRAIGHT, BEGINNING = 1 / 3, 1.5  # see `_is_straight`
STUCK = 0.02  # of the loss of knowing nothing; with 300 photos chance alone moves the loss by as much
MUCH_LEFT = 0.25  # of the same loss, on validation photos; below it they go so well that more would change little
SOME_LEFT = 0.05  # of the same loss, on training photos; below it there is nothing left to learn from them
WARM_UP_SHARE = 0.1  # of the cosine schedule, as training/optimise.py has it
LEAST_RATE = 1e-6  # what the settings allow for the step size


@dataclass(frozen=True)
class CurveWarning:
    """What the figures show (`what`) and one thing to do about it (`fix`), in a sentence or two each.

    `kind`: "rate-too-high", "rate-too-low", "over-fitting", "class-never-predicted" or "validation-too-small".
    """

    kind: str
    what: str
    fix: str


@dataclass(frozen=True)
class Training:
    """A training as far as it has come.

    `epochs`: at least one; `counts`: how many validation photos each class has, in the order of `labels`.
    """

    epochs: tuple[EpochEnd, ...]
    config: TrainConfig
    counts: tuple[int, ...]
    labels: tuple[str, ...]

    @property
    def ignorance(self) -> float:
        """The loss in nats of holding all classes for equally likely, where every head and every new network begins."""
        return math.log(max(2, len(self.labels)))

    @property
    def phases(self) -> list[list[EpochEnd]]:
        """The rounds of the head, then those with the network open; a phase without rounds is left out."""
        parts = ([end for end in self.epochs if (end.phase == "fine_tune") is opened] for opened in (False, True))
        return [part for part in parts if part]

    @property
    def num_validation(self) -> int:
        return sum(self.counts)


def learning_rate_too_high(training: Training) -> CurveWarning | None:
    """Steps so large that the network gets worse, in the first phase that shows it."""
    before: EpochEnd | None = None
    for phase in training.phases:
        told = _runs_away(phase) or _overshoots(phase, training) or _falls_back(phase, training, before)
        if told:
            what = f"The steps are too large (learning rate too high): {told}."
            return CurveWarning("rate-too-high", what, smaller_steps(phase, training.config))
        before = best_epoch(phase)
    return None


def _runs_away(phase: list[EpochEnd]) -> str:
    finite = all(math.isfinite(end.loss) and math.isfinite(end.val_loss) for end in phase)
    return "" if finite else "the figures have run away to infinity"


def _overshoots(phase: list[EpochEnd], training: Training) -> str:
    """A whole round with a loss far above that of knowing nothing: the network was very sure of wrong answers, as it
    gets by going too far in the right direction. Nothing is said where it has recovered since."""
    worst, best = max(phase, key=lambda end: end.loss), min(phase, key=lambda end: end.val_loss)
    if worst.loss < OVERSHOT * training.ignorance or best.val_loss < training.ignorance / 2:
        return ""
    return (
        f"in round {worst.epoch} the loss is {worst.loss:.1f}, and without having learned anything it would be "
        f"{training.ignorance:.1f}"
    )


def _falls_back(phase: list[EpochEnd], training: Training, before: EpochEnd | None) -> str:
    """An open network that does worse than the head it began with, on known photos too, and does not recover."""
    latest = phase[-AGREE:]
    if before is None or len(latest) < AGREE or not training.num_validation:
        return ""
    share = before.val_accuracy
    bound = share - WORSE * math.sqrt(2 * share * (1 - share) / training.num_validation)
    if not all(end.val_accuracy < bound and end.accuracy < before.accuracy for end in latest):
        return ""
    return (
        f"with the network open, {percent(latest[-1].val_accuracy)} of the validation photos are right, and "
        f"{percent(share)} were before"
    )


def learning_rate_too_low(training: Training) -> CurveWarning | None:
    """Steps so small that the planned rounds end long before the network has learned what it could.

    Steps of the usual size are never called too small, since then it is the rounds that are few; nor are larger ones,
    which can leave a network where nothing moves any more.
    """
    phase = training.phases[-1]
    _, rate, usual = _rate(phase, training.config)
    if len(phase) < LEAST_ROUNDS or rate >= usual or phase[-1].val_loss < MUCH_LEFT * training.ignorance:
        return None
    if _excess(phase[-1], training) < SOME_LEFT * training.ignorance:
        return None
    if _is_stuck(phase, training):
        told = f"in {len(phase)} rounds the loss has hardly moved"
    elif _is_straight(phase, training.config):
        told = "the loss falls so slowly that it will still be on its way down after the last round"
    else:
        return None
    what = f"The steps are too small (learning rate too low): {told}."
    return CurveWarning("rate-too-low", what, _larger_steps(phase, training.config))


def _excess(end: EpochEnd, training: Training) -> float:
    """The training loss above the least that is left of it by doubt in the labels (label smoothing)."""
    doubt, classes = training.config.label_smoothing, max(2, len(training.labels))
    shares = [1 - doubt + doubt / classes, *[doubt / classes] * (classes - 1)]
    return end.loss + sum(share * math.log(share) for share in shares if share)


def _is_stuck(phase: list[EpochEnd], training: Training) -> bool:
    """Whether the training loss has moved neither down nor up by more than chance moves it."""
    losses = [end.loss for end in phase]
    return max(losses) - min(losses) < STUCK * training.ignorance


def _is_straight(phase: list[EpochEnd], config: TrainConfig) -> bool:
    """Whether both losses fall like a straight line, without the bend of a training that comes to its end.

    A loss that approaches its lowest value covers, in every stretch of the way, the same share of what is left. If it
    falls r times as far in the second half of the way as in the first, r² of the fall is still to come; with r ≥ 1/3
    after the last round, a tenth. While a training runs, that r is reckoned from the one so far. Above 1.5 the fall is
    not slow, it begins.
    """
    latest = [end.val_loss for end in phase[-LEAST_ROUNDS:]]
    if any(after >= earlier for earlier, after in zip(latest, latest[1:])):
        return False
    planned = config.fine_tune_epochs if phase[0].phase == "fine_tune" else config.epochs
    way = [_way(number, planned, config.schedule) for number in range(1, len(phase) + 1)]
    whole = max(1.0, (_way(planned, planned, config.schedule) - way[0]) / (way[-1] - way[0]))
    for losses in ([end.loss for end in phase], [end.val_loss for end in phase]):
        middle = float(np.interp((way[0] + way[-1]) / 2, way, losses))
        first, second = losses[0] - middle, middle - losses[-1]
        if first <= 0 or not first * STRAIGHT ** (1 / whole) <= second <= first * BEGINNING:
            return False
    return True


def _way(number: int, planned: int, schedule: str) -> float:
    """How far a training has come after `number` rounds: the sum of its step sizes, in rounds with the full step."""
    if schedule != "cosine":
        return float(number)
    share, turn = min(1.0, number / planned), math.pi / (1 - WARM_UP_SHARE)
    if share < WARM_UP_SHARE:
        return planned * share**2 / (2 * WARM_UP_SHARE)
    after = share - WARM_UP_SHARE
    return planned * (WARM_UP_SHARE / 2 + (after + math.sin(turn * after) / turn) / 2)


def smaller_steps(phase: list[EpochEnd], config: TrainConfig) -> str:
    """What to do about steps that are too large: the usual ones, or smaller ones where those were taken."""
    name, rate, usual = _rate(phase, config)
    if rate <= LEAST_RATE:
        return "Look whether the photos have the right labels: the steps can hardly be smaller."
    return f"Choose a smaller {name}, such as {usual if rate > usual else max(LEAST_RATE, rate / 10):g}."


def _larger_steps(phase: list[EpochEnd], config: TrainConfig) -> str:
    name, _, usual = _rate(phase, config)
    return f"Choose a larger {name}, such as {usual:g}."


def has_large_steps(phase: list[EpochEnd], config: TrainConfig) -> bool:
    """Whether a phase takes larger steps than is usual for its strategy."""
    _, rate, usual = _rate(phase, config)
    return rate > usual


def _rate(phase: list[EpochEnd], config: TrainConfig) -> tuple[str, float, float]:
    """What the step size of a phase is called, its value, and the usual one."""
    usual = defaults_for(config.strategy)
    if phase[0].phase == "fine_tune":
        return "step size with the network open", config.fine_tune_learning_rate, usual.fine_tune_learning_rate
    return "step size", config.learning_rate, usual.learning_rate


def percent(share: float) -> str:
    """A share as people write it: "92 %", never torn apart at a line's end."""
    return f"{share * 100:.0f}\u00a0%"
