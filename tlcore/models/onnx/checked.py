"""Looking through an ONNX file before anything runs it: what the networks of image classifiers never have is refused.

An ONNX file can point to other files, bring operators and functions of its own, loop, draw at random, and choose the
size of its arrays by the pixels of a photo. None of that is needed here. What passes is plain arithmetic whose shapes
depend on the size of the image alone.

Operators: https://onnx.ai/onnx/operators/. Fields: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.data.names import clean_text
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError

if TYPE_CHECKING:
    import onnx

SUFFIX = ".onnx"
MOST_BYTES = 1_000_000_000
MOST_NODES, MOST_RANK = 20_000, 8
LEAST_OPSET, MOST_OPSET = 7, 25
AGAIN = "Export it again; docs/networks.md has the commands."

_ARITHMETIC = frozenset(
    "Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool BatchNormalization Cast "
    "CastLike  Ceil Celu CenterCropPad Clip Concat Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos "
    "Cosh CumSum  DepthToSpace DequantizeLinear Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand "
    "Flatten Floor Gather  GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater "
    "GreaterOrEqual  GroupNormalization HardSigmoid HardSwish Identity InstanceNormalization LRN "
    "LayerNormalization LeakyRelu Less  LessOrEqual Log LogSoftmax LpNormalization LpPool MatMul MatMulInteger "
    "Max MaxPool Mean MeanVarianceNormalization Min  Mish Mod Mul Neg Not Or PRelu Pad Pow QLinearConv "
    "QLinearMatMul QuantizeLinear RMSNormalization Range Reciprocal  ReduceL1 ReduceL2 ReduceLogSum "
    "ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare  Relu Reshape Resize "
    "Round ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax  Softplus "
    "Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tan Tanh ThresholdedRelu Tile TopK Transpose Trilu "
    "Unsqueeze Upsample Where Xor".split()
)
_REASONS = dict.fromkeys(
    ("If", "Loop", "Scan", "SequenceMap"), "it decides on its way what to compute"
) | dict.fromkeys(
    ("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"),
    "it draws at random",
)
_SHAPE_INPUTS: dict[str, tuple[int, ...]] = {
    "CenterCropPad": (1,),
    "ConstantOfShape": (0,),
    "Expand": (1,),
    "Pad": (1, 3),
    "Range": (0, 1, 2),
    "Reshape": (1,),
    "Resize": (1, 2, 3),
    "Slice": (1, 2, 3, 4),
    "Split": (1,),
    "Squeeze": (1,),
    "Tile": (1, 2),
    "TopK": (1,),
    "Unsqueeze": (1,),
    "Upsample": (1,),
    **{name: (1,) for name in _ARITHMETIC if name.startswith("Reduce")},
}
"""Which inputs of an operator say how large its output is."""


def read_checked(path: Path) -> "onnx.ModelProto":
    """The model in a file, after a look through all of it.

    Raises:
        UserError: it can't be read, is damaged or too large, or has what networks are refused for.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path.name} is larger than {MOST_BYTES / 1e9:.0f} GB.", "Use a smaller network.")
        data = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path.name} can’t be read: {why_file_failed(error)}.", "Copy or download it again."
        ) from error
    return parse_checked(data, path.name)


def parse_checked(data: bytes, name: str) -> "onnx.ModelProto":
    """The model of a file's bytes; see `read_checked`. `name`: of the file, for sentences."""
    import onnx

    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception as error:  # protobuf's own error, which nothing else here needs
        raise UserError(f"{name} is not an ONNX file, or it is damaged or cut off.", AGAIN) from error
    if not model.graph.node or not model.graph.input:
        raise UserError(f"{name} is not an ONNX file, or it is damaged or cut off.", AGAIN)
    if problem := next(_problems(model), ""):
        raise UserError(f"{name} can’t be used: {problem}.", AGAIN)
    return model


def _problems(model: "onnx.ModelProto") -> Iterator[str]:
    """What is wrong with a model, as ends of a sentence."""
    graph = model.graph
    yield from _foreign_parts(model)
    if len(graph.node) > MOST_NODES:
        yield f"it has more than {MOST_NODES:,} operations"
    for node in graph.node:
        name, domain = clean_text(node.op_type)[:40], clean_text(node.domain)[:40]
        if node.domain not in ("", "ai.onnx"):
            yield f"its operation {name} is not one of ONNX’s own ({domain})"
        elif node.op_type not in _ARITHMETIC:
            yield f"it has the operation {name}" + _because(node.op_type)
        for attribute in node.attribute:
            if attribute.HasField("g") or attribute.graphs or attribute.HasField("sparse_tensor"):
                yield f"its operation {name} contains a network of its own"
            tensors = [attribute.t] if attribute.HasField("t") else []
            yield from (found for tensor in (*tensors, *attribute.tensors) if (found := _tensor_problem(tensor)))
    yield from (found for tensor in graph.initializer if (found := _tensor_problem(tensor)))
    yield from _shapes_by_pixels(model)


def _because(operation: str) -> str:
    return f" ({_REASONS[operation]})" if operation in _REASONS else ""


def _foreign_parts(model: "onnx.ModelProto") -> Iterator[str]:
    for opset in model.opset_import:
        if opset.domain in ("", "ai.onnx") and not LEAST_OPSET <= opset.version <= MOST_OPSET:
            yield f"it is written in version {opset.version} of ONNX (opset); {LEAST_OPSET} to {MOST_OPSET} can be read"
    if model.functions:
        yield "it brings functions of its own"
    if model.training_info:
        yield "it is made for training"
    if model.graph.sparse_initializer:
        yield "its weights are stored sparsely"


def _tensor_problem(tensor: "onnx.TensorProto") -> str:
    """What is wrong with a stored tensor: "" for nothing."""
    if tensor.data_location or tensor.external_data:
        return "its weights lie in another file (export it with external_data=False)"
    if len(tensor.dims) > MOST_RANK or any(side < 0 for side in tensor.dims):
        return "it has a tensor of an impossible shape"
    size = _ITEM_BYTES.get(tensor.data_type, 0)
    if not size:
        return "it has tensors that are no numbers"
    lists = (tensor.float_data, tensor.int32_data, tensor.int64_data, tensor.double_data, tensor.uint64_data)
    stored = len(tensor.raw_data) if tensor.raw_data else size * max(map(len, lists))
    return "" if prod(tensor.dims) * size == stored else "it has a tensor that is not as large as it claims"


_ITEM_BYTES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
"""By the number of a type (TensorProto.DataType): float, (u)int of 8 to 64 bits, bool, float16, double, bfloat16."""


def _shapes_by_pixels(model: "onnx.ModelProto") -> Iterator[str]:
    """Where the values of a photo, and not its size alone, say how large an array becomes."""
    stored = {tensor.name for tensor in model.graph.initializer}
    from_pixels = {each.name for each in model.graph.input} - stored
    known = stored | from_pixels | {""}
    for node in model.graph.node:
        if not known.issuperset(node.input) or known.intersection(filter(None, node.output)):
            yield "its operations are out of order"
        known.update(node.output)
        if node.op_type in ("Shape", "Size"):
            continue
        for place in _SHAPE_INPUTS.get(node.op_type, ()):
            if place < len(node.input) and node.input[place] in from_pixels:
                yield f"its operation {node.op_type} chooses its size by the pixels of a photo"
        if from_pixels.intersection(node.input):
            from_pixels.update(filter(None, node.output))
