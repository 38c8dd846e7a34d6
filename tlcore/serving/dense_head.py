"""The dense layers at the end of a model file, found by walking back from its probabilities; and what they do, by hand.

What a person asks "why" about is decided there: everything below gives a map of features, the head weighs them. No
TensorFlow: the graph is read as the flatbuffer that it is (models/tflite_file.py), the few products are NumPy's.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from tlcore.errors import UserError
from tlcore.models.tflite_file import keep_until, named, unpack
from tlcore.serving.predict import OUTPUT

FEATURE_MAP = "feature_map"
MOST_LAYERS = 8  # a head has one or two; a file made to do harm may go in circles
LEAST_SQUARE = 1e-6  # of a length: LiteRT divides by its root at least
_CODES = schema.BuiltinOperator
_ACTIVATIONS = schema.ActivationFunctionType
_DTYPES = {schema.TensorType.FLOAT32: "<f4", schema.TensorType.FLOAT16: "<f2", schema.TensorType.INT32: "<i4"}
_UNREADABLE = (UserError, ValueError, LookupError, TypeError, AttributeError, struct.error, AssertionError)

Array = npt.NDArray[np.float32]
Operators = Mapping[int, schema.OperatorT]


class UnknownHead(ValueError):
    """The file does not end in dense layers on a feature map, or not in a way that is known here."""


@dataclass(frozen=True, eq=False)
class DenseHead:
    """Dense layers on a feature map, with ReLU between them.

    Attributes:
        layers: (weights float32 (outputs, inputs), bias float32 (outputs,)) each, from the first to the last.
        pooled: whether the first takes the mean over all places of the map; else it takes all of its values.
        body: the file up to the map, float32 (n, rows, columns, D).
        maps: what `body` calls it. Where several networks stand side by side, each has a map, and their pooled
            features, each brought to length 1, enter the first layer one after the other.
        tensor: the number of the map in the whole file, and map_shape: its (rows, columns, D), where there is one map.
    """

    layers: tuple[tuple[Array, Array], ...]
    pooled: bool
    body: bytes
    maps: tuple[str, ...] = (FEATURE_MAP,)
    tensor: int = -1
    map_shape: tuple[int, int, int] = (0, 0, 0)

    @property
    def is_linear(self) -> bool:
        """Whether every class is a weighted sum of what enters."""
        return len(self.layers) == 1

    def pooled_features(self, maps: Sequence[Array]) -> list[Array]:
        """The pooled features of each network, float32 (D,), as they are compared and weighed.

        Args:
            maps: float32 (rows, columns, D) of one photo, in the order of `maps`.
        """
        means = [feature_map.mean(axis=(0, 1)) for feature_map in maps]
        return [mean / length(mean) for mean in means] if len(maps) > 1 else means

    def logits(self, inputs: Array) -> Array:
        """float32 (classes,) of what enters the first layer, float32 (inputs,)."""
        value = inputs
        for number, (weights, bias) in enumerate(self.layers):
            value = weights @ (value if number == 0 else np.maximum(value, 0)) + bias
        return value

    def gradients(self, inputs: Array) -> Array:
        """The derivative of every logit by every input, at these inputs: float32 (classes, inputs)."""
        active: list[npt.NDArray[np.bool_]] = []
        value = inputs
        for weights, bias in self.layers[:-1]:
            value = weights @ value + bias
            active.append(value > 0)
            value = np.maximum(value, 0)
        found = self.layers[-1][0]
        for (weights, _), on in zip(self.layers[-2::-1], active[::-1], strict=True):
            found = (found * on) @ weights
        return found


def length(vector: Array) -> np.float32:
    """What LiteRT divides by to bring a vector to length 1."""
    return np.float32(np.sqrt(max(float(np.square(vector).sum()), LEAST_SQUARE)))


def read_dense_head(tflite: bytes) -> DenseHead:
    """The head of a model file whose signature has the output "probabilities".

    Raises:
        UnknownHead: the file ends otherwise: there is something between the pooling and the layers, say.
    """
    try:
        model, signature = unpack(tflite)
        graph = model.subgraphs[0]
        producers = {int(output): operator for operator in graph.operators for output in operator.outputs}
        layers, inputs = _dense_layers(model, producers, named(signature.outputs, OUTPUT))
        if several := _maps_side_by_side(model, producers, inputs):
            targets = {f"{FEATURE_MAP}{number}": tensor for number, tensor in enumerate(several)}
            return DenseHead(layers, True, keep_until(tflite, targets), tuple(targets))
        feature_map, pooled = _map_before(model, producers, inputs)
        rows, columns, dimension = (int(side) for side in graph.tensors[feature_map].shape[1:])
        body, shape = keep_until(tflite, {FEATURE_MAP: feature_map}), (rows, columns, dimension)
        return DenseHead(layers, pooled, body, tensor=feature_map, map_shape=shape)
    except _UNREADABLE as error:
        raise UnknownHead(str(error)) from error


def _code(model: schema.ModelT, operator: schema.OperatorT | None) -> int:
    """Which builtin operator it is; −1 for a tensor that no operator makes."""
    if operator is None:
        return -1
    code = model.operatorCodes[operator.opcodeIndex]
    return int(max(code.builtinCode, code.deprecatedBuiltinCode))


def _dense_layers(
    model: schema.ModelT, producers: Operators, probabilities: int
) -> tuple[tuple[tuple[Array, Array], ...], int]:
    """The layers before the softmax, first to last, and the tensor that enters the first."""
    softmax = producers.get(probabilities)
    if softmax is None or _code(model, softmax) != _CODES.SOFTMAX:
        raise UnknownHead("The probabilities are not those of a softmax.")
    tensor, wanted = int(softmax.inputs[0]), _ACTIVATIONS.NONE
    layers: list[tuple[Array, Array]] = []
    while _code(model, operator := producers.get(tensor)) == _CODES.FULLY_CONNECTED:
        assert operator is not None
        if operator.builtinOptions.fusedActivationFunction != wanted or len(layers) == MOST_LAYERS:
            raise UnknownHead("There is another activation than ReLU between the layers, or too many of them.")
        weights, bias = _layer(model, producers, operator)
        layers.append((weights, bias))
        tensor, wanted = int(operator.inputs[0]), _ACTIVATIONS.RELU
    if not layers:
        raise UnknownHead("There is no dense layer before the softmax.")
    return tuple(layers[::-1]), tensor


def _layer(model: schema.ModelT, producers: Operators, operator: schema.OperatorT) -> tuple[Array, Array]:
    kernel = _constant(model, producers, int(operator.inputs[1])).astype(np.float32, copy=False)
    if len(operator.inputs) < 3 or int(operator.inputs[2]) < 0:
        return kernel, np.zeros(len(kernel), np.float32)
    return kernel, _constant(model, producers, int(operator.inputs[2])).astype(np.float32, copy=False)


def _constant(model: schema.ModelT, producers: Operators, tensor: int) -> npt.NDArray[np.generic]:
    """The values of a tensor that is in the file, also of one that is widened from 16 bits first."""
    operator = producers.get(tensor)
    if operator is not None and _code(model, operator) == _CODES.DEQUANTIZE:
        tensor = int(operator.inputs[0])
    elif operator is not None:
        raise UnknownHead("The weights are computed.")
    found = model.subgraphs[0].tensors[tensor]
    data = model.buffers[found.buffer].data
    if data is None or found.type not in _DTYPES:
        raise UnknownHead("The weights are not numbers of 16 or 32 bits.")
    values = np.frombuffer(np.ascontiguousarray(data), _DTYPES[found.type])
    return values.reshape([int(side) for side in found.shape])


def _maps_side_by_side(model: schema.ModelT, producers: Operators, inputs: int) -> list[int]:
    """The feature maps whose means, each brought to length 1, enter the layers one after the other; none where what
    enters is the mean of one map."""
    operator = producers.get(inputs)
    if _code(model, operator) != _CODES.CONCATENATION:
        return []
    assert operator is not None
    found = []
    for part in operator.inputs:
        unit = producers.get(int(part))
        if unit is None or _code(model, unit) != _CODES.L2_NORMALIZATION:
            raise UnknownHead("What is joined is not brought to length 1.")
        feature_map, pooled = _map_before(model, producers, int(unit.inputs[0]))
        if not pooled:
            raise UnknownHead("What is joined are not means of maps.")
        found.append(feature_map)
    return found


def _map_before(model: schema.ModelT, producers: Operators, inputs: int) -> tuple[int, bool]:
    """The feature map that enters the layers, and whether its mean does."""
    tensors = model.subgraphs[0].tensors
    if len(tensors[inputs].shape) == 4:  # a dense layer takes all values of a map as they come
        return _checked_map(tensors, inputs), False
    operator = producers.get(inputs)
    if operator is not None and _code(model, operator) == _CODES.RESHAPE:
        source = int(operator.inputs[0])
        operator = producers.get(source)
        if _code(model, operator) != _CODES.MEAN:
            return _checked_map(tensors, source), False
    if operator is None or _code(model, operator) != _CODES.MEAN:
        raise UnknownHead("The layers stand on something else than a feature map.")
    axes = _constant(model, producers, int(operator.inputs[1])).ravel().tolist()
    if sorted(int(axis) % 4 for axis in axes) != [1, 2]:
        raise UnknownHead("The mean goes over other axes than rows and columns.")
    return _checked_map(tensors, int(operator.inputs[0])), True


def _checked_map(tensors: list[schema.TensorT], index: int) -> int:
    shape = tensors[index].shape
    if shape is None or len(shape) != 4 or shape[1] * shape[2] == 1:
        raise UnknownHead("What enters the layers is no map.")
    return index
