"""The classifier (head) of a built-in network as arrays: from pooled features to the 1,000 classes of ImageNet.

Taken out of the `.tflite` itself, so that features which lie in the store already give ImageNet's classes without the
network being run again.
"""

from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tlcore.errors import UserError
from tlcore.models.spec import BackboneSpec
from tlcore.models.tflite_file import named, unpack
from tlcore.models.weights import asset_path, load_labels
from tlcore.training.softmax import softmax

_NUMBERS = {schema.TensorType.FLOAT32: "<f4", schema.TensorType.FLOAT16: "<f2"}


@dataclass(frozen=True, eq=False)
class ImageNetHead:
    """`weights` float32 (classes, features), `bias` float32 (classes,), `labels`: the plain names of the classes."""

    weights: np.ndarray
    bias: np.ndarray
    labels: tuple[str, ...]

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """How sure the network is of each class: float32 (n, features) to (n, classes), 0–1, each row sums to 1."""
        return softmax(features @ self.weights.T + self.bias)


def load_imagenet_head(spec: BackboneSpec) -> ImageNetHead:
    """The head of a built-in network.

    Raises:
        UserError: the file is missing or has no such head.
    """
    model, signature = unpack(asset_path(spec).read_bytes())
    graph = model.subgraphs[0]
    logits = named(signature.outputs, "logits")
    dense = next((operator for operator in graph.operators if logits in operator.outputs), None)
    if dense is None or len(dense.inputs) != 3:
        raise UserError(f"The file of {spec.title} has no classifier.", "Build it with scripts/build_backbone.py.")
    weights, bias = (_constant(model, graph, int(tensor)) for tensor in dense.inputs[1:])
    return ImageNetHead(weights, bias, load_labels(spec))


def _constant(model: schema.ModelT, graph: schema.SubGraphT, tensor: int) -> np.ndarray:
    """The float32 values of a constant; one of 16 bits stands behind an operator that widens it."""
    data = model.buffers[graph.tensors[tensor].buffer].data
    if data is None:
        widening = next(operator for operator in graph.operators if tensor in operator.outputs)
        return _constant(model, graph, int(widening.inputs[0]))
    values = np.frombuffer(bytes(data), _NUMBERS[graph.tensors[tensor].type])
    return values.reshape(graph.tensors[tensor].shape).astype(np.float32)
