"""A trained network as one Keras model: while it is trained, and made again of what lies in its bundle [TF]."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.models.build import build_backbone
from tlcore.models.frozen_backbone import top_layer
from tlcore.models.spec import BackboneSpec
from tlcore.serving.graft_familiarity import FAMILIARITY
from tlcore.training.head import hidden_sizes


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


def keras_model(
    spec: BackboneSpec, config: TrainConfig, num_classes: int, arrays: Mapping[str, Sequence[np.ndarray]]
) -> keras.Model:
    """The Keras model of a bundle: what `with_familiarity` gives, with the weights that were trained.

    Args:
        arrays: of `weights.npz`; see bundle_weights.py.

    Raises:
        UserError: the weights of a network that did not adapt are missing, or the arrays are not those of this model.
    """
    adapted = "network" in arrays or "backbone" in arrays
    top, weights = top_layer(config.head), None if adapted else "imagenet"
    backbone = build_backbone(spec, config.image_size, output=top, weights=weights)
    logits, dense = stack_head(backbone.output, num_classes, config, hidden_sizes(config))
    model = with_probabilities(backbone.input, logits)
    try:
        if "network" in arrays:
            assign(model.variables, arrays["network"])
        else:
            assign(backbone.variables, arrays.get("backbone", backbone.variables))
            assign([variable for layer in dense for variable in layer.variables], arrays["head"])
        return with_familiarity(model, backbone.output, arrays["prototypes"][0])
    except (ValueError, KeyError, IndexError) as error:
        raise UserError("The weights of this model are those of another one.", "Train again.") from error


def assign(variables: Sequence[keras.Variable], values: Sequence[Any]) -> None:
    """Give Keras variables their values, all or none.

    Raises:
        ValueError: they are the values of other variables.
    """
    if [tuple(variable.shape) for variable in variables] != [tuple(value.shape) for value in values]:
        raise ValueError("The arrays are those of another network.")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
