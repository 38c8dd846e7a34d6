"""Make one `.tflite` of several classifiers for the same photos: what they have in common is in it once.

The files are flatbuffers (models/tflite_file.py). The operators of each are put behind those of the files before it.
One that does the same with the same inputs as one that is there already is left out, and so is every weight that is
there already: models with heads on the same frozen network share it, and those that were fine-tuned from a block on
share what lies below. (This is common subexpression elimination.) Behind the last operators stand the few that average
or vote; evaluation/ensemble.py does the same with NumPy.
"""

import hashlib
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tlcore.errors import UserError
from tlcore.evaluation.ensemble import TIE_BREAK, VOTE
from tlcore.models.tflite_append import append_operator, append_tensor
from tlcore.models.tflite_file import drop_unused, entry, named, needed_for, pack, unpack
from tlcore.serving.graft_familiarity import FAMILIARITY

_CODES, _OPTIONS = schema.BuiltinOperator, schema.BuiltinOptions
_PROBABILITIES = "probabilities"
_LAST_AXIS = np.array([1], np.int32)
_LEFT_OUT = -1


def merge_classifiers(
    files: Sequence[bytes], weights: Sequence[float], method: str, with_familiarity: bool = True
) -> bytes:
    """One classifier file that runs all of them on the same photo and combines what they give.

    Args:
        files: each with the signature `serving_default`: image, float32 (1, S, S, 3) with the same S, →
            probabilities, float32 (1, classes), and familiarity, float32 (1, 1).
        weights: of each, which add up to 1. method: of `ensemble.METHODS`.
        with_familiarity: whether the result gives their weighted mean too; each file has to.

    Returns:
        A file with the same signature.

    Raises:
        UserError: a file is none, or is built in a way that cannot be merged.
    """
    merger = _Merger(files[0])
    outputs = (_PROBABILITIES, FAMILIARITY) if with_familiarity else (_PROBABILITIES,)
    of_each = [merger.add(data, outputs) for data in files]
    model = merger.model
    given = [found[_PROBABILITIES] for found in of_each]
    average = _weighted_sum(model, given, weights, "ensemble/average")
    combined = average if method != VOTE else _with_votes(model, given, weights, average)
    results = {_PROBABILITIES: combined}
    if with_familiarity:
        each = [found[FAMILIARITY] for found in of_each]
        results[FAMILIARITY] = _weighted_sum(model, each, weights, "ensemble/familiarity")
    return merger.finish(results)


class _Merger:
    """The file that grows: it begins as the first one, of which only the image is left."""

    def __init__(self, first: bytes) -> None:
        self.model, self.signature = unpack(first)
        graph, self._image = self.model.subgraphs[0], 0
        image = graph.tensors[named(self.signature.inputs, "image")]
        image.buffer = 0  # by the schema, the empty one
        graph.operators, graph.tensors = [], [image]
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
        tensors = {image: self._image, _LEFT_OUT: _LEFT_OUT}
        for operator in needed_for(graph, *targets.values()):
            self._add_operator(source, operator, tensors)
        return {name: tensors[target] for name, target in targets.items()}

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
        graph.inputs, graph.outputs = [self._image], list(results.values())
        self.signature.inputs = [entry("image", self._image)]
        self.signature.outputs = [entry(name, tensor) for name, tensor in results.items()]
        self.model.signatureDefs = [self.signature]
        drop_unused(self.model, self.signature)
        return pack(self.model)


def _values_of(thing: Any) -> Hashable:
    """Everything in a part of a flatbuffer, so that two of them can be compared."""
    if isinstance(thing, np.ndarray | list | tuple):
        return tuple(_values_of(each) for each in (thing.tolist() if isinstance(thing, np.ndarray) else thing))
    if hasattr(thing, "__dict__"):
        return type(thing).__name__, tuple((name, _values_of(value)) for name, value in sorted(vars(thing).items()))
    return thing if isinstance(thing, Hashable) else repr(thing)


def _shape(model: schema.ModelT, tensor: int) -> tuple[int, ...]:
    return tuple(int(side) for side in model.subgraphs[0].tensors[tensor].shape)


def _weighted_sum(model: schema.ModelT, tensors: Sequence[int], weights: Sequence[float], name: str) -> int:
    """Add the products of tensors of one shape with their weights, and the sum of these."""
    total: int | None = None
    for number, (tensor, weight) in enumerate(zip(tensors, weights, strict=True)):
        product = _scaled(model, tensor, weight, f"{name}/part{number}")
        total = product if total is None else _binary(model, _CODES.ADD, total, product, f"{name}/sum{number}")
    assert total is not None
    return total


def _scaled(model: schema.ModelT, tensor: int, factor: float, name: str) -> int:
    constant = append_tensor(model, f"{name}_weight", np.array([factor], np.float32))
    return _binary(model, _CODES.MUL, tensor, constant, name)


def _binary(model: schema.ModelT, code: int, first: int, second: int, name: str) -> int:
    options = {
        _CODES.ADD: (_OPTIONS.AddOptions, schema.AddOptionsT()),
        _CODES.MUL: (_OPTIONS.MulOptions, schema.MulOptionsT()),
        _CODES.DIV: (_OPTIONS.DivOptions, schema.DivOptionsT()),
    }[code]
    return append_operator(model, code, [first, second], append_tensor(model, name, _shape(model, first)), options)


def _with_votes(model: schema.ModelT, given: Sequence[int], weights: Sequence[float], average: int) -> int:
    """Add the shares of the votes, with a little of the average: see `ensemble.TIE_BREAK`."""
    votes = [_vote(model, tensor, f"ensemble/vote{number}") for number, tensor in enumerate(given)]
    shares = _weighted_sum(model, votes, weights, "ensemble/votes")
    parts = ((1 - TIE_BREAK), TIE_BREAK)
    return _weighted_sum(model, [shares, average], parts, "ensemble/result")


def _vote(model: schema.ModelT, tensor: int, name: str) -> int:
    """Add one vote for the most probable class; classes that are just as probable share it."""
    highest = _reduced(model, _CODES.REDUCE_MAX, tensor, f"{name}/highest")
    is_top = append_tensor(model, f"{name}/is_top", _shape(model, tensor), schema.TensorType.BOOL)
    append_operator(model, _CODES.EQUAL, [tensor, highest], is_top, (_OPTIONS.EqualOptions, schema.EqualOptionsT()))
    ones = append_tensor(model, f"{name}/ones", _shape(model, tensor))
    kinds = schema.CastOptionsT(inDataType=schema.TensorType.BOOL, outDataType=schema.TensorType.FLOAT32)
    append_operator(model, _CODES.CAST, [is_top], ones, (_OPTIONS.CastOptions, kinds))
    number = _reduced(model, _CODES.SUM, ones, f"{name}/number")
    return _binary(model, _CODES.DIV, ones, number, name)


def _reduced(model: schema.ModelT, code: int, tensor: int, name: str) -> int:
    axis = append_tensor(model, f"{name}_axis", _LAST_AXIS)
    output = append_tensor(model, name, (1, 1))
    options = _OPTIONS.ReducerOptions, schema.ReducerOptionsT(keepDims=True)
    return append_operator(model, code, [tensor, axis], output, options)
