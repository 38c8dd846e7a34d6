"""A trained network as one Keras model, and that model as the files of a bundle [TF]."""

import os
import secrets
from pathlib import Path

import keras
import numpy as np

from tlcore.config import TrainConfig
from tlcore.serving.bundle import KERAS
from tlcore.serving.graft_familiarity import FAMILIARITY


def stack_head(
    features: keras.KerasTensor, num_classes: int, config: TrainConfig, hidden: list[int]
) -> tuple[keras.KerasTensor, list[keras.layers.Dense]]:
    """Dropout and dense layers on a network's output; the logits, and the dense layers from the first to the last."""
    value = keras.layers.Flatten(name="head_flatten")(features) if len(features.shape) > 2 else features
    dense = [
        keras.layers.Dense(size, activation="relu", name=f"head_hidden{number + 1}")
        for number, size in enumerate(hidden)
    ]
    for layer in dense:
        value = layer(value)
    value = keras.layers.Dropout(config.dropout, seed=config.seed, name="head_dropout")(value)
    dense.append(keras.layers.Dense(num_classes, kernel_initializer="zeros", name="head_logits"))
    return dense[-1](value), dense


def set_dense(dense: list[keras.layers.Dense], layers: tuple[tuple[np.ndarray, np.ndarray], ...]) -> None:
    """Give dense layers the weights and biases of a trained head."""
    for layer, values in zip(dense, layers, strict=True):
        layer.set_weights(list(values))


def with_probabilities(inputs: keras.KerasTensor, logits: keras.KerasTensor) -> keras.Model:
    """The model that is shipped: photo in (float32 (n, S, S, 3), 0–255), probabilities out."""
    return keras.Model(inputs, keras.layers.Softmax(name="probabilities")(logits), name="transferlab")


def with_familiarity(model: keras.Model, features: keras.KerasTensor, prototypes: np.ndarray) -> keras.Model:
    """The model that is shipped with a second output; its outputs are called "probabilities" and "familiarity".

    Args:
        model: what `with_probabilities` gave. features: the tensor in it that the head is on, (n, D) or a feature map
            (n, rows, columns, D). prototypes: float32 (prototypes, D), each of length 1.
    """
    value = features
    if len(features.shape) > 2:
        value = keras.layers.GlobalAveragePooling2D(name="familiarity_pooled")(value)
    value = keras.layers.UnitNormalization(name="familiarity_unit")(value)
    nearness = keras.layers.Dense(len(prototypes), use_bias=False, name="familiarity_prototypes", trainable=False)
    value = nearness(value)
    nearness.set_weights([np.asarray(prototypes, np.float32).T])
    value = keras.layers.Reshape((len(prototypes), 1), name="familiarity_similarity")(value)
    value = keras.layers.GlobalMaxPooling1D(name="familiarity_highest")(value)
    result = keras.layers.ReLU(name=FAMILIARITY)(value)
    return keras.Model(model.input, {"probabilities": model.output, FAMILIARITY: result}, name=model.name)


def save_keras_model(folder: Path, model: keras.Model) -> None:
    """Write `model.keras` into the bundle's folder, whole or not at all."""
    partial = folder / f"partial-{secrets.token_hex(4)}.keras"
    try:
        model.save(partial)
        os.replace(partial, folder / KERAS)
    finally:
        partial.unlink(missing_ok=True)
