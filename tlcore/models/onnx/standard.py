"""A foreign ONNX network in our form: from pixels to one vector a photo, and everything that is not needed gone.

Input "image": float32 (n, S, S, 3), upright RGB, 0–255, channels last, as every model file of this program takes it; n
is free, or 1 where the network only takes one image. Output "pooled": float32 (n, D). What the network itself expects,
its order of axes and its scaling, is done by a few operators in front of it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.errors import UserError
from tlcore.models.scalings import INSIDE, SCALING_VALUES

if TYPE_CHECKING:
    import onnx

IMAGE, POOLED = "image", "pooled"
PREFIX, FOREIGN = "transferlab/", "network/"  # of the names of what is added, and of what was there
BATCH = "batch"
_FLOAT, _FLOATS = 1, (1, 10, 11)  # float; and those that are cast to and from it: float16 and double
_AXES_ARE_INPUTS = {"ReduceMean": 18, "ReduceMax": 18, "ReduceL2": 18}  # from this version of ONNX on


@dataclass(frozen=True)
class Form:
    """How a network is put into our form.

    `embedding`: the tensor with the features; `rank`: how many axes it has, the batch's included: 2, 3 for tokens, 4
    for a map, channels first as ONNX's convolutions have it. `layout`, `scaling`: as `candidate.Choices` has them.
    `sides`: rows and columns of the images, None where any will do. `any_batch`: whether it takes several at once.
    """

    embedding: str
    rank: int
    layout: str
    scaling: str
    sides: int | None
    any_batch: bool


def to_standard(model: "onnx.ModelProto", form: Form) -> "onnx.ModelProto":
    """The model in our form; what the embedding doesn't need is left out, notes of where it was made too.

    Raises:
        UserError: it has no such tensor, or takes something else than one image of numbers.
    """
    import onnx

    graph = onnx.GraphProto(name="network")
    given = image_input(model)
    graph.node.extend(_input_nodes(graph, given, form))
    graph.node.extend(_renamed(node) for node in _needed_nodes(model.graph, form.embedding))
    used = {name for node in graph.node for name in node.input}
    for tensor in model.graph.initializer:
        if _foreign(tensor.name) in used:
            graph.initializer.append(tensor)
            graph.initializer[-1].name = _foreign(tensor.name)
    opset = opset_of(model)
    graph.node.extend(_pooling_nodes(graph, form, opset))
    batch, side = BATCH if form.any_batch else 1, form.sides
    sides = [side, side] if side else ["height", "width"]
    graph.input.append(onnx.helper.make_tensor_value_info(IMAGE, _FLOAT, [batch, *sides, 3]))
    graph.output.append(onnx.helper.make_tensor_value_info(POOLED, _FLOAT, [batch, None]))
    made = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", opset)], producer_name="transferlab"
    )
    made.ir_version = min(model.ir_version, made.ir_version)
    return made


def image_input(model: "onnx.ModelProto") -> "onnx.ValueInfoProto":
    """The one input that is no weight. Raises UserError where there are others, or it is no array of numbers."""
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = [each for each in model.graph.input if each.name not in stored]
    if len(inputs) != 1:
        raise UserError(
            f"This network has {len(inputs)} inputs.", "Only networks with one input, an image, can be added."
        )
    kind = inputs[0].type.tensor_type
    if kind.elem_type not in (*_FLOATS, 2) or len(kind.shape.dim) != 4:
        raise UserError(
            "This network doesn’t take a colour image.", "Only networks with one input, an image, can be added."
        )
    found: onnx.ValueInfoProto = inputs[0]
    return found


def opset_of(model: "onnx.ModelProto") -> int:
    """The version of ONNX's operators that a model is written in."""
    return next((int(each.version) for each in model.opset_import if each.domain in ("", "ai.onnx")), 1)


def _input_nodes(graph: "onnx.GraphProto", given: "onnx.ValueInfoProto", form: Form) -> "list[onnx.NodeProto]":
    """From IMAGE to what the network takes."""
    from onnx import helper

    nodes, value, scaling = [], IMAGE, SCALING_VALUES[form.scaling]

    def add(kind: str, inputs: list[str], **attributes: Any) -> str:
        name = f"{PREFIX}{kind.lower()}"
        nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    if scaling.is_bgr:
        value = add("Gather", [value, constant(graph, "blue_green_red", np.array([2, 1, 0], np.int64))], axis=3)
    if form.scaling != INSIDE:
        value = add("Mul", [value, constant(graph, "scale", np.array(scaling.scale, np.float32))])
        value = add("Add", [value, constant(graph, "offset", np.array(scaling.offset, np.float32))])
    if form.layout == "NCHW":
        value = add("Transpose", [value], perm=[0, 3, 1, 2])
    if given.type.tensor_type.elem_type != _FLOAT:
        value = add("Cast", [value], to=given.type.tensor_type.elem_type)
    nodes.append(helper.make_node("Identity", [value], [_foreign(given.name)], name=f"{PREFIX}input"))
    return nodes


def _foreign(name: str) -> str:
    """What a tensor of the foreign network is called among ours; "" is an input that an operator does without."""
    return f"{FOREIGN}{name}" if name else ""


def _renamed(node: "onnx.NodeProto") -> "onnx.NodeProto":
    """An operation with its tensors called so, without what its maker noted beside it."""
    import onnx

    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    for names in (copy.input, copy.output):
        names[:] = [_foreign(name) for name in names]
    copy.name = copy.doc_string = ""
    del copy.metadata_props[:]
    return copy


def constant(graph: "onnx.GraphProto", name: str, values: np.ndarray) -> str:
    """Store an array in a graph; its name there."""
    from onnx import numpy_helper

    graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values), f"{PREFIX}{name}"))
    return f"{PREFIX}{name}"


def _needed_nodes(graph: "onnx.GraphProto", embedding: str) -> "list[onnx.NodeProto]":
    """What computes the embedding, in the graph's order."""
    wanted, found = {embedding}, []
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            found.append(node)
    if not found:
        raise UserError(f"This network has no output “{embedding[:80]}”.", "Choose another one.")
    return found[::-1]


def _pooling_nodes(graph: "onnx.GraphProto", form: Form, opset: int) -> "list[onnx.NodeProto]":
    """From the embedding to POOLED: float32, averaged over its places or tokens."""
    from onnx import helper

    name = f"{PREFIX}features"
    nodes = [helper.make_node("Cast", [_foreign(form.embedding)], [name], name=name, to=_FLOAT)]
    axes = {3: [1], 4: [2, 3]}.get(form.rank)
    if axes is None:
        return [*nodes, helper.make_node("Identity", [name], [POOLED], name=f"{PREFIX}pooled")]
    return [*nodes, reduce_node(graph, "ReduceMean", (name, POOLED), axes, opset)]


def reduce_node(
    graph: "onnx.GraphProto", kind: str, ends: tuple[str, str], axes: list[int], opset: int, keep: bool = False
) -> "onnx.NodeProto":
    """A reduction over some axes, as the version of ONNX writes it. `ends`: its input and its output."""
    from onnx import helper

    name, (source, target) = f"{PREFIX}{kind.lower()}", ends
    if opset >= _AXES_ARE_INPUTS[kind]:
        inputs = [source, constant(graph, f"{kind.lower()}_axes", np.array(axes, np.int64))]
        return helper.make_node(kind, inputs, [target], name=name, keepdims=int(keep))
    return helper.make_node(kind, [source], [target], name=name, axes=axes, keepdims=int(keep))
