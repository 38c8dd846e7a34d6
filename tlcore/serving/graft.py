"""Put a trained head onto the ready `.tflite` of a backbone: what TensorFlow's converter needs 10 s for, in a blink.

A `.tflite` is a flatbuffer with a public schema (tensorflow/compiler/mlir/lite/schema/schema.fbs in
https://github.com/tensorflow/tensorflow). Here it is unpacked into objects, the operators behind the pooled features
are cut away, a dense layer and a softmax take their place, and it is packed again. Weights are never computed with,
only carried over. This file knows nothing of training or of bundles.
"""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from tlcore.errors import UserError

_FILE_IDENTIFIER = b"TFL3"
_SIGNATURE = "serving_default"
_BUFFER_ALIGNMENT = 16  # `force_align: 16` of Buffer.data in the schema
_NO_TENSOR = -1


def graft_head(backbone: bytes, weights: np.ndarray, bias: np.ndarray, image_size: int) -> bytes:
    """A classifier file out of a backbone and a dense head.

    Args:
        backbone: a `.tflite` whose signature `serving_default` has the input "image", float32 (1, H, W, 3), and the
            output "pooled", float32 (1, features).
        weights: float32 (features, classes), as Keras keeps a dense layer.
        bias: float32 (classes,).
        image_size: side of the square input in pixels.

    Returns:
        A `.tflite` with the signature `serving_default`: image, float32 (1, image_size, image_size, 3), RGB 0–255 →
        probabilities, float32 (1, classes), the softmax of pooled · weights + bias. `resize_tensor_input` sets
        another batch.

    Raises:
        ValueError: the head does not fit the backbone.
        UserError: `backbone` is not such a file.
    """
    model, signature = _unpack(backbone)
    graph = model.subgraphs[0]
    image = _named(signature.inputs, "image")
    pooled = _named(signature.outputs, "pooled")
    num_features = int(graph.tensors[pooled].shape[-1])
    weights, bias = np.asarray(weights, np.float32), np.asarray(bias, np.float32)
    if weights.ndim != 2 or weights.shape[0] != num_features or bias.shape != weights.shape[1:]:
        raise ValueError(
            f"Received: weights {weights.shape} and bias {bias.shape}. "
            f"Allowed: ({num_features}, classes) and (classes,) for this backbone."
        )
    _set_shapes(graph, backbone, image, image_size)
    graph.operators = _needed_for(graph, pooled)
    probabilities = _append_head(model, pooled, weights, bias)
    graph.tensors[image].name, graph.tensors[probabilities].name = b"image", b"probabilities"
    graph.inputs, graph.outputs = [image], [probabilities]
    signature.inputs, signature.outputs = [_entry("image", image)], [_entry("probabilities", probabilities)]
    model.signatureDefs = [signature]
    _drop_unused_tensors(graph, signature)
    _drop_unused_buffers(model)
    _drop_unused_operator_codes(model)
    return _pack(model)


def _unpack(data: bytes) -> tuple[schema.ModelT, schema.SignatureDefT]:
    """The model as objects; weights stay views into `data`."""
    if data[4:8] != _FILE_IDENTIFIER:
        raise UserError("The backbone is not a LiteRT file.", "Install the program again, or restore it with git.")
    model = schema.ModelT.InitFromPackedBuf(data)
    for signature in model.signatureDefs or []:
        if signature.signatureKey == _SIGNATURE.encode() and signature.subgraphIndex == 0:
            return model, signature
    raise UserError(f"The backbone file has no signature “{_SIGNATURE}”.", "Build it with scripts/build_backbone.py.")


def _named(entries: list[schema.TensorMapT], name: str) -> int:
    """The index of the tensor that a signature calls `name`."""
    for entry in entries:
        if entry.name == name.encode():
            return int(entry.tensorIndex)
    raise UserError(f"The backbone file has no “{name}”.", "Build it with scripts/build_backbone.py.")


def _entry(name: str, tensor: int) -> schema.TensorMapT:
    return schema.TensorMapT(name=name.encode(), tensorIndex=tensor)


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


def _needed_for(graph: schema.SubGraphT, target: int) -> list[schema.OperatorT]:
    """The operators that `target` depends on, in their order."""
    wanted, kept = {target}, []
    for operator in reversed(graph.operators):
        if wanted.intersection(operator.outputs):
            wanted.update(operator.inputs)
            kept.append(operator)
    return kept[::-1]


def _append_head(model: schema.ModelT, pooled: int, weights: np.ndarray, bias: np.ndarray) -> int:
    """Add the dense layer and the softmax; the index of the probabilities."""
    graph, num_classes = model.subgraphs[0], len(bias)
    kernel = _append_tensor(model, "head/weights", np.ascontiguousarray(weights.T))
    offset = _append_tensor(model, "head/bias", bias)
    logits = _append_tensor(model, "head/logits", (1, num_classes))
    probabilities = _append_tensor(model, "probabilities", (1, num_classes))

    dense = schema.OperatorT(
        opcodeIndex=_append_operator_code(model, schema.BuiltinOperator.FULLY_CONNECTED),
        inputs=[pooled, kernel, offset],
        outputs=[logits],
        builtinOptionsType=schema.BuiltinOptions.FullyConnectedOptions,
        builtinOptions=schema.FullyConnectedOptionsT(),
    )
    softmax = schema.OperatorT(
        opcodeIndex=_append_operator_code(model, schema.BuiltinOperator.SOFTMAX),
        inputs=[logits],
        outputs=[probabilities],
        builtinOptionsType=schema.BuiltinOptions.SoftmaxOptions,
        builtinOptions=schema.SoftmaxOptionsT(beta=1.0),
    )
    graph.operators += [dense, softmax]
    return probabilities


def _append_tensor(model: schema.ModelT, name: str, content: np.ndarray | tuple[int, ...]) -> int:
    """Add a float32 tensor: a constant of these values, or one of this shape that is computed."""
    constant = isinstance(content, np.ndarray)
    shape = content.shape if constant else content
    buffer = 0  # by the schema, buffer 0 is the empty one
    if constant:
        buffer = len(model.buffers)
        model.buffers.append(schema.BufferT(data=content.astype("<f4", copy=False).reshape(-1).view(np.uint8)))
    graph = model.subgraphs[0]
    graph.tensors.append(
        schema.TensorT(
            shape=np.asarray(shape, np.int32), type=schema.TensorType.FLOAT32, buffer=buffer, name=name.encode(),
            hasRank=True,
        )
    )
    return len(graph.tensors) - 1


def _append_operator_code(model: schema.ModelT, code: int) -> int:
    """Name a builtin operator, version 1, in the model's table of operators; its row."""
    model.operatorCodes.append(schema.OperatorCodeT(deprecatedBuiltinCode=code, builtinCode=code, version=1))
    return len(model.operatorCodes) - 1


def _drop_unused_tensors(graph: schema.SubGraphT, signature: schema.SignatureDefT) -> None:
    used = {int(i) for o in graph.operators for i in (*o.inputs, *o.outputs) if i != _NO_TENSOR}
    renumbered = {old: new for new, old in enumerate(sorted(used))}
    graph.tensors = [graph.tensors[index] for index in sorted(used)]
    renumbered[_NO_TENSOR] = _NO_TENSOR
    for operator in graph.operators:
        operator.inputs = [renumbered[int(index)] for index in operator.inputs]
        operator.outputs = [renumbered[int(index)] for index in operator.outputs]
    graph.inputs = [renumbered[int(index)] for index in graph.inputs]
    graph.outputs = [renumbered[int(index)] for index in graph.outputs]
    for entry in (*signature.inputs, *signature.outputs):
        entry.tensorIndex = renumbered[int(entry.tensorIndex)]


def _drop_unused_buffers(model: schema.ModelT) -> None:
    tensors = model.subgraphs[0].tensors
    used = sorted({0, *(tensor.buffer for tensor in tensors), *(entry.buffer for entry in model.metadata or [])})
    renumbered = {old: new for new, old in enumerate(used)}
    model.buffers = [model.buffers[index] for index in used]
    for holder in (*tensors, *(model.metadata or [])):
        holder.buffer = renumbered[holder.buffer]
    model.metadataBuffer = None  # the deprecated list of the same buffers, which holds old numbers


def _drop_unused_operator_codes(model: schema.ModelT) -> None:
    operators = model.subgraphs[0].operators
    used = sorted({operator.opcodeIndex for operator in operators})
    renumbered = {old: new for new, old in enumerate(used)}
    model.operatorCodes = [model.operatorCodes[index] for index in used]
    for operator in operators:
        operator.opcodeIndex = renumbered[operator.opcodeIndex]


class _AlignedBuilder(flatbuffers.Builder):
    """A builder that lays byte arrays on 16-byte borders, as the schema demands and the generated code forgets."""

    def CreateNumpyVector(self, x: np.ndarray) -> int:  # noqa: N802 - the name is the library's
        self.Prep(_BUFFER_ALIGNMENT, x.nbytes)
        return super().CreateNumpyVector(x)


def _pack(model: schema.ModelT) -> bytes:
    num_bytes = sum(buffer.data.nbytes for buffer in model.buffers if buffer.data is not None)
    # Room for everything at once: a builder that grows copies all that it holds each time.
    builder = _AlignedBuilder(num_bytes + 2**18)
    builder.Finish(model.Pack(builder), file_identifier=_FILE_IDENTIFIER)
    return bytes(builder.Output())
