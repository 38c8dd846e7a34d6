"""Networks as a stranger might make them: small files, written with the schema of LiteRT."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tlcore.models.tflite_file import add_signature, pack


def padding_network(num_classes: int, border: int, image: str = "image", output: str = "probabilities") -> bytes:
    """A photo, `border` pixels of black at its right and below, and the mean of each channel: (1, num_classes)."""
    model = schema.ModelT(version=3, buffers=[schema.BufferT()], operatorCodes=[], description=b"", metadata=None)
    graph = schema.SubGraphT(tensors=[], operators=[], name=b"main")
    model.subgraphs = [graph]

    def tensor(name, shape, kind=schema.TensorType.FLOAT32, data=None) -> int:
        buffer = 0
        if data is not None:
            buffer = len(model.buffers)
            model.buffers.append(schema.BufferT(data=np.ascontiguousarray(data).reshape(-1).view(np.uint8)))
        graph.tensors.append(
            schema.TensorT(shape=np.array(shape, np.int32), type=kind, buffer=buffer, name=name.encode(), hasRank=True)
        )
        return len(graph.tensors) - 1

    def operator(code, inputs, outputs, kind, options) -> None:
        model.operatorCodes.append(schema.OperatorCodeT(deprecatedBuiltinCode=code, builtinCode=code, version=1))
        graph.operators.append(
            schema.OperatorT(
                opcodeIndex=len(model.operatorCodes) - 1,
                inputs=inputs,
                outputs=outputs,
                builtinOptionsType=kind,
                builtinOptions=options,
            )
        )

    photo = tensor("image", (1, 96, 96, 3))
    ends = tensor(
        "ends",
        (4, 2),
        schema.TensorType.INT32,
        np.array([[0, 0], [0, border], [0, border], [0, num_classes - 3]], np.int32),
    )
    axes = tensor("axes", (2,), schema.TensorType.INT32, np.array([1, 2], np.int32))
    padded = tensor("padded", (1, 96 + border, 96 + border, num_classes))
    answer = tensor("answer", (1, num_classes))
    builtin, options = schema.BuiltinOperator, schema.BuiltinOptions
    operator(builtin.PAD, [photo, ends], [padded], options.PadOptions, schema.PadOptionsT())
    operator(builtin.MEAN, [padded, axes], [answer], options.ReducerOptions, schema.ReducerOptionsT(keepDims=False))
    graph.inputs, graph.outputs = [photo], [answer]
    return add_signature(pack(model), [image], [output])
