"""Training a head on cached feature vectors: dropout and one dense layer, with Keras.

One `tf.function` holds the loop over a whole epoch. Keras' `fit` returns to Python after every step, which for a head
costs five times the arithmetic (73 ms against 14 ms for 1,000 vectors, benchmarks/time_to_model.py).

The vectors are standardised (mean 0, standard deviation 1 over the training photos) before the dense layer, and that
scaling is folded into the weights that are returned, so that what is shipped is one plain dense layer.
"""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from tlcore.config import TrainConfig
from tlcore.events import EpochEnd, ShouldStop, never


@dataclass(frozen=True)
class Examples:
    """Feature vectors float32 (n, dimension) and their class numbers int32 (n,)."""

    features: np.ndarray
    classes: np.ndarray


@dataclass(frozen=True)
class Head:
    """A dense layer: logits = features @ weights + bias; weights float32 (dimension, classes), bias (classes,).

    `epoch`: the round whose weights these are, the one with the lowest validation loss.
    """

    weights: np.ndarray
    bias: np.ndarray
    epoch: int

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Softmax of the logits: float32 (n, classes), rows sum to 1."""
        logits = features @ self.weights + self.bias
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)


def train_head(
    train: Examples,
    validation: Examples,
    num_classes: int,
    config: TrainConfig,
    should_stop: ShouldStop = never,
) -> Generator[EpochEnd, None, Head | None]:
    """Train, telling the figures after each epoch; returns the best head, or None when stopped before the first epoch.

    Training ends early after `config.patience` epochs without a lower validation loss.
    """
    keras.utils.set_random_seed(config.seed)
    mean, scale = _standardisation(train.features)
    model = _build_head(train.features.shape[1], num_classes, config)
    run_epoch = _epoch_function(model, keras.optimizers.Adam(config.learning_rate), config.batch_size)
    features, classes = tf.constant((train.features - mean) / scale), tf.constant(train.classes)
    held_out = (validation.features - mean) / scale
    random = np.random.default_rng(config.seed)
    best, best_loss, waited = None, np.inf, 0
    for epoch in range(1, config.epochs + 1):
        if should_stop():
            break
        start = time.perf_counter()
        order = tf.constant(random.permutation(len(train.classes)).astype(np.int32))
        loss, accuracy = (float(value) for value in run_epoch(features, classes, order))
        weights, bias = model.layers[-1].get_weights()
        val_loss, val_accuracy = _score(held_out @ weights + bias, validation.classes)
        yield EpochEnd(
            epoch, config.epochs, loss, accuracy, val_loss, val_accuracy, time.perf_counter() - start
        )
        waited += 1
        if val_loss < best_loss:
            best, best_loss, waited = (weights, bias, epoch), val_loss, 0
        elif config.patience and waited >= config.patience:
            break
    if best is None:
        return None
    weights, bias, epoch = best
    folded = weights / scale[:, np.newaxis]
    return Head(folded.astype(np.float32), (bias - mean @ folded).astype(np.float32), epoch)


def _standardisation(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each feature; a feature that never changes is only centred."""
    scale = features.std(axis=0)
    return features.mean(axis=0), np.where(scale > 1e-6, scale, 1.0).astype(np.float32)


def _build_head(dimension: int, num_classes: int, config: TrainConfig) -> keras.Model:
    """Dropout and a dense layer that gives logits.

    The weights begin at zero. There are often more features than photos, so training never touches some directions of
    the weights, and a random start would stay in them as noise: on cats and dogs at 224 px a zero start got 395–397 of
    399 right over four seeds, Keras' default (Glorot) 393–394.
    """
    return keras.Sequential(
        [
            keras.Input((dimension,)),
            keras.layers.Dropout(config.dropout, seed=config.seed),
            keras.layers.Dense(num_classes, kernel_initializer="zeros", name="logits"),
        ],
        name="head",
    )


def _epoch_function(model: keras.Model, optimizer: keras.optimizers.Optimizer, batch_size: int) -> Callable:
    """A compiled function over one epoch: (features, classes, order) → mean loss and accuracy while training."""
    optimizer.build(model.trainable_variables)
    loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")

    def step(start: tf.Tensor, loss_sum: tf.Tensor, correct: tf.Tensor, data: tuple[tf.Tensor, ...]) -> tuple:
        features, classes, order = data
        rows = order[start : start + batch_size]
        batch, truth = tf.gather(features, rows), tf.gather(classes, rows)
        with tf.GradientTape() as tape:
            logits = model(batch, training=True)
            batch_loss = loss_function(truth, logits)
            loss = batch_loss / tf.cast(tf.shape(rows)[0], tf.float32)
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        hits = tf.cast(tf.argmax(logits, axis=1, output_type=tf.int32) == truth, tf.float32)
        return start + batch_size, loss_sum + batch_loss, correct + tf.reduce_sum(hits)

    @tf.function(autograph=False)  # AutoGraph does not see the source on every Python; the loop is written out instead
    def run_epoch(features: tf.Tensor, classes: tf.Tensor, order: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        total = tf.shape(order)[0]
        _, loss_sum, correct = tf.while_loop(
            lambda start, *sums: start < total,
            lambda start, *sums: step(start, *sums, (features, classes, order)),
            (tf.constant(0), tf.constant(0.0), tf.constant(0.0)),
            parallel_iterations=1,
        )
        count = tf.cast(total, tf.float32)
        return loss_sum / count, correct / count

    return run_epoch


def _score(logits: np.ndarray, classes: np.ndarray) -> tuple[float, float]:
    """Mean cross-entropy in nats and accuracy of logits float32 (n, classes)."""
    top = logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
    loss = float(np.mean(log_sum - logits[np.arange(len(classes)), classes]))
    return loss, float(np.mean(logits.argmax(axis=1) == classes))
