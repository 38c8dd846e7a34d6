"""Reading, cutting and writing a `.tflite` as what it is: a flatbuffer with a public schema; no TensorFlow.

The schema is tensorflow/compiler/mlir/lite/schema/schema.fbs in https://github.com/tensorflow/tensorflow. A file is
unpacked into objects, changed, and packed again. Weights are never computed with, only carried over. What is put onto
a file is the business of others.
"""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tlcore.errors import UserError
from tlcore.models.weights import REINSTALL

SIGNATURE = "serving_default"
_FILE_IDENTIFIER = b"TFL3"
_BUFFER_ALIGNMENT = 16  # `force_align: 16` of Buffer.data in the schema
_NO_TENSOR = -1


def unpack(data: bytes) -> tuple[schema.ModelT, schema.SignatureDefT]:
    """The model as objects and its signature `serving_default`; weights stay views into `data`.

    Raises:
        UserError: the bytes are no such file.
    """
    if data[4:8] != _FILE_IDENTIFIER:
        raise UserError("The backbone is not a LiteRT file.", REINSTALL)
    model = schema.ModelT.InitFromPackedBuf(data)
    for signature in model.signatureDefs or []:
        if signature.signatureKey == SIGNATURE.encode() and signature.subgraphIndex == 0:
            return model, signature
    raise UserError(f"The backbone file has no signature “{SIGNATURE}”.", "Build it with scripts/build_backbone.py.")


def add_signature(data: bytes, inputs: list[str], outputs: list[str]) -> bytes:
    """The file with the signature `serving_default`, which names its inputs and outputs in their order."""
    model = schema.ModelT.InitFromPackedBuf(data)
    graph = model.subgraphs[0]
    model.signatureDefs = [
        schema.SignatureDefT(
            inputs=[entry(name, int(tensor)) for name, tensor in zip(inputs, graph.inputs, strict=True)],
            outputs=[entry(name, int(tensor)) for name, tensor in zip(outputs, graph.outputs, strict=True)],
            signatureKey=SIGNATURE.encode(),
            subgraphIndex=0,
        )
    ]
    return pack(model)


def name_tensors(data: bytes) -> bytes:
    """The file with its inputs and outputs called as in its signature, for readers that know no signatures."""
    model, signature = unpack(data)
    for line in (*signature.inputs, *signature.outputs):
        model.subgraphs[0].tensors[int(line.tensorIndex)].name = line.name
    return pack(model)


def named(entries: list[schema.TensorMapT], name: str) -> int:
    """The index of the tensor that a signature calls `name`.

    Raises:
        UserError: it has none of that name.
    """
    for entry in entries:
        if entry.name == name.encode():
            return int(entry.tensorIndex)
    raise UserError(f"The backbone file has no “{name}”.", "Build it with scripts/build_backbone.py.")


def entry(name: str, tensor: int) -> schema.TensorMapT:
    """A line of a signature."""
    return schema.TensorMapT(name=name.encode(), tensorIndex=tensor)


def needed_for(graph: schema.SubGraphT, *targets: int) -> list[schema.OperatorT]:
    """The operators that some tensors depend on, in their order."""
    wanted, kept = set(targets), []
    for operator in reversed(graph.operators):
        if wanted.intersection(operator.outputs):
            wanted.update(operator.inputs)
            kept.append(operator)
    return kept[::-1]


def truncate_at(data: bytes, layer: str, output: str) -> bytes | None:
    """The file with all behind one Keras layer cut away, or None where no tensor is the output of that layer.

    The converter names a tensor after the layers that were folded into its operator, the last one first.

    Args:
        layer: a Keras layer whose result nothing else was folded onto, such as the end of a block.
        output: what the signature is to call its output.
    """
    model, signature = unpack(data)
    target = _output_of(model, signature, layer)
    return None if target is None else _kept_until(model, signature, {output: target})


def add_output(data: bytes, layer: str, output: str, last: str) -> bytes | None:
    """The file with two outputs, that of one Keras layer on the way and `last`, one that it has; see `truncate_at`."""
    model, signature = unpack(data)
    target = _output_of(model, signature, layer)
    if target is None:
        return None
    return _kept_until(model, signature, {output: target, last: named(signature.outputs, last)})


def keep_until(data: bytes, targets: dict[str, int]) -> bytes:
    """The file with all that some tensors do not need cut away.

    Args:
        targets: their numbers, by what the signature is to call them.
    """
    return _kept_until(*unpack(data), targets)


def _output_of(model: schema.ModelT, signature: schema.SignatureDefT, layer: str) -> int | None:
    graph = model.subgraphs[0]
    computed = _computed_from(graph, named(signature.inputs, "image"))
    return next((index for index in computed if _last_layer(graph.tensors[index]) == layer), None)


def _kept_until(model: schema.ModelT, signature: schema.SignatureDefT, targets: dict[str, int]) -> bytes:
    graph = model.subgraphs[0]
    graph.operators = needed_for(graph, *targets.values())
    image = _image_of(graph, signature)
    graph.inputs, graph.outputs = [image], list(targets.values())
    signature.inputs, signature.outputs = [entry("image", image)], [entry(*target) for target in targets.items()]
    model.signatureDefs = [signature]
    drop_unused(model, signature)
    return pack(model)


def _image_of(graph: schema.SubGraphT, signature: schema.SignatureDefT) -> int:
    """The input that the operators read, of a file that takes a photo in several sizes; else its one input."""
    if len(signature.inputs) == 1:
        return named(signature.inputs, "image")
    read = {int(tensor) for operator in graph.operators for tensor in operator.inputs}
    found = [int(line.tensorIndex) for line in signature.inputs if int(line.tensorIndex) in read]
    return found[0] if len(found) == 1 else named(signature.inputs, "image")


def _computed_from(graph: schema.SubGraphT, image: int) -> list[int]:
    """The tensors that depend on the photo; others are weights on their way from 16 bits to 32."""
    reached = {image}
    for operator in graph.operators:
        if reached.intersection(operator.inputs):
            reached.update(int(tensor) for tensor in operator.outputs)
    return sorted(reached)


def _last_layer(tensor: schema.TensorT) -> str:
    """`net_1/block2b_add_1/Add;…` → `block2b_add`: the layer whose call gave the tensor."""
    parts = (tensor.name or b"").decode().split(";")[0].split("/")
    return parts[1].removesuffix("_1") if len(parts) > 1 else ""


def make_batch_dynamic(data: bytes, batch: int) -> bytes:
    """The file of a network that was traced for `batch` photos, made one for a photo that takes any number.

    The converter writes shapes such as (batch, 1, 1, 96) into the file as constants, which `resize_tensor_input` cannot
    change. A −1 in their first place says the same and is right for any number. With a batch of one there would be
    nothing to correct: the converter leaves such a reshape out, since one row fits every shape.

    Args:
        batch: more than one.
    """
    model, signature = unpack(data)
    graph = model.subgraphs[0]
    computed = set(_computed_from(graph, named(signature.inputs, "image")))
    for index in computed:
        tensor = graph.tensors[index]
        if len(tensor.shape) and tensor.shape[0] == batch:
            tensor.shape = np.array([1, *tensor.shape[1:]], np.int32)
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        if max(code.builtinCode, code.deprecatedBuiltinCode) == schema.BuiltinOperator.RESHAPE:
            if int(operator.inputs[0]) in computed:
                _free_reshape(model, operator, batch)
    return pack(model)


def _free_reshape(model: schema.ModelT, operator: schema.OperatorT, batch: int) -> None:
    target = model.subgraphs[0].tensors[operator.inputs[1]]
    shape = np.frombuffer(bytes(model.buffers[target.buffer].data), "<i4").copy()
    if shape[0] == batch and -1 not in shape:
        shape[0] = -1
        target.buffer = len(model.buffers)
        model.buffers.append(schema.BufferT(data=shape.view(np.uint8)))
        operator.builtinOptionsType = schema.BuiltinOptions.ReshapeOptions
        operator.builtinOptions = schema.ReshapeOptionsT(newShape=shape)


def drop_unused(model: schema.ModelT, signature: schema.SignatureDefT) -> None:
    """Remove the tensors, buffers and operator codes that no operator needs any more."""
    _drop_unused_tensors(model.subgraphs[0], signature)
    _drop_unused_buffers(model)
    _drop_unused_operator_codes(model)


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
    for line in (*signature.inputs, *signature.outputs):
        line.tensorIndex = renumbered[int(line.tensorIndex)]


def _drop_unused_buffers(model: schema.ModelT) -> None:
    tensors = model.subgraphs[0].tensors
    used = sorted({0, *(tensor.buffer for tensor in tensors), *(note.buffer for note in model.metadata or [])})
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


class _AlignedBuilder(flatbuffers.Builder):  # type: ignore[misc]  # flatbuffers ships no types
    """A builder that lays byte arrays on 16-byte borders, as the schema demands and the generated code forgets."""

    def CreateNumpyVector(self, x: np.ndarray) -> int:  # noqa: N802 - the name is the library's
        self.Prep(_BUFFER_ALIGNMENT, x.nbytes)
        return int(super().CreateNumpyVector(x))


def pack(model: schema.ModelT) -> bytes:
    """The file of a model."""
    num_bytes = sum(buffer.data.nbytes for buffer in model.buffers if buffer.data is not None)
    # Room for everything at once: a builder that grows copies all that it holds each time.
    builder = _AlignedBuilder(num_bytes + 2**18)
    builder.Finish(model.Pack(builder), file_identifier=_FILE_IDENTIFIER)
    return bytes(builder.Output())
