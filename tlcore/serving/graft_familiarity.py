"""Put the familiarity of a photo into a `.tflite` as a second output: its likeness to the nearest prototype.

The features, averaged over their positions where they have some, are brought to length 1 and multiplied by the
prototypes, which have length 1 too: these are cosine similarities. The highest of them, or 0 where all are below it, is
the output. All of it is four or five builtin operators, right for any number of photos at once.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tlcore.models.tflite_append import append_operator, append_tensor
from tlcore.models.tflite_file import keep_until, needed_for, unpack

FAMILIARITY = "familiarity"  # what the model file calls the output
FEATURES = "features"  # and what `pooled_features` calls its own
_LEFT_OUT = -1  # an input of an operator that has none there
_POSITIONS = np.array([1, 2], np.int32)  # axes of a feature map


def append_familiarity(model: schema.ModelT, source: int, prototypes: np.ndarray) -> int:
    """Add the familiarity to an unpacked file; the number of its tensor, float32 (1, 1).

    Args:
        source: the tensor with the features, float32 (1, D), or (1, rows, columns, D) before they are pooled.
        prototypes: float32 (prototypes, D), each of length 1.

    Raises:
        ValueError: they do not fit these features.
    """
    shape = [int(side) for side in model.subgraphs[0].tensors[source].shape]
    if prototypes.ndim != 2 or prototypes.shape[1] != shape[-1] or len(shape) not in (2, 4):
        raise ValueError(f"Received: prototypes {prototypes.shape}. Allowed: (n, {shape[-1]}), for features {shape}.")
    operators, value = schema.BuiltinOperator, source
    if len(shape) == 4:
        value = _reduce(model, operators.MEAN, source, _POSITIONS, (1, shape[-1]), keep=False)
    unit = append_tensor(model, "familiarity/unit", (1, shape[-1]))
    append_operator(
        model,
        operators.L2_NORMALIZATION,
        [value],
        unit,
        (schema.BuiltinOptions.L2NormOptions, schema.L2NormOptionsT()),
    )
    kernel = append_tensor(model, "familiarity/prototypes", np.ascontiguousarray(prototypes, np.float32))
    similarity = append_tensor(model, "familiarity/similarity", (1, len(prototypes)))
    append_operator(
        model,
        operators.FULLY_CONNECTED,
        [unit, kernel, _LEFT_OUT],
        similarity,
        (schema.BuiltinOptions.FullyConnectedOptions, schema.FullyConnectedOptionsT()),
    )
    highest = _reduce(model, operators.REDUCE_MAX, similarity, np.array([1], np.int32), (1, 1), keep=True)
    return append_operator(model, operators.RELU, [highest], append_tensor(model, FAMILIARITY, (1, 1)))


def pooled_features(data: bytes) -> bytes | None:
    """A file with the familiarity cut where its features are: image → `features`, float32 (1, D).

    None where it has no familiarity, or the one of several networks.

    Raises:
        UserError: it is not such a file.
    """
    model, signature = unpack(data)
    wanted = [line for line in signature.outputs if line.name == FAMILIARITY.encode()]
    if not wanted:
        return None
    units = [
        operator
        for operator in needed_for(model.subgraphs[0], int(wanted[0].tensorIndex))
        if (code := model.operatorCodes[operator.opcodeIndex])
        and max(code.builtinCode, code.deprecatedBuiltinCode) == schema.BuiltinOperator.L2_NORMALIZATION
    ]
    return keep_until(data, {FEATURES: int(units[0].inputs[0])}) if len(units) == 1 else None


def _reduce(model: schema.ModelT, code: int, source: int, axes: np.ndarray, shape: tuple[int, ...], keep: bool) -> int:
    """Add a reduction over some axes."""
    name = "highest" if code == schema.BuiltinOperator.REDUCE_MAX else "pooled"
    axis = append_tensor(model, f"familiarity/{name}_axes", axes)
    output = append_tensor(model, f"familiarity/{name}", shape)
    options = schema.BuiltinOptions.ReducerOptions, schema.ReducerOptionsT(keepDims=keep)
    return append_operator(model, code, [source, axis], output, options)
