"""A `.tflite` that somebody brought: what it may hold, where its features lie, and what it costs; no TensorFlow."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tlcore.errors import UserError
from tlcore.models.imported.candidate import Embedding, Known
from tlcore.models.imported.tflite_metadata import BUFFER, Metadata, read_metadata, scaling_by_numbers
from tlcore.models.scalings import INSIDE

MOST_LOWER = 6  # maps further down that are offered besides
_FIX = "Export it with LiteRT’s built-in operators only, without “Flex” or custom ones."
_OPERATORS = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
_REFUSED = (
    "CUSTOM DELEGATE CALL CALL_ONCE IF WHILE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE HASHTABLE HASHTABLE_FIND "
    "HASHTABLE_IMPORT HASHTABLE_SIZE RANDOM_UNIFORM RANDOM_STANDARD_NORMAL MULTINOMIAL UNIDIRECTIONAL_SEQUENCE_LSTM "
    "LSTM RNN SVDF"
).split()
_HEAD = ("SOFTMAX", "LOGISTIC", "LOG_SOFTMAX", "RESHAPE", "DEQUANTIZE", "QUANTIZE", "SQUEEZE", "ADD", "TANH")
_ALONG = ("RESHAPE", "SQUEEZE", "MEAN", "AVERAGE_POOL_2D", "DEQUANTIZE", "QUANTIZE", "MAX_POOL_2D")
NUMBERS = {schema.TensorType.FLOAT32, schema.TensorType.UINT8, schema.TensorType.INT8}
"""The types of tensors that images and features can have; those of 8 bits are quantised."""


@dataclass(frozen=True)
class TfliteNetwork:
    """A file that passed. `image`: the number of its input tensor; `layout`, `side`: as it takes images, in pixels."""

    model: schema.ModelT
    image: int
    layout: str
    side: int

    @property
    def graph(self) -> schema.SubGraphT:
        return self.model.subgraphs[0]


def open_network(data: bytes, name: str) -> TfliteNetwork:
    """Unpack a file and look through it.

    Args:
        name: of the file, for sentences.

    Raises:
        UserError: it is damaged, has operators that are refused, or takes something else than one colour image.
    """
    if data[4:8] != b"TFL3":
        raise damaged(name)
    try:
        model = schema.ModelT.InitFromPackedBuf(data)
        _check(model)
        return _network(model)
    except (
        struct.error,
        IndexError,
        ValueError,
        TypeError,
        AttributeError,
        OverflowError,
    ) as error:
        raise damaged(name) from error


def damaged(name: str) -> UserError:
    """What to say of bytes that are no such file."""
    return UserError(f"“{name}” is not a LiteRT file, or it is damaged.", "Copy or download it again.")


def _check(model: schema.ModelT) -> None:
    if len(model.subgraphs) != 1:
        raise UserError("This LiteRT file holds several programs, not one network.", "Export the network alone.")
    for code in model.operatorCodes:
        name = operator_name(code)
        if code.customCode or name in _REFUSED or name == "":
            said = code.customCode.decode("utf-8", "replace")[:60] if code.customCode else name or "unknown"
            raise UserError(f"This LiteRT file needs an operator that is not allowed here (“{said}”).", _FIX)
    if any(buffer.offset > 1 or buffer.size > 1 for buffer in model.buffers):
        raise UserError("This LiteRT file keeps its weights outside of itself.", "Export it as a file of at most 2 GB.")
    graph = model.subgraphs[0]
    for operator in graph.operators:
        if not 0 <= operator.opcodeIndex < len(model.operatorCodes):
            raise ValueError("An operator of no kind.")
        if any(not -1 <= index < len(graph.tensors) for index in (*operator.inputs, *operator.outputs)):
            raise ValueError("An operator of no tensor.")


def operator_name(code: schema.OperatorCodeT) -> str:
    """The name of a builtin operator; "" where this version knows none."""
    name: str = _OPERATORS.get(max(int(code.builtinCode), int(code.deprecatedBuiltinCode)), "")
    return name


def _network(model: schema.ModelT) -> TfliteNetwork:
    graph = model.subgraphs[0]
    if len(graph.inputs) != 1:
        raise UserError(f"This network has {len(graph.inputs)} inputs.", "Only networks with one input can be added.")
    image = int(graph.inputs[0])
    tensor = graph.tensors[image]
    shape = [int(side) for side in tensor.shape]
    layout = "NHWC" if len(shape) == 4 and shape[3] == 3 else "NCHW" if len(shape) == 4 and shape[1] == 3 else ""
    if not layout or tensor.type not in NUMBERS:
        shown = " × ".join(map(str, shape[1:]))
        raise UserError(
            f"This network takes {shown} numbers, not a colour image.", "Only networks for colour images can be added."
        )
    height, width = shape[1:3] if layout == "NHWC" else shape[2:4]
    if height != width:
        raise UserError(f"This network takes images of {width} × {height} pixels.", "Only square images are possible.")
    return TfliteNetwork(model, image, layout, height)


def embeddings(network: TfliteNetwork) -> dict[Embedding, int]:
    """Where the features can be taken, the best first, with the numbers of the tensors; shapes as in the file."""
    found: dict[Embedding, int] = {}
    names: set[str] = set()
    for index in dict.fromkeys(_places(network)):
        tensor = network.graph.tensors[index]
        shape = tuple(int(side) for side in tensor.shape[1:])
        if len(shape) not in (1, 2, 3) or tensor.type not in NUMBERS or math.prod(shape) < 2:
            continue
        name = _short(tensor)
        name = f"{name}#{index}" if name in names or not name else name
        names.add(name)
        found[Embedding(name, shape)] = index
    if not found:
        raise UserError("This network has no output that could describe a photo.", "Add one that was made for images.")
    return found


def _places(network: TfliteNetwork) -> Iterator[int]:
    graph, made = network.graph, _makers(network)
    end = int(graph.outputs[0])
    vector = _before_classifier(network, made, end)
    feature_map = _map_below(network, made, vector)
    if feature_map is not None:
        yield feature_map
    yield vector
    yield from (int(index) for index in graph.outputs)
    maps = [int(operator.outputs[0]) for operator in reversed(graph.operators) if _kind(network, operator) == "ADD"]
    yield from [index for index in maps if _is_lower(network, index)][:MOST_LOWER]


def _makers(network: TfliteNetwork) -> dict[int, schema.OperatorT]:
    return {int(output): operator for operator in network.graph.operators for output in operator.outputs}


def _kind(network: TfliteNetwork, operator: schema.OperatorT) -> str:
    return operator_name(network.model.operatorCodes[operator.opcodeIndex])


def _is_lower(network: TfliteNetwork, index: int) -> bool:
    """Whether it is a map inside the network: smaller than the image that scaling gives."""
    shape = network.graph.tensors[index].shape
    return len(shape) == 4 and int(shape[1]) < network.side


def _before_classifier(network: TfliteNetwork, made: dict[int, schema.OperatorT], end: int) -> int:
    """What enters the last dense layer, where only activations follow it; the end where there is none."""
    index = end
    while index in made:
        operator = made[index]
        kind = _kind(network, operator)
        below = int(operator.inputs[0])
        if kind == "FULLY_CONNECTED":
            return below
        if kind not in _HEAD:
            break
        index = below
    return end


def _map_below(network: TfliteNetwork, made: dict[int, schema.OperatorT], vector: int) -> int | None:
    """The map that is pooled or flattened to a vector; itself where it is one; None where there is none."""
    index = vector
    while True:
        shape = network.graph.tensors[index].shape
        spatial = shape[1:3] if network.layout == "NHWC" else shape[2:4]
        if len(shape) == 4 and math.prod(int(side) for side in spatial) > 1:
            return index
        if index not in made or _kind(network, made[index]) not in _ALONG:
            return None
        index = int(made[index].inputs[0])


def _short(tensor: schema.TensorT) -> str:
    """`net/block2b_add/Add;…` → `block2b_add/Add`."""
    name = (tensor.name or b"").decode("utf-8", "replace").split(";")[0]
    return "/".join(part for part in name.split("/")[-2:] if part)[:80]


def num_parameters(network: TfliteNetwork) -> int:
    """The numbers in all constants of floats and of 8 bits."""
    return sum(
        math.prod(int(side) for side in tensor.shape)
        for tensor in network.graph.tensors
        if tensor.buffer and network.model.buffers[tensor.buffer].data is not None and tensor.type in _WEIGHTS
    )


_WEIGHTS = NUMBERS | {schema.TensorType.FLOAT16, schema.TensorType.INT4}
_MULTIPLYING = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")


def multiply_adds(network: TfliteNetwork) -> int:
    """The products of one photo of the file's own size in convolutions and dense layers."""
    total, tensors = 0, network.graph.tensors
    for operator in network.graph.operators:
        if _kind(network, operator) in _MULTIPLYING and len(operator.inputs) > 1:
            kernel, output = tensors[operator.inputs[1]], tensors[operator.outputs[0]]
            total += math.prod(int(side) for side in kernel.shape) * math.prod(int(side) for side in output.shape[1:-1])
    return total


def metadata_of(network: TfliteNetwork) -> Metadata:
    """What the file says of itself."""
    for note in network.model.metadata or []:
        data = network.model.buffers[note.buffer].data
        if note.name == BUFFER and data is not None:
            return read_metadata(bytes(data))
    return Metadata()


def scaling_of(network: TfliteNetwork) -> Known:
    """What the network expects of its pixels: by its metadata, else by how its input is quantised; "" if unknown."""
    if found := metadata_of(network).scaling:
        return Known(found, "file")
    tensor = network.graph.tensors[network.image]
    if tensor.type == schema.TensorType.FLOAT32:
        return Known(INSIDE, "file") if _scales_itself(network) else Known("", "usual")
    scale, zero = quantisation(tensor)
    low = -128 if tensor.type == schema.TensorType.INT8 else 0
    return Known(scaling_by_numbers(np.array([scale]), np.array([scale * (low - zero)])), "file")


def _scales_itself(network: TfliteNetwork) -> bool:
    """Whether the first thing that is done to the image is arithmetic with a constant."""
    users = [operator for operator in network.graph.operators if network.image in operator.inputs]
    return bool(users) and all(_kind(network, user) in ("MUL", "SUB", "ADD", "DIV") for user in users)


def quantisation(tensor: Any) -> tuple[float, int]:
    """Scale and zero point of a tensor of 8 bits: value = scale · (number − zero point)."""
    found = tensor.quantization
    if found is None or found.scale is None or len(found.scale) != 1:
        raise UserError("This network’s numbers are quantised in an uncommon way.", "Export it with floats.")
    return float(found.scale[0]), int(found.zeroPoint[0]) if found.zeroPoint is not None else 0
