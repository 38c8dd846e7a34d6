"""Adding tensors and operators to a `.tflite` that tflite_file.py has unpacked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

_TYPES = {np.dtype(np.float32): schema.TensorType.FLOAT32, np.dtype(np.int32): schema.TensorType.INT32}


def append_tensor(
    model: schema.ModelT, name: str, content: np.ndarray | tuple[int, ...], kind: int = schema.TensorType.FLOAT32
) -> int:
    """Add a tensor: a constant of these values, float32 or int32, or one of this shape that is computed.

    Args:
        kind: of `schema.TensorType`, where it is computed.
    """
    is_constant = isinstance(content, np.ndarray)
    values = np.asarray(content) if is_constant else np.empty(0, np.float32)
    buffer = 0  # by the schema, buffer 0 is the empty one
    if is_constant:
        buffer = len(model.buffers)
        little = values.astype(values.dtype.newbyteorder("<"), copy=False)
        model.buffers.append(schema.BufferT(data=np.ascontiguousarray(little).reshape(-1).view(np.uint8)))
    graph = model.subgraphs[0]
    graph.tensors.append(
        schema.TensorT(
            shape=np.asarray(values.shape if is_constant else content, np.int32),
            type=_TYPES[values.dtype] if is_constant else kind,
            buffer=buffer,
            name=name.encode(),
            hasRank=True,
        )
    )
    return len(graph.tensors) - 1


def append_operator(
    model: schema.ModelT, code: int, inputs: Sequence[int], output: int, options: tuple[int, Any] | None = None
) -> int:
    """Add a builtin operator, version 1; returns its one output.

    Args:
        code: of `schema.BuiltinOperator`. inputs, output: numbers of tensors, −1 for an input that is left out.
        options: the kind (`schema.BuiltinOptions`) and the options themselves.
    """
    model.operatorCodes.append(schema.OperatorCodeT(deprecatedBuiltinCode=code, builtinCode=code, version=1))
    kind, chosen = options or (schema.BuiltinOptions.NONE, None)
    model.subgraphs[0].operators.append(
        schema.OperatorT(
            opcodeIndex=len(model.operatorCodes) - 1,
            inputs=list(inputs),
            outputs=[output],
            builtinOptionsType=kind,
            builtinOptions=chosen,
        )
    )
    return output
