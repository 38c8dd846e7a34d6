"""Fine-tuning: training a Keras model from where the frozen part of a network ends up to the classes [TF].

What enters the unfrozen part comes as ready arrays, cached activations or decoded images; this file does not know
which. A pretrained network's batch normalisation stays in inference mode (batch_norm.py): with its statistics fixed the
cache below the unfrozen part is exact.
"""

import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tlcore.config import NEVER, TrainConfig
from tlcore.events import Diverged, EpochEnd, Event, Progress, ShouldStop, StageKey, never
from tlcore.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from tlcore.training.layer_fusion import fused_layers
from tlcore.training.mixed_precision import FLOAT32, computing_with, policy_for
from tlcore.training.optimise import (
    EarlyStopping,
    Loss,
    PhaseSettings,
    Score,
    diverged_error,
    is_number,
    make_optimizer,
    prediction_counts,
    validation_score,
)

Batch = tuple[np.ndarray, np.ndarray]
Step = Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
REPORT_SECONDS = 1.0


@dataclass(frozen=True)
class BatchSource:
    """Where batches come from.

    `train(epoch)`: the batches of an epoch in its order, (inputs (b, …), classes int32 (b,)); the same epoch gives
    the same batches, so that a continued training repeats nothing and skips nothing. `held_out(part)`: those of
    "validation" or "test" in the data set's order. `classes`: the training photos' class numbers; `steps`: batches an
    epoch.
    """

    train: Callable[[int], Iterator[Batch]]
    held_out: Callable[[str], Iterator[Batch]]
    classes: np.ndarray
    steps: int


@dataclass(frozen=True)
class Baseline:
    """What a run has without this phase: the epoch of the run that it is of, and its score."""

    epoch: int
    score: Score


@dataclass(frozen=True)
class FineTuneSchedule:
    """Where this phase stands in the run: `done` epochs before it, and `epochs` of its own.

    `baseline` counts as epoch 0 and may turn out the best, and then the model is left as it came.
    """

    done: int
    epochs: int
    baseline: Baseline | None = None

    def in_run(self, epoch: int) -> int:
        """The number in the run of an epoch of this phase, 0 for the baseline; 0 where there was none."""
        if epoch == 0:
            return self.baseline.epoch if self.baseline else 0
        return self.done + epoch


class _ProgressMeter:
    """Progress of the phase with its time left, from the pace of the steps so far."""

    def __init__(self, epochs: int, steps: int) -> None:
        self._steps, self._total = steps, epochs * steps
        self._began, self._done_then, self._reported = 0.0, 0, 0.0

    def update(self, epoch: int, number: int) -> Progress | None:
        """Progress after this step of an epoch, both counted from 1; None when nobody would see a change."""
        now, done = time.monotonic(), (epoch - 1) * self._steps + number
        if not self._began:  # the first one compiles
            self._began, self._done_then = now, done
            return None
        if now - self._reported < REPORT_SECONDS:
            return None
        self._reported = now
        seconds_per_step = (now - self._began) / (done - self._done_then)
        return Progress(StageKey.FINE_TUNE, done, self._total, seconds_per_step * (self._total - done))


def fine_tune(
    model: keras.Model,
    source: BatchSource,
    config: TrainConfig,
    schedule: FineTuneSchedule,
    folder: Path,
    should_stop: ShouldStop = never,
    infer: "InferenceFunction | None" = None,
) -> Generator[Event, None, int]:
    """Train all trainable weights of `model` (inputs → logits); returns the epoch that was kept, 0 for none.

    The model has that epoch's weights at the end. It is the best: most validation photos right, then lowest loss. Where
    the learning rate has fallen along its whole cosine it is the last, which that schedule is made for, unless the best
    was right on clearly more photos, or the last one's loss is above that of holding all classes for equally likely.
    For the figures of epochs with a high learning rate jump about, and the highest of many is high by luck
    (docs/notes/strategies-experiments.md has what was measured).

    After each epoch `folder` gets a checkpoint, and training resumes from one that is found there at the start, with
    the precision that it began with: with the same arithmetic the result is that of an uninterrupted training. Where a
    loss is no longer a number, it ends with the event `Diverged`, and the best epoch before it is kept. `infer`: the
    model's own, where it is used afterwards too, since compiling it takes as long as an epoch over few photos.

    Raises:
        UserError: the loss was not a number before there was anything to keep; or the disk is full.
    """
    infer = infer or InferenceFunction(model)
    keras.utils.set_random_seed(config.seed)
    num_classes = model.output_shape[-1]
    settings = PhaseSettings(schedule.epochs, config.fine_tune_learning_rate, source.steps)
    optimizer = make_optimizer(config, settings)
    optimizer.build(model.trainable_variables)
    state = _TrainingState(model, optimizer, folder)
    first = state.restore() + 1
    if first == 1:
        allowed = config.pretrained and config.mixed_precision != NEVER
        state.policy = policy_for(model) if allowed else FLOAT32
    with computing_with(state.policy, model), fused_layers(model):
        step = _step_function(model, optimizer, Loss(config, num_classes, source.classes))
    if first == 1 and schedule.baseline:
        state.update(0, schedule.baseline.score)
    planned, meter = schedule.done + schedule.epochs, _ProgressMeter(schedule.epochs, source.steps)
    for epoch in range(first, schedule.epochs + 1):
        if should_stop() or state.early_stopping.is_over(config.patience):
            break
        start = time.perf_counter()
        figures = yield from _run_epoch(
            step, source.train(epoch), should_stop, lambda number: meter.update(epoch, number)
        )
        if figures is None:
            break  # stopped in the middle: what counts is the last whole epoch
        logits, truth = infer(source.held_out("validation"))
        score, seconds = validation_score(logits, truth), time.perf_counter() - start
        if not is_number(figures[0], score.loss):
            if not state.has_best:
                raise diverged_error(schedule.done + epoch, "fine_tune", config)
            yield Diverged(schedule.done + epoch, "fine_tune")
            break
        is_end = config.schedule == "cosine" and epoch == schedule.epochs
        state.update(epoch, score, prefer=is_end and score.loss < math.log(num_classes))
        yield EpochEnd(
            schedule.done + epoch,
            planned,
            *figures,
            score.loss,
            score.accuracy,
            seconds,
            phase="fine_tune",
            val_prediction_counts=prediction_counts(logits),
            best_epoch_so_far=schedule.in_run(state.early_stopping.best_epoch),
            dtype_policy=state.policy,
        )
        state.save(epoch)
        state.early_stopping.adjust(optimizer, config, config.fine_tune_learning_rate)
    state.restore_best()
    return state.early_stopping.best_epoch


class InferenceFunction:
    """A model's answers with the weights that it has at the moment; compiled once, however often it is called.

    Args:
        model: its logits are the answers. features: a tensor in it, (n, D) or a map (n, rows, columns, D), which
            `features` gives pooled as well.
    """

    def __init__(self, model: keras.Model, features: keras.KerasTensor | None = None) -> None:
        both = None if features is None else keras.Model(model.input, [model.output, _pooled(features)])

        def run(inputs: tf.Tensor) -> list[tf.Tensor]:
            return both(inputs, training=False) if both is not None else [model(inputs, training=False)]

        self._run = tf.function(run, autograph=False, input_signature=[_rows(model)])

    def __call__(self, batches: Iterator[Batch]) -> Batch:
        """Logits float32 (n, classes) and class numbers int32 (n,) of all batches."""
        logits, classes = [], []
        for inputs, truth in batches:
            logits.append(self._run(tf.constant(inputs))[0].numpy())
            classes.append(truth)
        return np.concatenate(logits), np.concatenate(classes)

    def features(self, inputs: np.ndarray) -> np.ndarray:
        """The pooled features of a batch, float32 (b, D)."""
        found: np.ndarray = self._run(tf.constant(inputs))[1].numpy()
        return found


def _pooled(features: keras.KerasTensor) -> keras.KerasTensor:
    return keras.layers.GlobalAveragePooling2D()(features) if len(features.shape) == 4 else features


def _step_function(model: keras.Model, optimizer: keras.optimizers.Optimizer, loss_function: Loss) -> Step:
    """A step, traced here: (inputs, classes) → summed loss and number right."""

    def step(inputs: tf.Tensor, truth: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            logits = model(inputs, training=True)
            batch_loss = loss_function(truth, logits)
            loss = batch_loss / tf.cast(tf.shape(truth)[0], tf.float32)
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        hits = tf.argmax(logits, axis=1, output_type=tf.int32) == truth
        return batch_loss, tf.reduce_sum(tf.cast(hits, tf.float32))

    signature = [_rows(model), tf.TensorSpec((None,), tf.int32)]
    compiled = tf.function(step, autograph=False, input_signature=signature)
    compiled.get_concrete_function()  # later the layers may compute otherwise
    done: Step = compiled
    return done


def _rows(model: keras.Model) -> tf.TensorSpec:
    """What enters the model, any number of rows: the last batch of an epoch, mostly smaller, needs no second graph."""
    return tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)


def _run_epoch(
    step: Step, batches: Iterator[Batch], should_stop: ShouldStop, report: Callable[[int], Progress | None]
) -> Generator[Event, None, tuple[float, float] | None]:
    """Mean loss and accuracy while training; None when stopped. Where the loss is no longer a number, it ends there."""
    loss_sum, correct, count = 0.0, 0.0, 0
    for number, (inputs, truth) in enumerate(batches, start=1):
        if should_stop():
            return None
        batch_loss, hits = step(tf.constant(inputs), tf.constant(truth))
        loss_sum, correct, count = loss_sum + float(batch_loss), correct + float(hits), count + len(truth)
        if not is_number(loss_sum):
            break  # it will never be a number again, and an epoch may take an hour
        if progress := report(number):
            yield progress
    return loss_sum / count, correct / count


class _TrainingState:
    """The variables and counters of a training: of the epoch to keep ("best") in memory, and of the last on disk."""

    def __init__(self, model: keras.Model, optimizer: keras.optimizers.Optimizer, folder: Path) -> None:
        self._model, self._optimizer, self._folder = model, optimizer, folder
        self._best: list[np.ndarray] | None = None
        self._best_score: Score | None = None
        self.early_stopping = EarlyStopping()
        self.policy = FLOAT32  # by which a step computes

    @property
    def has_best(self) -> bool:
        """Whether there are weights to go back to."""
        return self._best is not None

    def update(self, epoch: int, score: Score, prefer: bool = False) -> None:
        """Remember the weights where they are the best so far, or `prefer` these to all that are not clearly better."""
        better = self.early_stopping.update_by_accuracy(epoch, score)
        if prefer and not better and self._best_score and not self._best_score.is_clearly_better(score):
            self.early_stopping.prefer(epoch, score)
            better = True
        if better:
            self._best, self._best_score = _values(self._state_variables()), score

    def save(self, epoch: int) -> None:
        """Write the checkpoint after an epoch."""
        arrays = {"model": _values(self._state_variables()), "optimizer": _values(self._optimizer.variables)}
        if self._best is not None:
            arrays["best"] = self._best
        if self._best_score is not None:
            arrays["hits"] = [self._best_score.hits]
        values = {"epoch": epoch, "progress": asdict(self.early_stopping), "policy": self.policy}
        save_checkpoint(self._folder, Checkpoint(values, arrays))

    def restore(self) -> int:
        """Go back to the checkpoint; the epoch it was written after, 0 where there is none that fits."""
        found = load_checkpoint(self._folder)
        if found is None or not self._fits(found):
            return 0
        _assign(self._state_variables(), found.arrays["model"])
        _assign(self._optimizer.variables, found.arrays["optimizer"])
        self._best = found.arrays.get("best")
        self.early_stopping = EarlyStopping(**found.values["progress"])
        self.policy = found.values.get("policy", FLOAT32)  # an older program knew no other
        if "hits" in found.arrays:  # those of an older program have none
            self._best_score = Score(self.early_stopping.best_loss, found.arrays["hits"][0])
        return int(found.values["epoch"])

    def restore_best(self) -> None:
        """Give the model the weights of the epoch that is kept."""
        if self._best is not None:
            _assign(self._state_variables(), self._best)

    def _state_variables(self) -> list[keras.Variable]:
        """The variables that training changes: weights, statistics that are not frozen, and the random state."""
        frozen = {
            id(variable)
            for layer in self._model._flatten_layers()
            if not layer.trainable
            for variable in layer.variables
        }
        return [variable for variable in self._model.variables if id(variable) not in frozen]

    def _fits(self, found: Checkpoint) -> bool:
        pairs = (("model", self._state_variables()), ("optimizer", self._optimizer.variables))
        return all(
            [array.shape for array in found.arrays.get(name, ())] == [tuple(variable.shape) for variable in variables]
            for name, variables in pairs
        )


def _values(variables: list[keras.Variable]) -> list[np.ndarray]:
    return [np.asarray(keras.ops.convert_to_numpy(variable)) for variable in variables]


def _assign(variables: list[keras.Variable], values: list[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
