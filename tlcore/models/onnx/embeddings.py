"""What can be told of a foreign ONNX network: which tensors are features, which images it takes, how they are scaled.

Read off the graph where it stands there, and else by running the network on an image of zeros, in a limited process.
"""

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.errors import UserError
from tlcore.models.onnx.standard import image_input

if TYPE_CHECKING:
    import onnx

USUAL_SIZE = 224
OTHER_SIZES = (256, 384, 299, 192, 160, 128, 96, 64, 32)
MOST_EMBEDDINGS = 8
MOST_FEATURES = 100_000
_LAYERS = ("Gemm", "MatMul")
_PASSING = frozenset(
    {
        "Softmax",
        "LogSoftmax",
        "Sigmoid",
        "Identity",
        "Add",
        "Squeeze",
        "Reshape",
        "Flatten",
        "Cast",
        "Clip",
        "Mul",
        "Div",
    }
)
_POOLINGS = ("GlobalAveragePool", "ReduceMean")
_SCALINGS = ("Sub", "Div", "Mul", "Add")
_TYPES = {1: np.float32, 2: np.uint8, 10: np.float16, 11: np.float64}


def candidate_names(model: "onnx.ModelProto") -> tuple[str, ...]:
    """The tensors that may serve as features: what enters the classifier first, then what pooling gives, outputs."""
    graph = model.graph
    makers = {name: node for node in graph.node for name in node.output}
    stored = {tensor.name for tensor in graph.initializer}
    stored |= {name for node in graph.node if node.op_type == "Constant" for name in node.output}
    outputs = [output.name for output in graph.output]
    found = [name for output in outputs if (name := _before_classifier(output, makers, stored))]
    found = found or outputs  # exported without a classifier
    found += [node.output[0] for node in reversed(graph.node) if node.op_type in _POOLINGS][:1]
    found += outputs
    return tuple(dict.fromkeys(name for name in found if name in makers))[:MOST_EMBEDDINGS]


def _before_classifier(output: str, makers: "dict[str, onnx.NodeProto]", stored: set[str]) -> str:
    """What enters the last dense layer before an output, if nothing but activations follows it; else ""."""
    name = output
    while (node := makers.get(name)) is not None:
        if node.op_type in _LAYERS and len(node.input) > 1 and _is_stored(node.input[1], makers, stored):
            return str(node.input[0])
        if node.op_type not in _PASSING:
            return ""
        name = next((each for each in node.input if not _is_stored(each, makers, stored)), "")
    return ""


def _is_stored(name: str, makers: "dict[str, onnx.NodeProto]", stored: set[str]) -> bool:
    """Whether a tensor is a weight, perhaps turned or copied."""
    while name not in stored:
        node = makers.get(name)
        if node is None or node.op_type not in ("Identity", "Transpose", "Cast", "DequantizeLinear"):
            return False
        name = node.input[0]
    return True


def layout_of(model: "onnx.ModelProto") -> tuple[str, bool]:
    """The order of the axes of its images, "NCHW" or "NHWC", and whether the file says so."""
    given = image_input(model)
    sides = [dimension.dim_value for dimension in given.type.tensor_type.shape.dim]
    if (sides[1] == 3) != (sides[3] == 3):
        return ("NCHW" if sides[1] == 3 else "NHWC"), True
    if max(sides[1], sides[3]) > 0 and 3 not in (sides[1] or 3, sides[3] or 3):
        raise UserError("This network doesn’t take colour images.", "Only networks for colour images can be added.")
    first = next((node for node in model.graph.node if given.name in node.input), None)
    return "NCHW", first is not None and first.op_type == "Conv"


def fixed_size(model: "onnx.ModelProto", layout: str) -> int:
    """The side of its images in pixels where the file says so, 0 where it takes any or does not say.

    Raises:
        UserError: they are not square.
    """
    sides = [dimension.dim_value for dimension in image_input(model).type.tensor_type.shape.dim]
    rows, columns = sides[2:4] if layout == "NCHW" else sides[1:3]
    if rows != columns:
        raise UserError(f"This network takes images of {columns} × {rows} pixels.", "Only square images are possible.")
    return int(rows)


def scales_itself(model: "onnx.ModelProto") -> bool:
    """Whether the first thing that it does to an image is to add to or multiply its colours."""
    name, makers = image_input(model).name, list(model.graph.node)
    stored = {tensor.name: prod(tensor.dims) for tensor in model.graph.initializer}
    for node in makers:
        if name not in node.input:
            continue
        if node.op_type in _SCALINGS:
            return any(stored.get(each, 1 if each != name else 0) in (1, 3) for each in node.input if each != name)
        if node.op_type not in ("Cast", "Transpose", "Identity"):
            return False
        name = node.output[0]
    return False


def shapes_at(model: "onnx.ModelProto", names: tuple[str, ...], size: int, layout: str, batch: int = 1) -> list[Any]:
    """The shapes of tensors for images of one size, the batch axis included.

    Raises:
        RuntimeError: the network can't be run on such images.
    """
    return [each.shape for each in run_at(model, names, _zeros(model, size, layout, batch))]


def _zeros(model: "onnx.ModelProto", size: int, layout: str, batch: int) -> np.ndarray:
    kind = _TYPES[image_input(model).type.tensor_type.elem_type]
    return np.zeros((batch, 3, size, size) if layout == "NCHW" else (batch, size, size, 3), kind)


def run_at(model: "onnx.ModelProto", names: tuple[str, ...], images: np.ndarray) -> list[np.ndarray]:
    """Tensors of a foreign network, by their names. Raises RuntimeError where it can't be run on such images."""
    import onnx
    import onnxruntime

    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    given = {output.name for output in whole.graph.output}
    whole.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in given)
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    try:
        session = onnxruntime.InferenceSession(whole.SerializeToString(), options, providers=["CPUExecutionProvider"])
        found: list[np.ndarray] = session.run(list(names), {image_input(model).name: images})
    except Exception as error:  # onnxruntime's own errors have no common class but this
        raise RuntimeError(str(error)) from error
    return found


def usable(shapes: "dict[str, tuple[int, ...]]") -> Iterator[tuple[str, tuple[int, ...]]]:
    """Those tensors that are features of one image: vectors, tokens and maps, not too many and more than one."""
    for name, shape in shapes.items():
        if 2 <= len(shape) <= 4 and shape[0] == 1 and 1 < prod(shape) <= MOST_FEATURES * 100:
            features = shape[1] if len(shape) in (2, 4) else shape[2]
            if 1 < features <= MOST_FEATURES:
                yield name, shape


def multiply_adds(model: "onnx.ModelProto", image_size: int) -> int:
    """The products of one image by a network in our form (standard.py), counted in convolutions and matrices.

    Twice the number of weights where no shape is known.
    """
    import onnx

    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    sides = (1, image_size, image_size, 3)
    for dimension, side in zip(image_input(whole).type.tensor_type.shape.dim, sides, strict=True):
        dimension.dim_value = side
    try:
        known = onnx.shape_inference.infer_shapes(whole, data_prop=True).graph
    except Exception:  # of onnx: a shape that contradicts itself somewhere; the network runs all the same
        known = whole.graph
    shapes = {each.name: [side.dim_value for side in each.type.tensor_type.shape.dim] for each in known.value_info}
    shapes |= {tensor.name: list(tensor.dims) for tensor in known.initializer}
    shapes |= {each.name: [side.dim_value for side in each.type.tensor_type.shape.dim] for each in known.output}
    total = sum(_products(node, shapes) for node in known.node)
    return total or 2 * num_parameters(model)


def _products(node: "onnx.NodeProto", shapes: dict[str, list[int]]) -> int:
    output, weights = (shapes.get(name, []) for name in (node.output[0], node.input[1] if len(node.input) > 1 else ""))
    if not output or not weights:
        return 0
    if node.op_type == "Conv":
        return prod(output) * prod(weights[1:])
    if node.op_type == "MatMul":
        return prod(output) * weights[-2] if len(weights) > 1 else prod(weights)
    return prod(weights) if node.op_type == "Gemm" else 0


def num_parameters(model: "onnx.ModelProto") -> int:
    """How many numbers a file stores."""
    return sum(prod(tensor.dims) for tensor in model.graph.initializer)
