"""PyTorch's layers in Keras, and the weights from the one into the other [TF].

What differs: PyTorch pads a convolution equally on all sides, also where its stride is 2, while Keras' "same" pads more
at the end, and its weights are ordered (out, in, rows, columns). LayerScale multiplies what a dense layer gives by one
number a channel, so it is multiplied into that layer's weights.
"""

from collections.abc import Callable

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from tlcore.errors import UserError
from tlcore.models.pytorch.architectures import Kernel, Names
from tlcore.models.pytorch.expected import LayerWeights, Recognised, expected_weights
from tlcore.models.scaling import apply_scaling

_MOMENTUM = 0.9  # PyTorch's 0.1, counted from the other side
_ACTIVATIONS = {"hard_swish": "hard_silu"}
_Read = Callable[[str], npt.NDArray[np.float32]]


def build_network(found: Recognised, image_size: int, output: str, scaling: str = "torch") -> keras.Model:
    """A recognised architecture as a functional Keras model, with random weights.

    Args:
        output: "feature_map" for float32 (N, rows, columns, features), "pooled" for (N, features).
        scaling: what the weights expect, a key of scalings.py; ImageNet's mean and deviation are PyTorch's habit.

    Returns:
        A model from float32 (N, image_size, image_size, 3), RGB 0–255, to that tensor.
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    ends = found.architecture.make(_KerasLayers(found.epsilon), apply_scaling(image, scaling))
    return keras.Model(image, ends.pooled if output == "pooled" else ends.feature_map, name=found.architecture.name)


class _KerasLayers:
    """The `LayerMaker` that builds Keras layers."""

    def __init__(self, epsilon: float) -> None:
        self._epsilon = epsilon

    def convolution(self, x: keras.KerasTensor, name: str, names: Names, shape: Kernel) -> keras.KerasTensor:
        make = layers.Conv2D(shape.filters, shape.size, shape.stride, _padding(shape), use_bias=shape.bias, name=name)
        return make(_padded(x, name, shape))

    def depthwise(self, x: keras.KerasTensor, name: str, names: Names, shape: Kernel) -> keras.KerasTensor:
        make = layers.DepthwiseConv2D(shape.size, shape.stride, _padding(shape), use_bias=shape.bias, name=name)
        return make(_padded(x, name, shape))

    def batch_norm(self, x: keras.KerasTensor, name: str, names: Names) -> keras.KerasTensor:
        return layers.BatchNormalization(momentum=_MOMENTUM, epsilon=self._epsilon, name=name)(x)

    def layer_norm(self, x: keras.KerasTensor, name: str, names: Names) -> keras.KerasTensor:
        return layers.LayerNormalization(epsilon=self._epsilon, name=name)(x)

    def dense(
        self, x: keras.KerasTensor, name: str, names: Names, units: int, scale: Names | None = None
    ) -> keras.KerasTensor:
        return layers.Dense(units, name=name)(x)

    def activation(self, x: keras.KerasTensor, name: str, kind: str) -> keras.KerasTensor:
        if kind == "relu6":
            return layers.ReLU(6.0, name=name)(x)
        return layers.Activation(_ACTIVATIONS.get(kind, kind), name=name)(x)

    def add(self, x: keras.KerasTensor, y: keras.KerasTensor, name: str) -> keras.KerasTensor:
        return layers.Add(name=name)([x, y])

    def multiply(self, x: keras.KerasTensor, gate: keras.KerasTensor, name: str) -> keras.KerasTensor:
        return layers.Multiply(name=name)([x, gate])

    def average(self, x: keras.KerasTensor, name: str, keep_axes: bool = False) -> keras.KerasTensor:
        return layers.GlobalAveragePooling2D(keepdims=keep_axes, name=name)(x)

    def max_pool(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        """3×3 with stride 2. PyTorch pads with minus infinity; after a ReLU zeros are the same."""
        return layers.MaxPooling2D(3, 2, name=name)(layers.ZeroPadding2D(1, name=f"{name}_pad")(x))


def _padding(shape: Kernel) -> str:
    return "same" if shape.stride == 1 else "valid"


def _padded(x: keras.KerasTensor, name: str, shape: Kernel) -> keras.KerasTensor:
    """What enters a convolution: padded where its stride is more than 1, since "same" would pad more at the end."""
    margin = shape.size // 2 if shape.padding < 0 else shape.padding
    return layers.ZeroPadding2D(margin, name=f"{name}_pad")(x) if margin and shape.stride > 1 else x


def load_weights(model: keras.Model, found: Recognised, read: _Read) -> None:
    """Give a model of `build_network` the weights of a file; layers that it doesn't have are left out.

    Raises:
        UserError: a tensor is damaged or holds what no weights are: infinite values, negative variances.
    """
    here = {layer.name: layer for layer in model.layers}
    for weights in expected_weights(found.architecture, found.layout):
        if weights.layer in here:
            here[weights.layer].set_weights(_to_keras(weights, read))


def _to_keras(weights: LayerWeights, read: _Read) -> list[npt.NDArray[np.float32]]:
    """A layer's weights in Keras' order and axes."""
    tensors = {part: _checked(name, read) for part, name in zip(weights.parts, weights.shapes, strict=True)}
    if weights.kind == "conv":
        tensors["weight"] = tensors["weight"].transpose(2, 3, 1, 0)
    elif weights.kind == "depthwise":
        tensors["weight"] = tensors["weight"].transpose(2, 3, 0, 1)
    elif weights.kind == "dense":
        tensors["weight"] = tensors["weight"].T
        if "scale" in tensors:
            scale = tensors.pop("scale").reshape(-1)
            tensors = {part: values * scale for part, values in tensors.items()}
    elif weights.kind == "batch_norm" and tensors["running_var"].min() < 0:
        raise UserError(f"The weights hold a negative variance ({list(weights.shapes)[3][:80]}).", "Use another file.")
    return list(tensors.values())


def _checked(name: str, read: _Read) -> npt.NDArray[np.float32]:
    values = read(name)
    if not np.isfinite(values).all():
        raise UserError(f"The weights hold values that are no numbers ({name[:80]}).", "Use another file.")
    return values
