"""A small ONNX network as somebody would bring it: random weights, one image in, a classifier at its end."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE, WIDTH, CLASSES, OPSET = 32, 12, 3, 17
SCALE, OFFSET = np.array([0.02, 0.03, 0.01], np.float32), np.array([-1.0, 0.5, 0.2], np.float32)


def small_onnx(
    layout: str = "NCHW", batch: int | str = "n", scales: bool = False, end: str = "classes", side: int | str = SIDE
) -> onnx.ModelProto:
    """Two convolutions, pooling, a dense layer.

    Args:
        scales: whether it begins by scaling its colours. end: "classes", "map" or "tokens": what it gives.
    """
    random = np.random.default_rng(7)
    weights = {
        "w1": random.normal(0, 0.3, (8, 3, 3, 3)),
        "w2": random.normal(0, 0.2, (WIDTH, 8, 3, 3)),
        "dense": random.normal(0, 1, (WIDTH, CLASSES)),
        "scale": SCALE.reshape(3, 1, 1),
        "offset": OFFSET.reshape(3, 1, 1),
    }
    stored = {name: values.astype(np.float32) for name, values in weights.items()}
    stored |= {
        "flat": np.array([1 if batch == 1 else -1, WIDTH]),
        "tokens": np.array([1 if batch == 1 else 0, WIDTH, -1]),
    }
    nodes, value = [], "input"
    if layout == "NHWC":
        nodes.append(helper.make_node("Transpose", [value], ["turned"], perm=[0, 3, 1, 2]))
        value = "turned"
    if scales:
        nodes.append(helper.make_node("Mul", [value, "scale"], ["multiplied"]))
        nodes.append(helper.make_node("Add", ["multiplied", "offset"], ["scaled"]))
        value = "scaled"
    nodes += [
        helper.make_node("Conv", [value, "w1"], ["c1"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2"], ["c2"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c2"], ["map"]),
    ]
    if end == "classes":
        nodes += [
            helper.make_node("GlobalAveragePool", ["map"], ["pool"]),
            helper.make_node("Reshape", ["pool", "flat"], ["vector"]),
            helper.make_node("MatMul", ["vector", "dense"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["classes"], axis=1),
        ]
    elif end == "tokens":
        nodes.append(helper.make_node("Reshape", ["map", "tokens"], ["columns"]))
        nodes.append(helper.make_node("Transpose", ["columns"], ["tokens_out"], perm=[0, 2, 1]))
    output = {"classes": "classes", "map": "map", "tokens": "tokens_out"}[end]
    used = {name for node in nodes for name in node.input}
    shape = [batch, 3, side, side] if layout == "NCHW" else [batch, side, side, 3]
    graph = helper.make_graph(
        nodes,
        "main",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(values, name) for name, values in stored.items() if name in used],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="pytorch")
    model.ir_version = 8
    return model
