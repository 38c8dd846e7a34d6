"""What a Keras network costs and where it can be cut, counted from its graph [TF]."""

import math
import re
from collections.abc import Callable, Iterable

import keras
from keras import layers

from tlcore.models import graph
from tlcore.models.spec import Block

MOST_BLOCKS = 20
FINE_BLOCKS = 8  # where a network has more blocks, so many at its top are kept and the others thinned

_MULTIPLYING = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D, layers.Dense, layers.EinsumDense)


def multiply_adds(model: keras.Model) -> int:
    """The products of one photo in convolutions and dense layers."""
    total = 0
    for node in graph.walk(model):
        if isinstance(node.operation, keras.Sequential):
            total += multiply_adds(node.operation)
        if isinstance(node.operation, _MULTIPLYING) and node.tensor is not None:
            kernels = [weight for weight in node.operation.weights if len(weight.shape) > 1]
            places = math.prod(side or 1 for side in node.tensor.shape[1:-1])
            total += places * sum(math.prod(kernel.shape) for kernel in kernels)
    return total


def num_weights(parts: Iterable[layers.Layer]) -> int:
    """The weights of these layers that learn when they are open; batch normalisation is kept as it is."""
    flat = [layer for part in parts for layer in part._flatten_layers()]
    return sum(
        math.prod(weight.shape)
        for layer in flat
        if not isinstance(layer, layers.BatchNormalization)
        for weight in layer._trainable_variables
    )


def find_blocks(model: keras.Model, label: Callable[[str], str]) -> tuple[Block, ...]:
    """The blocks above each cut point that separates two of them, from the top down, at most MOST_BLOCKS.

    Args:
        label: the name of the block that a layer belongs to, by the layer's name; "" for one that begins none.
    """
    points = graph.cut_points(model)
    if not points:
        return ()
    bottom = [layer.name for layer in model.layers if layer.name not in points[0].above]
    blocks: list[Block] = []
    last = next(filter(None, map(label, bottom)), "")
    for below, above in zip(points, [*points[1:], None], strict=True):
        beyond = set(above.above) if above else set()
        name = next(filter(None, (label(name) for name in below.above if name not in beyond)), "")
        if name and name != last:
            weights = num_weights(model.get_layer(name) for name in below.above)
            blocks.insert(0, Block(name, below.layer, len(below.above), weights))
        last = name or last
    return _thinned(blocks)


def _thinned(blocks: list[Block]) -> tuple[Block, ...]:
    if len(blocks) <= MOST_BLOCKS:
        return tuple(blocks)
    rest, wanted = blocks[FINE_BLOCKS:], MOST_BLOCKS - FINE_BLOCKS
    kept = [rest[round(index * (len(rest) - 1) / (wanted - 1))] for index in range(wanted)]
    return (*blocks[:FINE_BLOCKS], *kept)


_NUMBERED = re.compile(r"^.*?(?:block|stage|cell|mixed|layer|group|unit|expanded_conv)_?\d+[a-z]?(?:_block_?\d+)?")
_LEARNING = re.compile(r"conv|dense|attention|fc")
_BESIDE = re.compile(r"bn|norm|relu|act|pad|drop|swish|silu|gelu|sigmoid")


def label_by_name(layer: str) -> str:
    """The block of a layer by what most networks call their layers: "block3a" of "block3a_expand_conv".

    Where nothing is numbered so, every layer that computes with weights begins a block of its own.
    """
    found = _NUMBERED.match(layer)
    if found:
        return found.group()
    name = layer.lower()
    return layer if _LEARNING.search(name) and not _BESIDE.search(name) else ""
