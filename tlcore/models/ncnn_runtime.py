"""Chains of plain convolutions, such as VGG16, on ncnn by Winograd's minimal filtering: 2.7 times less arithmetic.

A 3×3 convolution takes 9 multiplications a value; computed in tiles, as few as 2.25 do (Lavin and Gray 2016, “Fast
algorithms for convolutional neural networks”, CVPR, arXiv:1509.09308). LiteRT has no such kernels, and networks that
are nothing but large 3×3 convolutions have little else to save. ncnn has them (https://github.com/Tencent/ncnn,
BSD-3). The chain is read out of the `.tflite` that the run uses anyway; what comes before its first convolution, the
scaling, stays with LiteRT.

Seen on two cores, VGG16 at 224 px: 317 ms of processor time a photo on LiteRT, 116 to 165 ms here, 1e-6 of the largest
value apart. The transformed weights are large, but held once for all threads: with two of them the process has 635 MB,
and 475 MB on LiteRT.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tlcore.models.litert_runtime import LiteModel, litert_pool
from tlcore.models.predictor import PredictorPool
from tlcore.models.tflite_file import keep_until, named, unpack

FUNCTIONS = ("VGG16", "VGG19")  # of keras.applications; the others have branches, or little in 3×3 convolutions

_OPERATOR, _SAME, _VALID = schema.BuiltinOperator, schema.Padding.SAME, schema.Padding.VALID
_ACTIVATIONS = {schema.ActivationFunctionType.NONE: 0, schema.ActivationFunctionType.RELU: 1}  # as ncnn counts them
_FLOAT32 = struct.pack("<I", 0)  # stands before weights that are kept in 32 bits


class UnsupportedNetwork(ValueError):
    """The network has a branch, or an operation that is not supported here."""


class NcnnPredictor:
    """A `Predictor` for the same file as `LitePredictor`; threads may use one object side by side.

    Args:
        source: a `.tflite`, or its bytes.
        outputs: names of its signature; the last one of them is the end of the chain.

    Raises:
        UnsupportedNetwork: use LiteRT.
        ImportError: ncnn is not installed, or does not run on this machine.
    """

    def __init__(self, source: Path | bytes, outputs: Sequence[str]) -> None:
        import ncnn

        data = source if isinstance(source, bytes) else source.read_bytes()
        chain = _read(data, outputs)
        self._blobs, self._scaling = chain.blobs, LiteModel(keep_until(data, {"scaled": chain.entry}))
        self._matrix, self._net = ncnn.Mat, ncnn.Net()
        # Threads come from outside, a photo each. Anything below 32 bits would be another network.
        for name, value in {
            "num_threads": 1,
            "use_winograd_convolution": True,
            "use_vulkan_compute": False,
            "use_fp16_packed": False,
            "use_fp16_storage": False,
            "use_fp16_arithmetic": False,
            "use_bf16_storage": False,
        }.items():
            setattr(self._net.opt, name, value)
        self._weights = chain.weights  # ncnn may go on pointing into them
        self._net.load_param_mem(_text(chain.layers))
        self._net.load_model_mem(self._weights)

    def predict(self, images: np.ndarray) -> list[np.ndarray]:
        """See `Predictor.predict`."""
        rows = [self._predict_one(image) for image in self._scaling.run(images, "scaled")]
        return [np.stack(each) for each in zip(*rows, strict=True)]

    def _predict_one(self, image: np.ndarray) -> list[np.ndarray]:
        """All outputs for one scaled image (S, S, 3). What is asked for first lies first in the chain: one pass."""
        channels_first = np.ascontiguousarray(image.transpose(2, 0, 1))  # lives as long as the matrix made of it
        extractor = self._net.create_extractor()
        extractor.input("0", self._matrix(channels_first))
        found: dict[int, np.ndarray] = {}
        for blob in sorted(self._blobs):
            failed, result = extractor.extract(str(blob))
            if failed:
                raise MemoryError("ncnn could not compute a photo.")
            values = np.array(result)
            found[blob] = values.transpose(1, 2, 0) if values.ndim == 3 else values
        return [found[blob] for blob in self._blobs]


def ncnn_pool(source: Path | bytes, outputs: Sequence[str]) -> PredictorPool:
    """One predictor for all threads, each of which is best given one image at once; see `NcnnPredictor`."""
    predictor = NcnnPredictor(source, outputs)
    return PredictorPool(lambda: predictor, litert_pool(source, outputs).num_threads, batch=1)


@dataclass(frozen=True)
class _Chain:
    """A network as ncnn's layers and weights.

    `entry`: the tensor of the file that enters the first layer. `blobs`: what each output is called in ncnn, where the
    first layer takes 0 and gives 1, and so on.
    """

    entry: int
    layers: list[str]
    weights: bytes
    blobs: list[int]


def _read(data: bytes, outputs: Sequence[str]) -> _Chain:
    model, signature = unpack(data)
    graph = model.subgraphs[0]
    codes = [model.operatorCodes[operator.opcodeIndex] for operator in graph.operators]
    kinds = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in codes]
    if _OPERATOR.CONV_2D not in kinds:
        raise UnsupportedNetwork("There is no convolution.")
    first = kinds.index(_OPERATOR.CONV_2D)
    entry = before = int(graph.operators[first].inputs[0])
    if named(signature.inputs, "image") == entry:
        raise UnsupportedNetwork("The scaling is missing.")
    layers, weights, blobs = [], [], {}
    for kind, operator in zip(kinds[first:], graph.operators[first:], strict=True):
        if kind not in _WRITERS or int(operator.inputs[0]) != before:
            raise UnsupportedNetwork("There is a branch, or a step of another kind.")
        layer, numbers = _WRITERS[kind](model, operator)
        layers.append(layer)
        weights.append(numbers)
        before = int(operator.outputs[0])
        blobs[before] = len(layers)
    tensors = [named(signature.outputs, output) for output in outputs]
    if not set(tensors) <= set(blobs) or before not in tensors:
        raise UnsupportedNetwork("No output is the end of the chain.")
    return _Chain(entry, layers, b"".join(weights), [blobs[tensor] for tensor in tensors])


def _text(layers: list[str]) -> str:
    """ncnn's description of a chain: its magic number, how many layers and blobs, and a line a layer.

    The format is https://github.com/Tencent/ncnn/wiki/param-and-model-file-structure.
    """
    lines = ["Input image 0 1 0"]
    for number, layer in enumerate(layers):
        kind, _, settings = layer.partition(" ")
        lines.append(f"{kind} layer{number} 1 1 {number} {number + 1} {settings}")
    return "\n".join(["7767517", f"{len(lines)} {len(lines)}", *lines, ""])


def _convolution(model: schema.ModelT, operator: schema.OperatorT) -> tuple[str, bytes]:
    options = operator.builtinOptions
    kernel, bias = _numbers(model, operator.inputs[1]), _numbers(model, operator.inputs[2])
    out, height, width, _ = kernel.shape
    plain = {options.strideW, options.strideH, options.dilationWFactor, options.dilationHFactor} == {1}
    if not plain or options.padding != _SAME or height != width or height % 2 == 0:
        raise UnsupportedNetwork("A convolution has strides, gaps, no border, or an even size.")
    if options.fusedActivationFunction not in _ACTIVATIONS:
        raise UnsupportedNetwork("A convolution ends in another function than ReLU.")
    activation = _ACTIVATIONS[options.fusedActivationFunction]
    # 0: outputs, 1: side, 4: border, 5: has a bias, 6: weights, 9: activation
    text = f"Convolution 0={out} 1={height} 4={height // 2} 5=1 6={kernel.size} 9={activation}"
    return text, _FLOAT32 + kernel.transpose(0, 3, 1, 2).tobytes() + bias.tobytes()


def _pooling(model: schema.ModelT, operator: schema.OperatorT) -> tuple[str, bytes]:
    options = operator.builtinOptions
    sides = {options.filterWidth, options.filterHeight, options.strideW, options.strideH}
    if len(sides) != 1 or options.padding != _VALID:
        raise UnsupportedNetwork("A pooling overlaps, or goes over the border.")
    side = sides.pop()
    return f"Pooling 0=0 1={side} 2={side} 5=1", b""  # 0: the largest, 1: side, 2: stride, 5: no border


def _mean(model: schema.ModelT, operator: schema.OperatorT) -> tuple[str, bytes]:
    axes = _numbers(model, operator.inputs[1], np.int32)
    if operator.builtinOptions.keepDims or sorted(axes.ravel().tolist()) != [1, 2]:
        raise UnsupportedNetwork("A mean goes over other axes than rows and columns.")
    return "Pooling 0=1 4=1", b""  # 0: the mean, 4: of everything


_WRITERS: dict[int, Callable[[schema.ModelT, schema.OperatorT], tuple[str, bytes]]] = {
    _OPERATOR.CONV_2D: _convolution,
    _OPERATOR.MAX_POOL_2D: _pooling,
    _OPERATOR.MEAN: _mean,
}


def _numbers(model: schema.ModelT, index: int, dtype: type = np.float32) -> np.ndarray:
    """A constant of the file in its shape."""
    tensor = model.subgraphs[0].tensors[int(index)]
    data = model.buffers[tensor.buffer].data
    wanted = schema.TensorType.FLOAT32 if dtype is np.float32 else schema.TensorType.INT32
    if tensor.type != wanted or data is None:
        raise UnsupportedNetwork("Weights are not kept in 32 bits.")
    return np.frombuffer(bytes(data), dtype).reshape(tensor.shape)
