"""A model for a browser that answers many pictures a second: its file, and what a heat map takes besides.

The file is the `model.tflite` that is shipped. Where its classes are dense layers on a pooled feature map, it gives the
map too, so one pass through the network is enough for the answer and its heat map (evidence.py): the browser weighs the
map with the layers, which come as numbers of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlcore.models.tflite_file import add_tensor
from tlcore.serving.bundle import Bundle
from tlcore.serving.dense_head import FEATURE_MAP, DenseHead, UnknownHead, read_dense_head

MOST_PRODUCTS = 20_000_000
"""Multiplications that a heat map may take, which a browser does in the time of a frame."""


@dataclass(frozen=True)
class LiveModel:
    """What a browser gets.

    Attributes:
        tflite: the file; its output "feature_map" is float32 (1, rows, columns, D).
        head: of each dense layer its weights (outputs, inputs) and its bias, float32 little-endian; b"" where the
            browser can make no heat map, as for an ensemble.
        shapes: (outputs, inputs) of each layer; empty without a head.
        map_shape: (rows, columns, D) of the feature map.
    """

    tflite: bytes
    head: bytes = b""
    shapes: tuple[tuple[int, int], ...] = ()
    map_shape: tuple[int, int, int] = (0, 0, 0)


def live_model(bundle: Bundle) -> LiveModel:
    """What a browser needs of a model. Nothing is computed here but what lies in the file."""
    try:
        head = read_dense_head(bundle.tflite)
    except UnknownHead:
        return LiveModel(bundle.tflite)
    if (
        not head.pooled
        or len(head.maps) > 1
        or len(head.layers[-1][1]) != len(bundle.labels)
        or num_products(head) > MOST_PRODUCTS
    ):
        return LiveModel(bundle.tflite)
    shapes = tuple((len(weights), weights.shape[1]) for weights, _ in head.layers)
    parts: Sequence[np.ndarray] = [part for layer in head.layers for part in layer]
    numbers = b"".join(np.ascontiguousarray(part, "<f4").tobytes() for part in parts)
    return LiveModel(add_tensor(bundle.tflite, head.tensor, FEATURE_MAP), numbers, shapes, head.map_shape)


def num_products(head: DenseHead) -> int:
    """Multiplications of one heat map: the gradients through the layers, then every class at every place."""
    rows, columns, dimension = head.map_shape
    classes = len(head.layers[-1][1])
    through = sum(classes * weights.size for weights, _ in head.layers[:-1])
    return through + classes * dimension * rows * columns
