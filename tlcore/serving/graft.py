"""Put a trained head onto the ready `.tflite` of a backbone: what TensorFlow's converter needs 10 s for, in a blink.

A `.tflite` is a flatbuffer with a public schema (tensorflow/compiler/mlir/lite/schema/schema.fbs in
https://github.com/tensorflow/tensorflow). Here it is unpacked into objects, the operators behind the pooled features
are cut away, a dense layer and a softmax take their place, and it is packed again. Weights are never computed with,
only carried over. This file knows nothing of training or of bundles.
"""

from collections.abc import Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from tlcore.models.tflite_append import append_operator, append_tensor
from tlcore.models.tflite_file import drop_unused, entry, named, needed_for, pack, unpack
from tlcore.serving.graft_familiarity import FAMILIARITY, append_familiarity

Layers = Sequence[tuple[np.ndarray, np.ndarray]]


def graft_head(
    backbone: bytes,
    layers: Layers,
    image_size: int,
    output: str = "pooled",
    prototypes: np.ndarray | None = None,
) -> bytes:
    """A classifier file out of a backbone and dense layers.

    Args:
        backbone: a `.tflite` whose signature `serving_default` has the input "image", float32 (1, H, W, 3), and the
            output `output`, float32 (1, …).
        layers: (weights float32 (inputs, outputs), bias float32 (outputs,)) each, as Keras keeps dense layers; ReLU
            stands between them. The first one's inputs are all values of `output`, flattened.
        image_size: side of the square input in pixels.
        prototypes: float32 (prototypes, features); with them the file also gives the familiarity of a photo.

    Returns:
        A `.tflite` with the signature `serving_default`: image, float32 (1, image_size, image_size, 3), RGB 0–255 →
        probabilities, float32 (1, classes), the softmax of the last layer, and familiarity, float32 (1, 1): see
        graft_familiarity.py. `resize_tensor_input` sets another batch.

    Raises:
        ValueError: the layers do not fit the backbone or each other.
        UserError: `backbone` is not such a file.
    """
    model, signature = unpack(backbone)
    graph = model.subgraphs[0]
    image = named(signature.inputs, "image")
    pooled = named(signature.outputs, output)
    layers = [(np.asarray(weights, np.float32), np.asarray(bias, np.float32)) for weights, bias in layers]
    _set_shapes(graph, backbone, image, image_size)
    _check_layers(int(np.prod(graph.tensors[pooled].shape)), layers)
    graph.operators = needed_for(graph, pooled)
    probabilities = _append_head(model, pooled, layers)
    graph.tensors[image].name = b"image"
    outputs = {"probabilities": probabilities}
    if prototypes is not None:
        outputs[FAMILIARITY] = append_familiarity(model, pooled, prototypes)
    graph.inputs, graph.outputs = [image], list(outputs.values())
    signature.inputs, signature.outputs = [entry("image", image)], [entry(*each) for each in outputs.items()]
    model.signatureDefs = [signature]
    drop_unused(model, signature)
    return pack(model)


def _set_shapes(graph: schema.SubGraphT, backbone: bytes, image: int, image_size: int) -> None:
    """Write the shapes that every tensor has for one image of this size, as the interpreter itself computes them.

    A file whose inner shapes belong to another size also runs, since the interpreter corrects them, but other readers
    of the format take them at their word. Without the delegate: only shapes are wanted, and no kernel gets packed.
    """
    interpreter = Interpreter(
        model_content=backbone, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    interpreter.resize_tensor_input(image, (1, image_size, image_size, 3))
    interpreter.allocate_tensors()
    shapes = {detail["index"]: detail["shape"] for detail in interpreter.get_tensor_details()}
    for index, tensor in enumerate(graph.tensors):
        if index in shapes:
            tensor.shape = np.asarray(shapes[index], np.int32)
            tensor.shapeSignature = None


def _check_layers(num_features: int, layers: Layers) -> None:
    """Raise ValueError unless every layer takes what the one before it gives."""
    given = num_features
    for weights, bias in layers:
        if weights.ndim != 2 or weights.shape[0] != given or bias.shape != weights.shape[1:]:
            raise ValueError(
                f"Received: weights {weights.shape} and bias {bias.shape}. Allowed: ({given}, outputs) and (outputs,)."
            )
        given = len(bias)


def _append_head(model: schema.ModelT, source: int, layers: Layers) -> int:
    """Add the dense layers and the softmax; the index of the probabilities."""
    value = source
    for number, (weights, bias) in enumerate(layers):
        kernel = append_tensor(model, f"head/weights{number}", np.ascontiguousarray(weights.T))
        offset = append_tensor(model, f"head/bias{number}", bias)
        answer = append_tensor(model, f"head/dense{number}", (1, len(bias)))
        last = number == len(layers) - 1
        activation = schema.ActivationFunctionType.NONE if last else schema.ActivationFunctionType.RELU
        value = append_operator(
            model,
            schema.BuiltinOperator.FULLY_CONNECTED,
            [value, kernel, offset],
            answer,
            (
                schema.BuiltinOptions.FullyConnectedOptions,
                schema.FullyConnectedOptionsT(fusedActivationFunction=activation),
            ),
        )
    return append_operator(
        model,
        schema.BuiltinOperator.SOFTMAX,
        [value],
        append_tensor(model, "probabilities", (1, len(layers[-1][1]))),
        (schema.BuiltinOptions.SoftmaxOptions, schema.SoftmaxOptionsT(beta=1.0)),
    )
