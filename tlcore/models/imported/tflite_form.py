"""A network that somebody brought, as a `.tflite` of ours: from RGB 0–255 to its pooled features; no TensorFlow.

The file is unpacked, gets what its images need in front (scaling, order of axes, quantisation), is cut at the
embedding, which is made floats and averaged, and packed again. Weights are only carried over.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tlcore.errors import UserError
from tlcore.models.frozen_files import ACTIVATION, IMPORTED, POOLED
from tlcore.models.imported.candidate import Choices
from tlcore.models.imported.saved import SavedNetwork
from tlcore.models.imported.tflite_graph import TfliteNetwork, embeddings, multiply_adds
from tlcore.models.litert_runtime import LiteModel
from tlcore.models.scalings import INSIDE, SCALING_VALUES
from tlcore.models.tflite_append import append_operator, append_tensor
from tlcore.models.tflite_file import SIGNATURE, drop_unused, entry, make_batch_dynamic, needed_for, pack
from tlcore.workspace import write_atomic

FORM = "tflite"
FILE = IMPORTED
MOST_DIFFERENCE = 1e-3  # between photos one by one and together, as a share of the largest value

Code, Kind = schema.BuiltinOperator, schema.TensorType


def save_tflite_network(network: TfliteNetwork, choices: Choices, folder: Path) -> SavedNetwork:
    """Write a network in our form.

    Args:
        choices: all made. folder: empty; gets FILE.

    Raises:
        UserError: it takes one photo at a time only, or another image size than the chosen one.
    """
    places = {embedding.name: index for embedding, index in embeddings(network).items()}
    if choices.embedding not in places:
        raise UserError(f"This network has no output “{choices.embedding[:80]}”.", "Choose another one.")
    products = multiply_adds(network) * choices.image_size**2 // max(1, network.side) ** 2
    model, graph = network.model, network.graph
    before = len(graph.operators)
    image = _put_in_front(network, choices)
    front = graph.operators[before:]
    graph.operators = [*front, *graph.operators[:before]]
    activation = _floats(model, places[choices.embedding])
    pooled = _pooled(model, activation, choices.layout)
    data = _packed(network, image, {POOLED: pooled, ACTIVATION: activation})
    size = _check(data, choices.image_size)
    write_atomic(folder / FILE, data)
    return SavedNetwork(FORM, choices.embedding, "NHWC", INSIDE, size, products)


def _put_in_front(network: TfliteNetwork, choices: Choices) -> int:
    """Add what images need before the network sees them; returns the tensor that takes them, RGB 0–255."""
    model, old = network.model, network.image
    side, values = choices.image_size, SCALING_VALUES[choices.scaling or INSIDE]
    steps: list[tuple[int, list[Any], tuple[int, Any], tuple[int, ...]]] = []
    square = (1, side, side, 3)
    if values.is_bgr:
        blue_first = schema.GatherOptionsT(axis=3)
        options = (schema.BuiltinOptions.GatherOptions, blue_first)
        steps.append((Code.GATHER, [np.array([2, 1, 0], np.int32)], options, square))
    if set(values.scale) != {1.0}:
        options = (schema.BuiltinOptions.MulOptions, schema.MulOptionsT())
        steps.append((Code.MUL, [np.array(values.scale, np.float32).reshape(1, 1, 1, 3)], options, square))
    if set(values.offset) != {0.0}:
        options = (schema.BuiltinOptions.AddOptions, schema.AddOptionsT())
        steps.append((Code.ADD, [np.array(values.offset, np.float32).reshape(1, 1, 1, 3)], options, square))
    if choices.layout == "NCHW":
        options = (schema.BuiltinOptions.TransposeOptions, schema.TransposeOptionsT())
        steps.append((Code.TRANSPOSE, [np.array([0, 3, 1, 2], np.int32)], options, (1, 3, side, side)))
    if network.graph.tensors[old].type != Kind.FLOAT32:
        steps.append((Code.QUANTIZE, [], (schema.BuiltinOptions.QuantizeOptions, schema.QuantizeOptionsT()), square))
    if not steps:
        return old
    image = current = append_tensor(model, "image", square)
    for number, (code, constants, chosen, shape) in enumerate(steps):
        inputs = [current, *(append_tensor(model, f"front{number}", each) for each in constants)]
        current = old if number == len(steps) - 1 else append_tensor(model, f"front{number}_out", shape)
        append_operator(model, code, inputs, current, chosen)
    return image


def _floats(model: schema.ModelT, index: int) -> int:
    """The tensor itself, or what turns its 8 bits into floats."""
    tensor = model.subgraphs[0].tensors[index]
    if tensor.type == Kind.FLOAT32:
        return index
    floats = append_tensor(model, "embedding", tuple(int(side) for side in tensor.shape))
    options = (schema.BuiltinOptions.DequantizeOptions, schema.DequantizeOptionsT())
    return append_operator(model, Code.DEQUANTIZE, [index], floats, options)


def _pooled(model: schema.ModelT, index: int, layout: str) -> int:
    """What averages a map or tokens over their places; a vector as it is."""
    shape = [int(side) for side in model.subgraphs[0].tensors[index].shape]
    if len(shape) == 2:
        return index
    axes = [1] if len(shape) == 3 else [1, 2] if channels_last(shape, layout) else [2, 3]
    kept = tuple(side for axis, side in enumerate(shape) if axis not in axes)
    output = append_tensor(model, POOLED, kept)
    options = (schema.BuiltinOptions.ReducerOptions, schema.ReducerOptionsT(keepDims=False))
    return append_operator(
        model, Code.MEAN, [index, append_tensor(model, "places", np.array(axes, np.int32))], output, options
    )


def channels_last(shape: Sequence[int], layout: str) -> bool:
    """Whether the last axis of a map (1, …) has the features: squares tell, also inside a network that takes NCHW."""
    return layout == "NHWC" or (shape[1] == shape[2] and shape[2] != shape[3])


def _packed(network: TfliteNetwork, image: int, outputs: dict[str, int]) -> bytes:
    """The file from `image` to these tensors, for any number of photos."""
    model, graph = network.model, network.graph
    graph.operators = needed_for(graph, *outputs.values())
    graph.inputs, graph.outputs = [image], list(dict.fromkeys(outputs.values()))
    if not any(image in operator.inputs for operator in graph.operators):
        raise UserError("What this network gives there doesn’t depend on the photo.", "Choose another output.")
    signature = schema.SignatureDefT(
        inputs=[entry("image", image)],
        outputs=[entry(*each) for each in outputs.items()],
        signatureKey=SIGNATURE.encode(),
        subgraphIndex=0,
    )
    model.signatureDefs, model.metadata, model.description = [signature], None, None
    drop_unused(model, signature)
    return make_batch_dynamic(pack(model), 1)


def _check(data: bytes, side: int) -> int:
    """See that it gives the same for photos together as one by one; returns the length of the pooled features."""
    images = np.random.default_rng(0).uniform(0, 255, (3, side, side, 3)).astype(np.float32)
    fix = "Export it with a free batch size, or as another kind of file."
    try:
        model = LiteModel(data)
        alone = np.concatenate([model.run(image[np.newaxis], POOLED) for image in images])
        together = LiteModel(data).run(images, POOLED)
    except (RuntimeError, ValueError) as error:
        raise UserError(f"This network can’t take several photos of {side} pixels at once.", fix) from error
    if alone.ndim != 2 or alone.shape != together.shape:
        raise UserError("This network can’t take several photos at once.", fix)
    if not abs(alone - together).max() <= MOST_DIFFERENCE * max(abs(alone).max(), 1e-12):
        raise UserError("This network gives other results for several photos at once than for each alone.", fix)
    return int(alone.shape[1])
