"""A `.tflite` with its weights in half the bytes; what is computed stays float32.

Each large constant becomes float16, with a DEQUANTIZE operator in front of what uses it, as TensorFlow's converter
writes it (https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/post_training_float16_quant). Runtimes
widen such weights once, when the file is loaded.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tlcore.models.tflite_append import append_operator
from tlcore.models.tflite_file import drop_unused, pack, unpack

_LEAST_VALUES = 1_024  # a smaller constant saves nothing
_LARGEST = float(np.finfo(np.float16).max)
_WEIGHED = (
    schema.BuiltinOperator.CONV_2D,
    schema.BuiltinOperator.DEPTHWISE_CONV_2D,
    schema.BuiltinOperator.FULLY_CONNECTED,
)
_WEIGHTS = 1  # which input of such an operator has them


def halve_weights(data: bytes) -> bytes:
    """The file with all large float32 weights as float16. Those that are so already, or too large for it, stay.

    Raises:
        UserError: it is no `.tflite` with a signature.
    """
    model, signature = unpack(data)
    graph = model.subgraphs[0]
    computed = len(graph.operators)
    for tensor in sorted({int(each.inputs[_WEIGHTS]) for each in graph.operators if _is_weighed(model, each)}):
        _halve(model, tensor)
    graph.operators = graph.operators[computed:] + graph.operators[:computed]  # weights are widened first
    drop_unused(model, signature)
    return pack(model)


def _is_weighed(model: schema.ModelT, operator: schema.OperatorT) -> bool:
    code = model.operatorCodes[operator.opcodeIndex]
    return max(code.builtinCode, code.deprecatedBuiltinCode) in _WEIGHED


def _halve(model: schema.ModelT, index: int) -> None:
    """Store a constant as float16 and widen it into the tensor that it was."""
    graph = model.subgraphs[0]
    tensor = graph.tensors[index]
    content = model.buffers[tensor.buffer].data
    if tensor.type != schema.TensorType.FLOAT32 or content is None:
        return
    values = np.frombuffer(np.asarray(content, np.uint8).tobytes(), "<f4")
    if values.size < _LEAST_VALUES or np.abs(values).max() > _LARGEST:
        return
    model.buffers.append(schema.BufferT(data=values.astype("<f2").view(np.uint8)))
    half = schema.TensorT(
        shape=tensor.shape,
        type=schema.TensorType.FLOAT16,
        buffer=len(model.buffers) - 1,
        name=(tensor.name or b"") + b"/float16",
    )
    graph.tensors.append(half)
    tensor.buffer = 0  # the empty one
    append_operator(
        model,
        schema.BuiltinOperator.DEQUANTIZE,
        [len(graph.tensors) - 1],
        index,
        (schema.BuiltinOptions.DequantizeOptions, schema.DequantizeOptionsT()),
    )


def widen_weights(data: bytes) -> bytes:
    """The file with its float16 constants as float32, and without the operators that widened them: the inverse of
    `halve_weights`, and of what TensorFlow's converter does, for programs that read only one kind.

    Raises:
        UserError: it is no `.tflite` with a signature.
    """
    model, signature = unpack(data)
    graph = model.subgraphs[0]
    graph.operators = [operator for operator in graph.operators if not _widen(model, operator)]
    drop_unused(model, signature)
    return pack(model)


def _widen(model: schema.ModelT, operator: schema.OperatorT) -> bool:
    """Store what an operator makes of a float16 constant as a constant; whether it was one that does so."""
    code = model.operatorCodes[operator.opcodeIndex]
    if max(code.builtinCode, code.deprecatedBuiltinCode) != schema.BuiltinOperator.DEQUANTIZE:
        return False
    half, whole = (model.subgraphs[0].tensors[int(each[0])] for each in (operator.inputs, operator.outputs))
    content = model.buffers[half.buffer].data
    if half.type != schema.TensorType.FLOAT16 or content is None:
        return False
    values = np.frombuffer(np.asarray(content, np.uint8).tobytes(), "<f2").astype("<f4")
    model.buffers.append(schema.BufferT(data=values.view(np.uint8)))
    whole.buffer = len(model.buffers) - 1
    return True
