"""What the curves of a training are judged from, and what they can warn of: values; the sentences are in messages.

learning_rate.py and curve_warnings.py find the warnings.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

from tlcore.config import TrainConfig
from tlcore.events import EpochEnd

AGREE = 3  # epochs that have to agree before anything is said that a single one could show by chance


@dataclass(frozen=True)
class TrainingCurves:
    """A training as far as it has come.

    `epochs`: at least one; `counts`: how many validation photos each class has, in the order of `labels`.
    """

    epochs: tuple[EpochEnd, ...]
    config: TrainConfig
    counts: tuple[int, ...]
    labels: tuple[str, ...]

    @property
    def uniform_loss(self) -> float:
        """The loss in nats of holding all classes for equally likely, where every head and every new network begins."""
        return math.log(max(2, len(self.labels)))

    @property
    def phases(self) -> list[list[EpochEnd]]:
        """The epochs of the head, then those of fine-tuning; a phase without epochs is left out."""
        parts = ([end for end in self.epochs if (end.phase == "fine_tune") is tunes] for tunes in (False, True))
        return [part for part in parts if part]

    @property
    def num_validation(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class LearningRateChange:
    """Which learning rate to change, and to what.

    `setting`: "learning_rate" or "fine_tune_learning_rate"; `suggested`: None where it is the least that is allowed.
    """

    setting: str
    suggested: float | None


@dataclass(frozen=True)
class Diverged:
    """A loss is no finite number any more."""


@dataclass(frozen=True)
class LossAboveUniform:
    """In this epoch the training loss was far above `uniform_loss`, that of knowing nothing; both in nats."""

    epoch: int
    loss: float
    uniform_loss: float


@dataclass(frozen=True)
class WorseThanHead:
    """Fine-tuning made it worse: shares (0–1) of the validation photos that are right now, and that were before."""

    accuracy: float
    accuracy_before: float


@dataclass(frozen=True)
class LearningRateTooHigh:
    """The network gets worse. `sign`: how that shows."""

    kind: ClassVar[str] = "learning-rate-too-high"
    sign: Diverged | LossAboveUniform | WorseThanHead
    change: LearningRateChange


@dataclass(frozen=True)
class LearningRateTooLow:
    """The planned epochs will end long before the network has learned what it could.

    `stuck`: in `num_epochs` epochs the loss has hardly moved; else it falls, but too slowly.
    """

    kind: ClassVar[str] = "learning-rate-too-low"
    num_epochs: int
    stuck: bool
    change: LearningRateChange


@dataclass(frozen=True)
class Overfitting:
    """Photos it learns from go much better than others, and what it learns now does not help with others.

    `epoch`: the one whose figures these are: the newest, or of a training that is over the one that was `kept`;
    `accuracy`, `val_accuracy`: shares (0–1) in it; `low`, `high`: 95% interval of the latter; `apart`: whether those
    two already differ by more than chance, else only later epochs do;
    `best_epoch`: since when the validation loss has not fallen; `change`: of a learning rate that is larger than usual
    and to blame, else None; `fine_tuning`: whether it happened there; `augmented`: whether photos vary already.
    """

    kind: ClassVar[str] = "overfitting"
    epoch: int
    kept: bool
    accuracy: float
    val_accuracy: float
    low: float
    high: float
    apart: bool
    best_epoch: int
    change: LearningRateChange | None
    fine_tuning: bool
    augmented: bool


@dataclass(frozen=True)
class ClassNeverPredicted:
    """Classes that are predicted for no validation photo, where that is no chance.

    `labels`: theirs; `num_photos`: how many of the `num_validation` photos are of them; `rare`: they have far fewer
    photos than the others, and class weights are off.
    """

    kind: ClassVar[str] = "class-never-predicted"
    labels: tuple[str, ...]
    num_photos: int
    num_validation: int
    rare: bool


@dataclass(frozen=True)
class ValidationTooSmall:
    """So few validation photos that the accuracy (0–1) could be anything from `low` to `high` (95% interval).

    `num_enough`: with so many of them the interval would be narrow enough.
    """

    kind: ClassVar[str] = "validation-too-small"
    num_validation: int
    accuracy: float
    low: float
    high: float
    num_enough: int


CurveWarning = LearningRateTooHigh | LearningRateTooLow | Overfitting | ClassNeverPredicted | ValidationTooSmall
