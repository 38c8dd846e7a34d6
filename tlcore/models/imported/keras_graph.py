"""A Keras model that somebody brought as one flat graph: where its features lie, and how it scales its images [TF]."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
from keras import layers

from tlcore.errors import UserError
from tlcore.models import graph
from tlcore.models.imported.candidate import Embedding, Known
from tlcore.models.measure import find_blocks, label_by_name
from tlcore.models.scalings import INSIDE

MOST_LOWER = 6  # maps further down that are offered besides

_IDLE = (
    layers.Dropout,
    layers.SpatialDropout1D,
    layers.SpatialDropout2D,
    layers.GaussianNoise,
    layers.GaussianDropout,
    layers.AlphaDropout,
    layers.ActivityRegularization,
    layers.Identity,
)
_POOLINGS = ("GlobalAveragePooling2D", "GlobalAveragePooling1D")
_SCALING = (layers.Rescaling, layers.Normalization)
_FAMILIES = (
    (r"mobilenetv3|mobilenet_v3|efficientnet|convnext", INSIDE),
    (r"resnet\d*v2|resnet\d+_v2|mobilenet|inception|xception|nasnet", "-1..1"),
    (r"vgg|resnet", "caffe"),
    (r"densenet", "torch"),
)
"""What the networks of `keras.applications` expect, by the name that Keras gives them."""


class FlatNetwork(NamedTuple):
    """A model as a flat graph: its image, and what it gives."""

    image: keras.KerasTensor
    output: keras.KerasTensor


def flat_network(model: keras.Model, image_size: int | None) -> FlatNetwork:
    """The model for square images of one size, in pixels (None: of any), without what does something in training only.

    Raises:
        UserError: it does not take one colour image, or it cannot be called on that size.
    """
    check_input(model)
    image = keras.Input((image_size, image_size, 3), name="image")
    try:
        output = graph.flatten(model, image, _does_nothing)
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(
            f"This network doesn’t take images of {image_size} pixels.", "Use its own image size."
        ) from error
    outputs = keras.tree.flatten(output)
    graph.name_apart(outputs[0])
    return FlatNetwork(image, outputs[0])


def check_input(model: keras.Model) -> int | None:
    """The side of the square images that a model was made for, None where it takes any.

    Raises:
        UserError: it takes something else than one square colour image.
    """
    shapes = [tuple(tensor.shape) for tensor in model.inputs]
    if len(shapes) != 1:
        raise UserError(
            f"This network has {len(shapes)} inputs.", "Only networks with one input, an image, can be added."
        )
    shape = shapes[0]
    if len(shape) != 4 or shape[3] != 3:
        shown = " × ".join(str(side or "any") for side in shape[1:])
        raise UserError(
            f"This network takes {shown} numbers, not a colour image (height × width × 3).",
            "Only networks for colour images, with the colours last, can be added.",
        )
    if shape[1] != shape[2]:
        raise UserError(
            f"This network takes images of {shape[2]} × {shape[1]} pixels.", "Only square images are possible."
        )
    side: int | None = shape[1]
    return side


def _does_nothing(operation: Any) -> bool:
    return isinstance(operation, _IDLE) or type(operation).__name__.startswith("Random")


def embeddings(network: FlatNetwork) -> tuple[Embedding, ...]:
    """Where the features can be taken, the best first: the map that a classifier pools, then what enters the classifier
    itself, what the network gives, and the maps below."""
    found: dict[str, Embedding] = {}
    for name, tensor in _places(network):
        shape = tuple(int(side or 0) for side in tensor.shape[1:])
        if len(shape) in (1, 2, 3) and shape[-1] > 1:
            found.setdefault(name, Embedding(name, shape))
    if not found:
        raise UserError("This network has no output that could describe a photo.", "Add one that was made for images.")
    return tuple(found.values())


def _places(network: FlatNetwork) -> Iterator[tuple[str, keras.KerasTensor]]:
    nodes = graph.walk_to(network.output)
    vector = _before_classifier(nodes)
    chain = list(_chain(nodes, vector))
    has_tokens = any(_rank(node) == 3 for node in chain)
    feature_map = next((node for node in chain if node.inputs and _is_map(node)), None)
    if feature_map is not None and not has_tokens:
        yield _named(feature_map)
    if type(vector.operation).__name__ not in _POOLINGS or feature_map is None:
        yield _named(vector)
    yield _named(nodes[-1])
    cuts = {block.layer for block in find_blocks(keras.Model(network.image, network.output), label_by_name)}
    maps = [node for node in reversed(nodes) if node.inputs and _is_map(node) and node.operation.name in cuts]
    yield from (_named(node) for node in maps[:MOST_LOWER])


def _rank(node: graph.Node) -> int:
    return 0 if node.tensor is None else len(node.tensor.shape)


def _is_map(node: graph.Node) -> bool:
    """Whether it gives more than one place; a pooled map that keeps its axes is none."""
    return node.tensor is not None and len(node.tensor.shape) == 4 and tuple(node.tensor.shape[1:3]) != (1, 1)


def _named(node: graph.Node) -> tuple[str, keras.KerasTensor]:
    assert node.tensor is not None
    return node.operation.name, node.tensor


def _before_classifier(nodes: list[graph.Node]) -> graph.Node:
    """What enters the last dense layer, where only activations follow it; the end where there is none."""
    node = nodes[-1]
    while node.inputs:
        below = nodes[node.inputs[0]]
        if isinstance(node.operation, layers.Dense) and node.tensor is not None and len(node.tensor.shape) == 2:
            return below
        if len(node.inputs) > 1 or getattr(node.operation, "weights", None):
            break
        node = below
    return nodes[-1]


def _chain(nodes: list[graph.Node], end: graph.Node) -> Iterator[graph.Node]:
    """A call and those below it, as long as there is one way only."""
    node = end
    yield node
    while len(node.inputs) == 1:
        node = nodes[node.inputs[0]]
        yield node


def scaling_of(network: FlatNetwork, model: keras.Model) -> Known:
    """What the network expects of its pixels: 0–255 where it scales them before its first weights, else what networks
    of its name expect; "" where nothing tells."""
    untouched: set[int] = set()  # calls between which and the image nothing with weights lies
    for number, node in enumerate(graph.walk_to(network.output)):
        if not untouched.issuperset(node.inputs):
            continue
        if isinstance(node.operation, _SCALING) or _divides(node):
            return Known(INSIDE, "file")
        if not getattr(node.operation, "weights", None):
            untouched.add(number)
    names = " ".join([model.name, *(layer.name for layer in model._flatten_layers() if isinstance(layer, keras.Model))])
    for pattern, scaling in _FAMILIES:
        if re.search(pattern, names.lower()):
            return Known(scaling, "name")
    return Known("", "usual")


def _divides(node: graph.Node) -> bool:
    return type(node.operation).__name__ in ("TrueDivide", "Divide", "Multiply", "Subtract") and len(node.inputs) == 1
