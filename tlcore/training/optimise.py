"""What every training shares: the optimizer, its learning-rate schedule, the loss, and early stopping [TF]."""

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tlcore.config import TrainConfig, defaults_for
from tlcore.errors import UserError

WARM_UP_SHARE = 0.1  # of all steps, for the cosine schedule
PLATEAU_PATIENCE, PLATEAU_FACTOR, PLATEAU_MIN_LEARNING_RATE = 3, 0.5, 1e-7
CLEARLY = 1.645  # standard errors, 5% of one side of the normal distribution; see Score.is_clearly_better


@dataclass(frozen=True)
class PhaseSettings:
    """How long and how fast a phase trains: `epochs`, `learning_rate`, and `steps` an epoch."""

    epochs: int
    learning_rate: float
    steps: int


def is_number(*values: float) -> bool:
    """Whether all of them are numbers: neither infinite nor "not a number"."""
    return all(math.isfinite(value) for value in values)


def diverged_error(epoch: int, phase: str, config: TrainConfig) -> UserError:
    """The sentence where the loss of an epoch was no longer a number and there is nothing to keep."""
    name = "learning_rate" if phase == "head" else "fine_tune_learning_rate"
    value, usual = getattr(config, name), getattr(defaults_for(config.strategy), name)
    return UserError(
        f"Training diverged in epoch {epoch}: its loss was no longer a number, so there is nothing to keep.",
        f"Try a lower learning rate (it was {value:g}, the default is {usual:g}), or restore the default settings.",
    )


def make_optimizer(config: TrainConfig, settings: PhaseSettings) -> keras.optimizers.Optimizer:
    """The optimizer of the settings, with the schedule inside where it goes by steps."""
    rate: Any = settings.learning_rate
    if config.schedule == "cosine":
        total = max(1, settings.epochs * settings.steps)
        warm_up = int(total * WARM_UP_SHARE)
        rate = keras.optimizers.schedules.CosineDecay(
            0.0 if warm_up else settings.learning_rate,
            max(1, total - warm_up),
            warmup_target=settings.learning_rate if warm_up else None,
            warmup_steps=warm_up,
        )
    decay = config.weight_decay or None
    if config.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=decay or 0.004)
    if config.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9, weight_decay=decay)
    if config.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(rate, weight_decay=decay)
    return keras.optimizers.Adam(rate, weight_decay=decay)


class Loss:
    """Cross-entropy of logits, with label smoothing and class weights, in nats."""

    def __init__(self, config: TrainConfig, num_classes: int, classes: np.ndarray | None = None) -> None:
        self._num_classes, self._smoothing, self._weighs = num_classes, config.label_smoothing, config.class_weights
        self._weights = tf.Variable(tf.ones(num_classes), trainable=False)
        if classes is not None:
            self.set_classes(classes)

    def set_classes(self, classes: np.ndarray) -> None:
        """Say what is trained on, int32 (n,): where classes are weighed, each counts equally."""
        if self._weighs:
            counts = np.bincount(classes, minlength=self._num_classes).clip(min=1)
            self._weights.assign((len(classes) / (self._num_classes * counts)).astype(np.float32))

    def __call__(self, truth: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        """The sum over a batch; truth int32 (b,), logits float32 (b, classes)."""
        target = tf.one_hot(truth, self._num_classes)
        target = target * (1 - self._smoothing) + self._smoothing / self._num_classes
        each = tf.nn.softmax_cross_entropy_with_logits(target, logits)
        return tf.reduce_sum(each * tf.gather(self._weights, truth))


@dataclass(frozen=True)
class Score:
    """How a model does on the validation photos: mean cross-entropy in nats, and which are right, bool (n,)."""

    loss: float
    hits: np.ndarray

    @property
    def accuracy(self) -> float:
        """The share that is right, 0–1."""
        return float(np.mean(self.hits))

    def is_clearly_better(self, other: "Score") -> bool:
        """Whether it is right on clearly more of the same photos: by 1.645 standard errors of the difference.

        McNemar's approximation (1947), one-sided: of the photos on which only one of the two is right, each would be
        the one's or the other's with equal chance. For few such photos it is a rough rule, and lets 3 to 0 pass, which
        chance brings in one case of eight; the exact test would make of so few nothing at all, and a collection of
        twenty photos has no more.
        """
        only_this, only_other = int(np.sum(self.hits & ~other.hits)), int(np.sum(other.hits & ~self.hits))
        return only_this - only_other > CLEARLY * math.sqrt(only_this + only_other)


def validation_score(logits: np.ndarray, classes: np.ndarray) -> Score:
    """The score of logits float32 (n, classes) against the right classes int32 (n,); no smoothing, no weights."""
    top = logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
    loss = float(np.mean(log_sum - logits[np.arange(len(classes)), classes]))
    return Score(loss, logits.argmax(axis=1) == classes)


def prediction_counts(logits: np.ndarray) -> tuple[int, ...]:
    """How often each class is predicted, from logits float32 (n, classes)."""
    return tuple(np.bincount(logits.argmax(axis=1), minlength=logits.shape[1]).tolist())


@dataclass
class EarlyStopping:
    """What early stopping and the plateau schedule remember; plain values, so that a checkpoint can keep them."""

    best_loss: float = float("inf")
    best_accuracy: float = -1.0
    best_epoch: int = 0
    waited: int = 0
    plateau: int = 0
    scale: float = 1.0

    def update(self, epoch: int, val_loss: float) -> bool:
        """Take in an epoch's validation loss; True when it is the lowest so far."""
        return self._take(epoch, val_loss, self.best_accuracy, val_loss < self.best_loss)

    def update_by_accuracy(self, epoch: int, score: Score) -> bool:
        """The same by accuracy, and by loss where that is equal.

        A fine-tuned network soon becomes overconfident: its validation loss rises while more photos are still right.
        """
        better = (score.accuracy, -score.loss) > (self.best_accuracy, -self.best_loss)
        return self._take(epoch, score.loss, score.accuracy, better)

    def prefer(self, epoch: int, score: Score) -> None:
        """Let this epoch count as the best, whatever came before it."""
        self._take(epoch, score.loss, score.accuracy, True)

    def _take(self, epoch: int, val_loss: float, val_accuracy: float, better: bool) -> bool:
        if better:
            self.best_loss, self.best_accuracy, self.best_epoch = val_loss, val_accuracy, epoch
            self.waited = self.plateau = 0
            return True
        self.waited += 1
        self.plateau += 1
        return False

    def is_over(self, patience: int) -> bool:
        """Whether early stopping ends the training."""
        return bool(patience) and self.waited >= patience

    def adjust(self, optimizer: keras.optimizers.Optimizer, config: TrainConfig, learning_rate: float) -> None:
        """Lower the learning rate on a plateau, where that is the schedule."""
        if config.schedule != "plateau":
            return
        if self.plateau >= PLATEAU_PATIENCE:
            self.scale, self.plateau = self.scale * PLATEAU_FACTOR, 0
        optimizer.learning_rate = max(PLATEAU_MIN_LEARNING_RATE, learning_rate * self.scale)
