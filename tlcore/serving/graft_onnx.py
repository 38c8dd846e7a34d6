"""Put a trained head onto the ONNX file of a backbone; the pendant of graft.py, of the same meaning."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tlcore.models.onnx.standard import BATCH, IMAGE, POOLED, PREFIX, constant, opset_of, reduce_node
from tlcore.serving.graft_familiarity import FAMILIARITY

if TYPE_CHECKING:
    import onnx

Layers = Sequence[tuple[np.ndarray, np.ndarray]]
_LEAST_LENGTH = 1e-6  # of a feature vector: one of zeros is like nothing
_FLOAT = 1


def graft_onnx(backbone: bytes, layers: Layers, image_size: int, prototypes: np.ndarray | None = None) -> bytes:
    """A classifier file out of a backbone and dense layers.

    Args:
        backbone: a file of ours (models/onnx/standard.py), from IMAGE to POOLED.
        layers: (weights float32 (inputs, outputs), bias float32 (outputs,)) each, with ReLU between them.
        image_size: side of the square input in pixels.
        prototypes: float32 (prototypes, features), each of length 1; with them the file also gives the familiarity.

    Returns:
        An `.onnx`: image, float32 (n, image_size, image_size, 3), RGB 0–255 → probabilities, float32 (n, classes), and
        familiarity, float32 (n, 1); n is free, or 1 where the backbone takes one image at a time.

    Raises:
        ValueError: the layers do not fit each other.
    """
    import onnx

    model = onnx.ModelProto.FromString(backbone)
    graph, size = model.graph, layers[0][0].shape[0]
    for (weights, bias), (following, _) in zip(layers, layers[1:], strict=False):
        if len(bias) != len(following) or weights.shape[1] != len(bias):
            raise ValueError(f"Received: weights {weights.shape} before {following.shape}.")
    batch = graph.input[0].type.tensor_type.shape.dim[0].dim_value or BATCH
    del graph.input[:], graph.output[:]
    graph.input.append(onnx.helper.make_tensor_value_info(IMAGE, _FLOAT, [batch, image_size, image_size, 3]))
    graph.node.extend(_head_nodes(graph, layers))
    classes = len(layers[-1][1])
    graph.output.append(onnx.helper.make_tensor_value_info("probabilities", _FLOAT, [batch, classes]))
    if prototypes is not None:
        if prototypes.ndim != 2 or prototypes.shape[1] != size:
            raise ValueError(f"Received: prototypes {prototypes.shape}. Allowed: (n, {size}).")
        graph.node.extend(_familiarity_nodes(graph, prototypes, opset_of(model)))
        graph.output.append(onnx.helper.make_tensor_value_info(FAMILIARITY, _FLOAT, [batch, 1]))
    data: bytes = model.SerializeToString()
    return data


def _head_nodes(graph: "onnx.GraphProto", layers: Layers) -> "list[onnx.NodeProto]":
    """The dense layers and the softmax."""
    from onnx import helper

    nodes, value = [], POOLED
    for number, (weights, bias) in enumerate(layers):
        name = f"{PREFIX}dense{number}"
        inputs = [value, constant(graph, f"weights{number}", np.asarray(weights, np.float32))]
        inputs.append(constant(graph, f"bias{number}", np.asarray(bias, np.float32)))
        nodes.append(helper.make_node("Gemm", inputs, [name], name=name))
        value = name
        if number < len(layers) - 1:
            value = f"{name}_relu"
            nodes.append(helper.make_node("Relu", [name], [value], name=value))
    return [*nodes, helper.make_node("Softmax", [value], ["probabilities"], name=f"{PREFIX}softmax", axis=1)]


def _familiarity_nodes(graph: "onnx.GraphProto", prototypes: np.ndarray, opset: int) -> "list[onnx.NodeProto]":
    """The cosine similarity to the nearest prototype, or 0 where all are below it; see graft_familiarity.py."""
    from onnx import helper

    length, unit, similarity, highest = (f"{PREFIX}{name}" for name in ("length", "unit", "similarity", "highest"))
    floor = constant(graph, "least_length", np.array([_LEAST_LENGTH], np.float32))
    matrix = constant(graph, "prototypes", np.asarray(prototypes, np.float32).T)
    return [
        reduce_node(graph, "ReduceL2", (POOLED, length), [1], opset, keep=True),
        helper.make_node("Max", [length, floor], [f"{length}_floored"], name=f"{length}_floored"),
        helper.make_node("Div", [POOLED, f"{length}_floored"], [unit], name=unit),
        helper.make_node("MatMul", [unit, matrix], [similarity], name=similarity),
        reduce_node(graph, "ReduceMax", (similarity, highest), [1], opset, keep=True),
        helper.make_node("Relu", [highest], [FAMILIARITY], name=f"{PREFIX}familiarity"),
    ]
