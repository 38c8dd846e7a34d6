"""Training a head on cached feature vectors, with Keras [TF].

One `tf.function` holds the loop over a whole epoch. Keras' `fit` returns to Python after every step, which for a head
costs several times the arithmetic (benchmarks/time_to_model.py measures both).

The vectors are standardised (mean 0, standard deviation 1 over the training photos) before the first dense layer, and
that scaling is folded into the weights that are returned, so that what is shipped is plain dense layers.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from tlcore.config import TrainConfig
from tlcore.events import Diverged, EpochEnd, ShouldStop, never
from tlcore.training.optimise import (
    EarlyStopping,
    Loss,
    PhaseSettings,
    diverged_error,
    is_number,
    make_optimizer,
    prediction_counts,
    validation_score,
)
from tlcore.training.softmax import softmax

PART = 4096  # vectors that are standardised at a time
STEPS = 32  # batches of views that TensorFlow gets at a time: what it once took for large tensors it never gives back
FLATTEN_UNITS = 512  # the layer of the VGG16 recipe


Tensors = tuple[tf.Tensor, tf.Tensor, tf.Tensor]
RunEpoch = Callable[[Iterator[Tensors]], tuple[float, float]]


class ViewedFeatures(Protocol):
    """Several feature vectors of each of n photos. They need not lie in memory: one of each is asked for at a time."""

    count: int  # views of each photo

    def take(self, numbers: np.ndarray) -> np.ndarray:
        """The view with that number of each photo: int (n,), 0 … count − 1, to float32 (n, dimension)."""


@dataclass(frozen=True)
class Examples:
    """Feature vectors float32 (n, dimension), or several views of each photo, and their class numbers int32 (n,)."""

    features: np.ndarray | ViewedFeatures
    classes: np.ndarray


@dataclass(frozen=True)
class Head:
    """Dense layers, each (weights float32 (inputs, outputs), bias (outputs,)), with ReLU between them.

    `epoch`: the epoch whose weights these are, the one with the lowest validation loss.
    """

    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    epoch: int

    def logits(self, features: np.ndarray) -> np.ndarray:
        """float32 (n, classes) of features float32 (n, dimension)."""
        value = features
        for number, (weights, bias) in enumerate(self.layers):
            value = (value if number == 0 else np.maximum(value, 0)) @ weights + bias
        return value

    def divided_by(self, temperature: float) -> "Head":
        """The head whose logits are divided by a temperature."""
        *others, (weights, bias) = self.layers
        last = (weights / np.float32(temperature), bias / np.float32(temperature))
        return Head((*others, last), self.epoch)

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Softmax of the logits: float32 (n, classes), rows sum to 1."""
        return softmax(self.logits(features))


def train_head(
    train: Examples,
    validation: Examples,
    num_classes: int,
    config: TrainConfig,
    should_stop: ShouldStop = never,
) -> Generator[EpochEnd | Diverged, None, Head | None]:
    """Train, with an event after each epoch; returns the best head, or None when stopped before the first epoch.

    Training ends early after `config.patience` epochs without a lower validation loss, and where a loss is no longer a
    number; the last event is `Diverged` then. Where there are several views of each photo, every epoch takes one of
    them at random.

    Raises:
        UserError: the loss was not a number before there was anything to keep.
    """
    return (yield from HeadTrainer(num_classes, config).train(train, validation, should_stop))


class HeadTrainer:
    """Trains heads of one kind, one after the other, each as if it were the only one.

    What TensorFlow compiles for the first serves the others, which saves each of them a third of a second: all that
    differs from training to training is in variables, which are set back.
    """

    def __init__(self, num_classes: int, config: TrainConfig) -> None:
        self._num_classes, self._config = num_classes, config
        self._trained: dict[tuple[int, int], _Compiled] = {}

    def train(
        self, train: Examples, validation: Examples, should_stop: ShouldStop = never
    ) -> Generator[EpochEnd | Diverged, None, Head | None]:
        """As `train_head`."""
        config, early_stopping, best = self._config, EarlyStopping(), None
        loader, compiled = self._begin(train)
        held_out = compiled.standardised(validation.features)
        for epoch in range(1, config.epochs + 1):
            if should_stop():
                break
            start = time.perf_counter()
            loss, accuracy = compiled.run_epoch(loader.epoch())
            head = Head(_dense_layers(compiled.model), epoch)
            logits = head.logits(held_out)
            score = validation_score(logits, validation.classes)
            if not is_number(loss, score.loss):
                if best is None:
                    raise diverged_error(epoch, "head", config)
                yield Diverged(epoch)
                break
            if early_stopping.update(epoch, score.loss):
                best = head
            yield EpochEnd(
                epoch,
                config.epochs,
                loss,
                accuracy,
                score.loss,
                score.accuracy,
                time.perf_counter() - start,
                val_prediction_counts=prediction_counts(logits),
                best_epoch_so_far=early_stopping.best_epoch,
            )
            if early_stopping.is_over(config.patience):
                break
            early_stopping.adjust(compiled.optimizer, config, config.learning_rate)
        return compiled.folded(best) if best else None

    def fit(self, train: Examples, epochs: int, should_stop: ShouldStop = never) -> Head | None:
        """Train for so many epochs, with nothing held out that could end it earlier; None where it was stopped.

        Raises:
            UserError: the loss was not a number.
        """
        loader, compiled = self._begin(train)
        for epoch in range(1, epochs + 1):
            if should_stop():
                return None
            loss, _ = compiled.run_epoch(loader.epoch())
            if not is_number(loss):
                raise diverged_error(epoch, "head", self._config)
        return compiled.folded(Head(_dense_layers(compiled.model), epochs))

    def _begin(self, train: Examples) -> tuple["_DataLoader", "_Compiled"]:
        """What gives the batches of a training, and what trains on them, as new."""
        loader = _DataLoader(train, self._config)
        mean, scale = _standardisation(loader.passes())
        steps = -(-len(train.classes) // self._config.batch_size) if self._config.schedule == "cosine" else 0
        key = len(mean), steps  # a schedule by steps is part of what is compiled
        if key not in self._trained:
            self._trained[key] = _Compiled(len(mean), self._num_classes, steps, self._config)
        compiled = self._trained[key]
        compiled.begin(mean, scale, train.classes)
        return loader, compiled


class _Compiled:
    """A head with its optimizer, and a compiled function over an epoch.

    Args:
        steps: an epoch, where the learning rate goes by steps.
    """

    def __init__(self, dimension: int, num_classes: int, steps: int, config: TrainConfig) -> None:
        keras.utils.set_random_seed(config.seed)
        self.model = _build_head(dimension, num_classes, config)
        self.optimizer = make_optimizer(config, PhaseSettings(config.epochs, config.learning_rate, steps))
        self._mean, self._scale = (tf.Variable(tf.zeros(dimension), trainable=False) for _ in range(2))
        self._loss = Loss(config, num_classes)
        head = _StandardisedHead(self.model, self._mean, self._scale)
        self.run_epoch = _epoch_function(head, self.optimizer, self._loss, config.batch_size)
        self._first = [variable.numpy() for variable in self._variables()]

    def begin(self, mean: np.ndarray, scale: np.ndarray, classes: np.ndarray) -> None:
        """Set everything back to what it was before the first training, for these photos."""
        for variable, value in zip(self._variables(), self._first, strict=True):
            variable.assign(value)
        self._mean.assign(mean)
        self._scale.assign(scale)
        self._loss.set_classes(classes)

    def standardised(self, features: np.ndarray | ViewedFeatures) -> np.ndarray:
        """Features float32 (n, dimension) as the head is given them."""
        assert isinstance(features, np.ndarray)
        result: np.ndarray = (features - self._mean.numpy()) / self._scale.numpy()
        return result

    def folded(self, head: Head) -> Head:
        """The same head for features that are not standardised."""
        return _fold(head, self._mean.numpy(), self._scale.numpy())

    def _variables(self) -> list[Any]:
        """All that training changes: weights, the optimizer's memory, and what dropout draws from."""
        return [*self.model.variables, *self.optimizer.variables, *_seeds(self.model)]


def _seeds(model: keras.Model) -> list[Any]:
    """What the layers of a model draw random numbers from, where that is no variable of the model."""
    known = {id(variable) for variable in model.variables}
    found = [layer.seed_generator.state for layer in model.layers if getattr(layer, "seed_generator", None) is not None]
    return [state for state in found if id(state) not in known]


@dataclass(frozen=True)
class _StandardisedHead:
    """The head with standardised input. A batch at a time: a copy of all vectors could fill the memory."""

    model: keras.Model
    mean: tf.Variable
    scale: tf.Variable

    def __call__(self, features: tf.Tensor) -> tf.Tensor:
        return self.model((features - self.mean) / self.scale, training=True)


class _DataLoader:
    """The vectors of each epoch, with the order in which they are trained on.

    Where photos have several views, each epoch gets one of each photo, drawn at random, and only those lie in memory.
    """

    def __init__(self, train: Examples, config: TrainConfig) -> None:
        self._features, self._classes, self._num = train.features, train.classes, len(train.classes)
        self._random, self._most = np.random.default_rng(config.seed), STEPS * config.batch_size
        in_memory = isinstance(self._features, np.ndarray)
        self._all = (tf.constant(self._features), tf.constant(self._classes)) if in_memory else ()

    def passes(self) -> list[Callable[[], np.ndarray]]:
        """What gives all vectors, float32 (n, dimension) at a time."""
        features = self._features
        if isinstance(features, np.ndarray):
            return [lambda: features]
        return [partial(features.take, np.full(self._num, view)) for view in range(features.count)]

    def epoch(self) -> Iterator[Tensors]:
        """The next epoch in one or several parts of whole batches.

        Each part: vectors float32 (n, dimension), classes int32 (n,) and the order to train on them in, int32 (n,).
        """
        order = self._random.permutation(self._num).astype(np.int32)
        if isinstance(self._features, np.ndarray):
            yield *self._all, tf.constant(order)
            return
        numbers = np.empty(self._num, int)
        numbers[order] = self._random.integers(self._features.count, size=self._num)
        features = self._features.take(numbers)
        for start in range(0, self._num, self._most):
            rows = order[start : start + self._most]
            yield tf.constant(features[rows]), tf.constant(self._classes[rows]), tf.range(len(rows))


def _standardisation(passes: list[Callable[[], np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each feature, a part at a time; one that never changes is only centred."""
    mean = np.mean([vectors().mean(axis=0) for vectors in passes], axis=0)
    squares, total = np.zeros(len(mean)), 0
    for vectors in passes:
        rows = vectors()
        for start in range(0, len(rows), PART):
            squares += np.square(rows[start : start + PART] - mean).sum(axis=0)
        total += len(rows)
    scale = np.sqrt(squares / total)
    return mean, np.where(scale > 1e-6, scale, 1.0).astype(np.float32)


def _fold(head: Head, mean: np.ndarray, scale: np.ndarray) -> Head:
    """The same head for features that are not standardised."""
    (weights, bias), *others = head.layers
    folded = weights / scale[:, np.newaxis]
    first = (folded.astype(np.float32), (bias - mean @ folded).astype(np.float32))
    return Head((first, *others), head.epoch)


def hidden_sizes(config: TrainConfig) -> list[int]:
    """The sizes of the layers between the features and the classes."""
    sizes = [FLATTEN_UNITS] if config.head == "flatten" else []
    return sizes + ([config.hidden_units] if config.hidden_units else [])


def _build_head(dimension: int, num_classes: int, config: TrainConfig) -> keras.Model:
    """Dropout and dense layers that give logits.

    The last layer's weights begin at zero. There are often more features than photos, so training never touches some
    directions of the weights, and a random start would stay in them as noise: on cats and dogs at 224 px a zero start
    got 395–397 of 399 right over four seeds, Keras' default (Glorot) 393–394.
    """
    layers: list[keras.layers.Layer] = [keras.Input((dimension,))]
    for number, size in enumerate(hidden_sizes(config)):
        layers.append(keras.layers.Dense(size, activation="relu", name=f"hidden{number + 1}"))
    layers.append(keras.layers.Dropout(config.dropout, seed=config.seed))
    layers.append(keras.layers.Dense(num_classes, kernel_initializer="zeros", name="logits"))
    return keras.Sequential(layers, name="head")


def _dense_layers(model: keras.Model) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Weights and bias of every dense layer, from the first to the last."""
    return tuple(tuple(layer.get_weights()) for layer in model.layers if isinstance(layer, keras.layers.Dense))


def _epoch_function(
    head: _StandardisedHead, optimizer: keras.optimizers.Optimizer, loss_function: Loss, batch_size: int
) -> RunEpoch:
    """A function over one epoch, compiled but for the change of parts: `_DataLoader.epoch()` → mean loss, accuracy."""
    variables = head.model.trainable_variables
    optimizer.build(variables)

    def step(start: tf.Tensor, sums: Sequence[tf.Tensor], data: Tensors) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        features, classes, order = data
        loss_sum, correct = sums
        rows = order[start : start + batch_size]
        batch, truth = tf.gather(features, rows), tf.gather(classes, rows)
        with tf.GradientTape() as tape:
            logits = head(batch)
            batch_loss = loss_function(truth, logits)
            loss = batch_loss / tf.cast(tf.shape(rows)[0], tf.float32)
        optimizer.apply(tape.gradient(loss, variables), variables)
        hits = tf.cast(tf.argmax(logits, axis=1, output_type=tf.int32) == truth, tf.float32)
        return start + batch_size, loss_sum + batch_loss, correct + tf.reduce_sum(hits)

    def run_part(features: tf.Tensor, classes: tf.Tensor, order: tf.Tensor, *sums: tf.Tensor) -> list[tf.Tensor]:
        total = tf.shape(order)[0]
        results: list[tf.Tensor] = tf.while_loop(
            lambda start, *sums: start < total,
            lambda start, *sums: step(start, sums, (features, classes, order)),
            (tf.constant(0), *sums),
            parallel_iterations=1,
        )
        return results[1:]

    # AutoGraph does not see the source on every Python; the loop is written out instead.
    compiled = tf.function(
        run_part,
        autograph=False,
        input_signature=[
            tf.TensorSpec((None, *head.model.input_shape[1:])),
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec(()),
            tf.TensorSpec(()),
        ],
    )

    def run_epoch(parts: Iterator[Tensors]) -> tuple[float, float]:
        sums, count = [tf.constant(0.0), tf.constant(0.0)], 0
        for part in parts:
            sums, count = compiled(*part, *sums), count + len(part[-1])
        loss, accuracy = (float(value / count) for value in sums)
        return loss, accuracy

    return run_epoch
