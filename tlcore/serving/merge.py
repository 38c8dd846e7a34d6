"""Make one `.tflite` of several classifiers for the same photos: what they have in common is in it once.

How files become one: models/tflite_merge.py. Models with heads on the same frozen network share it, and those that were
fine-tuned from a block on share what lies below. Behind the last operators stand the few that average or vote;
evaluation/ensemble.py does the same with NumPy.
"""

from collections.abc import Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tlcore.evaluation.calibration import TINY
from tlcore.evaluation.ensemble import TIE_BREAK, VOTE
from tlcore.models.tflite_append import append_operator, append_tensor
from tlcore.models.tflite_merge import Merger
from tlcore.serving.graft_familiarity import FAMILIARITY

_CODES, _OPTIONS = schema.BuiltinOperator, schema.BuiltinOptions
_PROBABILITIES = "probabilities"
AVERAGE_NAME = "ensemble/average"
"""Of the tensors that add up to the average: "ensemble/average/part0" is the first model's probabilities, weighted."""

_LAST_AXIS = np.array([1], np.int32)


def merge_classifiers(
    files: Sequence[bytes],
    weights: Sequence[float],
    method: str,
    with_familiarity: bool = True,
    temperature: float = 1.0,
) -> bytes:
    """One classifier file that runs all of them on the same photo and combines what they give.

    Args:
        files: each with the signature `serving_default`: image, float32 (1, S, S, 3) → probabilities, float32
            (1, classes), and familiarity, float32 (1, 1).
        weights: of each, which add up to 1. method: of `ensemble.METHODS`.
        with_familiarity: whether the result gives their weighted mean too; each file has to.
        temperature: what the logits of the result are divided by, as `calibration.divide_by` does.

    Returns:
        A file with the same signature. Where the files take the photo in different sizes, it has an input for each:
        "image" for the largest, and "image_160" for 160 pixels. Every network gets the very pixels that it was tested
        with: an image that is made smaller inside a file is another one than a photo that is.

    Raises:
        UserError: a file is none, or is built in a way that cannot be merged.
    """
    merger = Merger(files[0])
    outputs = (_PROBABILITIES, FAMILIARITY) if with_familiarity else (_PROBABILITIES,)
    of_each = [merger.add(data, outputs) for data in files]
    model = merger.model
    given = [found[_PROBABILITIES] for found in of_each]
    average = _weighted_sum(model, given, weights, AVERAGE_NAME)
    combined = average if method != VOTE else _with_votes(model, given, weights, average)
    results = {_PROBABILITIES: combined if temperature == 1 else _divided(model, combined, temperature)}
    if with_familiarity:
        each = [found[FAMILIARITY] for found in of_each]
        results[FAMILIARITY] = _weighted_sum(model, each, weights, "ensemble/familiarity")
    return merger.finish(results)


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


def _divided(model: schema.ModelT, probabilities: int, temperature: float) -> int:
    """Add what divides the logits of probabilities by a temperature."""
    shape = _shape(model, probabilities)
    least = append_tensor(model, "ensemble/least", np.array([TINY], np.float32))
    some = _binary(model, _CODES.ADD, probabilities, least, "ensemble/above_zero")  # 0 has no logarithm
    logs = append_tensor(model, "ensemble/logits", shape)
    append_operator(model, _CODES.LOG, [some], logs)
    divided = _scaled(model, logs, 1 / temperature, "ensemble/divided")
    options = _OPTIONS.SoftmaxOptions, schema.SoftmaxOptionsT(beta=1.0)
    return append_operator(model, _CODES.SOFTMAX, [divided], append_tensor(model, "ensemble/softmax", shape), options)


def _reduced(model: schema.ModelT, code: int, tensor: int, name: str) -> int:
    axis = append_tensor(model, f"{name}_axis", _LAST_AXIS)
    output = append_tensor(model, name, (1, 1))
    options = _OPTIONS.ReducerOptions, schema.ReducerOptionsT(keepDims=True)
    return append_operator(model, code, [tensor, axis], output, options)
