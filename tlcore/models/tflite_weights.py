"""A `.tflite` of the built-in network with other weights, written into the one that ships: what TensorFlow's converter
needs seconds for, in a blink.

In the file each convolution stands alone: the batch normalisation behind it is folded into its weights, as in
B. Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
https://arxiv.org/abs/1712.05877, section 3.2: w γ / √(σ² + ε), with the bias β − γ μ / √(σ² + ε).
"""

from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tlcore.models.tflite_append import append_tensor
from tlcore.models.tflite_file import keep_until, named, pack, unpack

if TYPE_CHECKING:
    import keras

_CONV, _BATCH_NORM = "_conv", "_bn"
_KINDS = (schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.DEPTHWISE_CONV_2D)


def write_weights(data: bytes, model: "keras.Model", source: str, output: str) -> bytes:
    """The file with the weights of a Keras model of the same network, in 32 bits, up to one of its outputs.

    Args:
        data: a file of EfficientNet-Lite0 (efficientnet_lite.py), with any weights.
        model: that network in Keras. Its convolutions have no bias, and a batch normalisation each.
        source: the output of the file at which the new one ends. output: what the new one calls it.

    Raises:
        ValueError: they are not the same network.
    """
    unpacked, signature = unpack(data)
    target = named(signature.outputs, source)
    graph = unpacked.subgraphs[0]
    operators = [each for each in graph.operators if _kind(unpacked, each) in _KINDS]
    convolutions = _folded(model)
    if len(operators) != len(convolutions):
        raise ValueError(f"Received: {len(convolutions)} convolutions. Allowed: {len(operators)}, as in the file.")
    for operator, (name, kernel, bias) in zip(operators, convolutions, strict=True):
        entering, *replaced = (int(tensor) for tensor in operator.inputs)
        values = kernel.transpose(3, 0, 1, 2), bias  # depthwise kernels have (rows, columns, channels, 1) in Keras
        expected = [tuple(int(side) for side in graph.tensors[tensor].shape) for tensor in replaced]
        if [each.shape for each in values] != expected:
            raise ValueError(f"Received: {name} with {kernel.shape}. Allowed: {expected[0]}, as in the file.")
        operator.inputs = [entering, *(append_tensor(unpacked, name, np.ascontiguousarray(each)) for each in values)]
    return keep_until(pack(unpacked), {output: target})


def _kind(model: schema.ModelT, operator: schema.OperatorT) -> int:
    code = model.operatorCodes[operator.opcodeIndex]
    return int(max(code.builtinCode, code.deprecatedBuiltinCode))


def _folded(model: "keras.Model") -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Of each convolution its name, its kernel as in Keras and its bias, with its batch normalisation in them."""
    by_name = {layer.name: layer for layer in model.layers}
    return [
        (name, *_fold(layer, by_name[name.removesuffix(_CONV) + _BATCH_NORM]))
        for name, layer in by_name.items()
        if name.endswith(_CONV)
    ]


def _fold(convolution: "keras.layers.Layer", normal: "keras.layers.Layer") -> tuple[np.ndarray, np.ndarray]:
    (kernel,) = convolution.get_weights()
    gamma, beta, mean, variance = normal.get_weights()
    scale = gamma / np.sqrt(variance + normal.epsilon)
    per_channel = scale[:, np.newaxis] if kernel.shape[-1] != len(scale) else scale  # depthwise: channels come third
    return (kernel * per_channel).astype(np.float32), (beta - mean * scale).astype(np.float32)
