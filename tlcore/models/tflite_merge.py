"""Several `.tflite` files for the same photo in one: what they have in common is in it once.

The files are flatbuffers (tflite_file.py). The operators of each are put behind those of the files before it. One that
does the same with the same inputs as one that is there already is left out, and so is every weight that is there
already. (This is common subexpression elimination.) What is computed of their outputs is the business of others.
"""

import hashlib
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tlcore.errors import UserError
from tlcore.models.tflite_append import append_operator, append_tensor
from tlcore.models.tflite_file import drop_unused, entry, named, needed_for, pack, unpack

_LEFT_OUT = -1


def join_features(files: Sequence[bytes], output: str) -> bytes:
    """One file out of several networks for the same image: the features of all, side by side.

    Each network's features are brought to length 1 first, so that none drowns the others.

    Args:
        files: each with the signature `serving_default`: image, float32 (1, S, S, 3), and `output`, float32 (1, D). All
            are run at one size, whichever each of them was made for.

    Returns:
        A file with the same signature; `output` is float32 (1, sum of all D).

    Raises:
        UserError: a file is none, or is built in a way that cannot be merged.
    """
    merger, parts, total = Merger(files[0], one_size=True), [], 0
    for number, data in enumerate(files):
        features = merger.add(data, (output,))[output]
        size = int(merger.model.subgraphs[0].tensors[features].shape[-1])
        unit, total = append_tensor(merger.model, f"several/unit{number}", (1, size)), total + size
        options = schema.BuiltinOptions.L2NormOptions, schema.L2NormOptionsT()
        parts.append(append_operator(merger.model, schema.BuiltinOperator.L2_NORMALIZATION, [features], unit, options))
    joined = append_tensor(merger.model, "several/features", (1, total))
    along = schema.BuiltinOptions.ConcatenationOptions, schema.ConcatenationOptionsT(axis=1)
    append_operator(merger.model, schema.BuiltinOperator.CONCATENATION, parts, joined, along)
    return merger.finish({output: joined})


class Merger:
    """The file that grows: it begins as the first one, of which only the image is left.

    Files that take the photo in another size bring an input of their own: see `image_name`.

    Args:
        one_size: all files get the same photo in one size, whatever size stands in them.
    """

    def __init__(self, first: bytes, one_size: bool = False) -> None:
        self.model, self.signature = unpack(first)
        graph = self.model.subgraphs[0]
        image = graph.tensors[named(self.signature.inputs, "image")]
        image.buffer = 0  # by the schema, the empty one
        graph.operators, graph.tensors = [], [image]
        self._images, self._one_size = {_side(image): 0}, one_size
        self.model.operatorCodes, self.model.buffers = [], [schema.BufferT()]
        self.model.metadata, self.model.metadataBuffer = [], None
        self._constants: dict[Hashable, int] = {}
        self._operators: dict[Hashable, list[int]] = {}
        self._codes: dict[Hashable, int] = {}

    def add(self, data: bytes, outputs: Sequence[str]) -> dict[str, int]:
        """Put a file in; the tensors of its outputs by name."""
        source, signature = unpack(data)
        if len(source.subgraphs) != 1:
            raise UserError("A model whose network branches can’t be combined with others.", "Leave it out.")
        graph, image = source.subgraphs[0], named(signature.inputs, "image")
        targets = {name: named(signature.outputs, name) for name in outputs}
        tensors = {image: self._image_like(graph.tensors[image]), _LEFT_OUT: _LEFT_OUT}
        for operator in needed_for(graph, *targets.values()):
            self._add_operator(source, operator, tensors)
        return {name: tensors[target] for name, target in targets.items()}

    def _image_like(self, image: schema.TensorT) -> int:
        """The input for photos of this size."""
        side = _side(image)
        if self._one_size:
            return 0
        if side not in self._images:
            image.buffer = 0
            self.model.subgraphs[0].tensors.append(image)
            self._images[side] = len(self.model.subgraphs[0].tensors) - 1
        return self._images[side]

    def _add_operator(self, source: schema.ModelT, operator: schema.OperatorT, tensors: dict[int, int]) -> None:
        inputs = [self._tensor(source, int(index), tensors) for index in operator.inputs]
        code = self._code(source.operatorCodes[operator.opcodeIndex])
        outputs = [int(index) for index in operator.outputs]
        options = (operator.builtinOptionsType, operator.builtinOptions, operator.builtinOptions2)
        key = (code, tuple(inputs), _values_of(options), _values_of(operator.customOptions), len(outputs))
        if key not in self._operators:
            self._operators[key] = [self._new_tensor(source, index) for index in outputs]
            operator.opcodeIndex, operator.inputs, operator.outputs = code, inputs, self._operators[key]
            self.model.subgraphs[0].operators.append(operator)
        tensors.update(zip(outputs, self._operators[key], strict=True))

    def _tensor(self, source: schema.ModelT, index: int, tensors: dict[int, int]) -> int:
        """What a tensor that an operator reads is called here: computed, or a constant, which is kept once."""
        if index not in tensors:
            tensor = source.subgraphs[0].tensors[index]
            if tensor.isVariable:
                raise UserError("A model that keeps a state can’t be combined with others.", "Leave it out.")
            content = source.buffers[tensor.buffer].data
            digest = hashlib.sha256(b"" if content is None else np.asarray(content).tobytes()).digest()
            key = (digest, tensor.type, _values_of(tensor.shape), _values_of(tensor.quantization))
            if key not in self._constants:
                self._constants[key] = self._new_tensor(source, index)
            tensors[index] = self._constants[key]
        return tensors[index]

    def _new_tensor(self, source: schema.ModelT, index: int) -> int:
        tensor, content = source.subgraphs[0].tensors[index], None
        if tensor.buffer:
            content = source.buffers[tensor.buffer]
        tensor.buffer = len(self.model.buffers) if content is not None else 0
        if content is not None:
            self.model.buffers.append(content)
        self.model.subgraphs[0].tensors.append(tensor)
        return len(self.model.subgraphs[0].tensors) - 1

    def _code(self, code: schema.OperatorCodeT) -> int:
        key = _values_of(code)
        if key not in self._codes:
            self._codes[key] = len(self.model.operatorCodes)
            self.model.operatorCodes.append(code)
        return self._codes[key]

    def finish(self, results: dict[str, int]) -> bytes:
        """The file whose signature names these tensors."""
        graph = self.model.subgraphs[0]
        sizes = sorted(self._images, reverse=True)
        graph.inputs, graph.outputs = [self._images[size] for size in sizes], list(results.values())
        for size in sizes:
            graph.tensors[self._images[size]].name = image_name(size, sizes).encode()
        self.signature.inputs = [entry(image_name(size, sizes), self._images[size]) for size in sizes]
        self.signature.outputs = [entry(name, tensor) for name, tensor in results.items()]
        self.model.signatureDefs = [self.signature]
        drop_unused(self.model, self.signature)
        _name_apart(graph.tensors, {int(line.tensorIndex): line.name for line in self.signature.outputs})
        return pack(self.model)


def _name_apart(tensors: list[schema.TensorT], results: dict[int, bytes]) -> None:
    """Give every tensor a name of its own, which some readers take it by; several files have the same names.

    Args:
        results: the names that the outputs are to have, by their numbers.
    """
    taken = set(results.values())
    for number, tensor in enumerate(tensors):
        name = results.get(number) or tensor.name or b"tensor"
        copies = 1
        while number not in results and name in taken:
            copies += 1
            name = (tensor.name or b"tensor") + f":{copies}".encode()
        taken.add(name)
        tensor.name = name


def image_name(size: int, sizes: Sequence[int]) -> str:
    """What the signature of a file that takes a photo in these sizes calls the input for one of them: "image" for the
    largest, else "image_160" for 160 pixels a side."""
    return "image" if size == max(sizes) else f"image_{size}"


def _side(image: schema.TensorT) -> int:
    return int(image.shape[1])


def _values_of(thing: Any) -> Hashable:
    """Everything in a part of a flatbuffer, so that two of them can be compared."""
    if isinstance(thing, np.ndarray | list | tuple):
        return tuple(_values_of(each) for each in (thing.tolist() if isinstance(thing, np.ndarray) else thing))
    if hasattr(thing, "__dict__"):
        return type(thing).__name__, tuple((name, _values_of(value)) for name, value in sorted(vars(thing).items()))
    return thing if isinstance(thing, Hashable) else repr(thing)
