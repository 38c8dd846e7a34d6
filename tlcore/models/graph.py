"""A functional Keras model as a graph: where all paths go through one tensor, and cutting it there [TF].

The walk follows what Keras keeps with each tensor (`_keras_history`): its operation and the call that made it. Layers
that were called more than once, by a cut for example, are told apart by that call.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import keras

POOLED = "pooled"  # the layer of global average pooling; it is no part of a block


class Node(NamedTuple):
    """One call in the graph: the operation or layer, its one output tensor (None if it has several), its inputs."""

    operation: Any
    tensor: keras.KerasTensor | None
    inputs: tuple[int, ...]


class CutPoint(NamedTuple):
    """A layer through whose output all paths go, and the names of the layers above it, in the graph's order."""

    layer: str
    above: tuple[str, ...]


def walk(model: keras.Model) -> list[Node]:
    """All calls from the model's input to its output, each after those it depends on; the input comes first."""
    return walk_to(model.output)


def walk_to(output: keras.KerasTensor) -> list[Node]:
    """All calls that lead to a tensor; see `walk`."""
    order: dict[int, int] = {}
    nodes: list[Node] = []
    stack = [(_keras_node(output), False)]
    while stack:
        found, ready = stack.pop()
        if id(found) in order:
            continue
        inputs = [_keras_node(tensor) for tensor in found.input_tensors]
        if not ready:
            stack.append((found, True))
            stack += [(entering, False) for entering in inputs]
            continue
        order[id(found)] = len(nodes)
        tensor = found.output_tensors[0] if len(found.output_tensors) == 1 else None
        nodes.append(Node(found.operation, tensor, tuple(order[id(entering)] for entering in inputs)))
    return nodes


def _keras_node(tensor: keras.KerasTensor) -> Any:
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index]


def cut_points(model: keras.Model) -> list[CutPoint]:
    """Where the model can be cut, from the input up, with weights on both sides.

    In an order in which every call stands after its inputs, these are the calls over which no edge jumps.
    """
    nodes = walk(model)
    farthest, points, weights_below = 0, [], False
    reach = list(range(len(nodes)))  # the last node that uses each node's output
    for index, node in enumerate(nodes):
        for entering in node.inputs:
            reach[entering] = max(reach[entering], index)
    for index, node in enumerate(nodes):
        weights_below = weights_below or _has_weights(node)
        if farthest <= index and node.tensor is not None and weights_below:
            above = [later for later in nodes[index + 1 :] if isinstance(later.operation, keras.layers.Layer)]
            if any(_has_weights(later) for later in above):
                names = tuple(later.operation.name for later in above if later.operation.name != POOLED)
                points.append(CutPoint(node.operation.name, names))
        farthest = max(farthest, reach[index])
    return points


def _has_weights(node: Node) -> bool:
    return bool(getattr(node.operation, "weights", ()))


def tensor_of(part: keras.Model, tensor: keras.KerasTensor) -> keras.KerasTensor:
    """The tensor of a model that `cut` gave which stands for one of the whole model: the same operation made it.

    Raises:
        ValueError: it is not in that part.
    """
    operation = tensor._keras_history.operation
    for node in walk(part):
        if node.operation is operation:
            return node.tensor
    raise ValueError(f"Received: the output of {operation.name!r}, which is not in {part.name!r}.")


def cut(model: keras.Model, layer: str) -> tuple[keras.Model, keras.Model]:
    """The model below and above a cut point: input → activation, activation → output. They share the layers.

    Raises:
        ValueError: there is no such cut point.
    """
    if layer not in {point.layer for point in cut_points(model)}:
        raise ValueError(f"Received: layer {layer!r}, at which {model.name} cannot be cut. Ask cut_points for those.")
    tensor = next(node.tensor for node in walk(model) if node.operation.name == layer)
    lower = keras.Model(model.input, tensor, name=f"{model.name}_lower")
    return lower, keras.Model(tensor, model.output, name=f"{model.name}_upper")


def layer_from_top(model: keras.Model, num_layers: int) -> str | None:
    """Where to cut so that the last `num_layers` of the model's layers are unfrozen, those of `layers[-num_layers:]`.

    Layers without weights at their lower end stay below, since there is nothing in them to train. Where no cut point
    lies right there, the next lower one is taken. None means that everything is unfrozen.
    """
    names = [layer.name for layer in model.layers if layer.name != POOLED]
    unfrozen = names[-num_layers:]
    weighted = {layer.name for layer in model.layers if layer.weights}
    while unfrozen and unfrozen[0] not in weighted:
        unfrozen = unfrozen[1:]
    for point in reversed(cut_points(model)):
        if set(unfrozen) <= set(point.above):
            return point.layer
    return None


def flatten(model: keras.Model, image: keras.KerasTensor, passes: Callable[[Any], bool]) -> Any:
    """The model called on another input, as one graph: models inside it are called layer by layer.

    Layers are shared with the model. That of a model has no public way to do this; `_run_through_graph` is what Keras
    itself calls a model with.

    Args:
        image: what goes in.
        passes: whether an operation is left out, since it gives its input as it is when nothing is trained.

    Returns:
        What the model gives: a tensor, or a structure of several.

    Raises:
        ValueError: it cannot be called on such an input.
    """
    if isinstance(model, keras.Sequential):
        if not model.built:
            raise ValueError("The model was never built.")
        model = model._functional
    return model._run_through_graph(image, operation_fn=lambda operation: _flat(operation, passes))


def _flat(operation: Any, passes: Callable[[Any], bool]) -> Callable[..., Any]:
    """What is called in the place of an operation."""
    if passes(operation):
        return lambda value, *_, **__: value
    if isinstance(operation, keras.Model):
        return lambda value, *_, **__: flatten(operation, value, passes)
    call: Callable[..., Any] = operation
    return call


def name_apart(output: keras.KerasTensor) -> None:
    """Give operations of one name on the way to a tensor different ones, as a Keras model must have."""
    seen: dict[str, int] = {}
    for node in walk_to(output):
        name, owner = node.operation.name, id(node.operation)
        number = 1
        while seen.setdefault(node.operation.name, owner) != owner:
            number += 1
            node.operation.name = f"{name}_{number}"


def name_by_count(model: keras.Model) -> None:
    """Give layers that were built without a name one that is the same in every process.

    Keras counts such layers through the life of a process (`add_17`); here the count is the model's own.
    """
    seen: Counter[str] = Counter()
    for node in walk(model):
        kind = _snake_case(type(node.operation).__name__)
        if re.fullmatch(rf"{kind}(_\d+)?", node.operation.name):
            node.operation.name = f"{kind}_{seen[kind]}" if seen[kind] else kind
            seen[kind] += 1


def _snake_case(name: str) -> str:
    """`SeparableConv2D` → `separable_conv2d`, as Keras names its layers."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
