"""Reading SavedModels: a graph of TensorFlow operations, looked through, then made a `.tflite`. See kinds.py [TF].

A graph is a program. Only operations that compute with numbers, and call functions of the same file, are let through:
none that reads or writes files, calls Python, loops, or comes from elsewhere. What passes is converted, and from then
on it is a network like any LiteRT file, which can be used frozen.
"""

from functools import lru_cache
from pathlib import Path

from tlcore.errors import UserError
from tlcore.models.imported.candidate import Candidate, Choices
from tlcore.models.imported.saved import SavedNetwork
from tlcore.models.imported.savedmodel_folder import GRAPH, is_savedmodel, savedmodel_folder
from tlcore.models.imported.tflite_reader import USUAL_SIZE, read_tflite, save_tflite
from tlcore.models.imported.zip_members import damaged

SIGNATURE = "serving_default"
MOST_NODES = 500_000

_COMPUTING = (
    "Abs Add AddN AddV2 All Any ArgMax AvgPool BatchMatMul BatchMatMulV2 BatchMatMulV3 BiasAdd BroadcastArgs "
    "BroadcastTo Cast Ceil ClipByValue Concat ConcatV2 Const Conv2D Cos Cumsum DepthToSpace "
    "DepthwiseConv2dNative Div DivNoNan Einsum Elu Equal Erf Exp ExpandDims Fill Floor FloorDiv FloorMod "
    "FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 Gather GatherNd GatherV2 Greater GreaterEqual Identity "
    "IdentityN L2Loss LeakyRelu Less LessEqual Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr MatMul "
    "Max MaxPool Maximum Mean Min Minimum MirrorPad Mul Neg NotEqual OneHot OnesLike Pack Pad PadV2 "
    "Placeholder PlaceholderWithDefault Pow PreventGradient Prod Range Rank RealDiv Reciprocal Relu Relu6 "
    "Reshape ResizeBilinear ResizeNearestNeighbor Reverse ReverseV2 Rsqrt Select SelectV2 Selu Shape "
    "ShapeN Sigmoid Sign Sin Size Slice Softmax Softplus Softsign SpaceToBatchND BatchToSpaceND SpaceToDepth "
    "Split SplitV Sqrt Square SquaredDifference Squeeze StopGradient StridedSlice Sub Sum Tanh Tile TopKV2 "
    "Transpose Unpack Where XlaDot ZerosLike"
).split()
_BOOKKEEPING = (  # of variables and functions; those that save are never called, and name no file by themselves
    "NoOp VarHandleOp ReadVariableOp ResourceGather AssignVariableOp VarIsInitializedOp PartitionedCall "
    "StatefulPartitionedCall DisableCopyOnRead MergeV2Checkpoints RestoreV2 SaveV2 ShardedFilename "
    "StaticRegexFullMatch StringJoin Snapshot"
).split()
ALLOWED = frozenset((*_COMPUTING, *_BOOKKEEPING))


class _SavedModel:
    """See `kinds.Reader`."""

    usual_scaling = "0..1"  # by convention of TensorFlow Hub: tensorflow.org/hub/common_signatures/images
    needs_tensorflow = True

    def recognise(self, path: Path) -> bool:
        """See `Reader.recognise`."""
        return is_savedmodel(path)

    def read(self, path: Path) -> Candidate:
        """See `Reader.read`."""
        return read_tflite(_converted(path), path.name, "savedmodel")

    def save(self, path: Path, candidate: Candidate, choices: Choices, folder: Path) -> SavedNetwork:
        """See `Reader.save`."""
        return save_tflite(_converted(path), path.name, choices, folder)


@lru_cache(maxsize=1)  # a process reads one file, and then writes it
def _converted(path: Path) -> bytes:
    """The network as a `.tflite`."""
    with savedmodel_folder(path) as folder:
        check_graph(folder / GRAPH, path.name)
        return _convert(folder, path)


def check_graph(graph: Path, name: str) -> None:
    """Look through all operations of a graph and of its functions.

    Args:
        name: of what somebody brought, for sentences.

    Raises:
        UserError: it is damaged, or has an operation that is not allowed.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    try:
        saved = saved_model_pb2.SavedModel.FromString(graph.read_bytes())
    except DecodeError as error:
        raise damaged(Path(name)) from error
    nodes = [
        node
        for part in saved.meta_graphs
        for nodes in (part.graph_def.node, *(function.node_def for function in part.graph_def.library.function))
        for node in nodes
    ]
    foreign = sorted({node.op for node in nodes} - ALLOWED)
    if foreign:
        raise UserError(
            f"This SavedModel has operations that are not allowed here ({', '.join(foreign)[:200]}).",
            "Export the network without augmentation, decoding and loops, or bring its Keras file.",
        )
    if not nodes or len(nodes) > MOST_NODES or not all(part.object_graph_def.nodes for part in saved.meta_graphs):
        raise UserError("This SavedModel is empty, or of TensorFlow 1.", "Save it again with TensorFlow 2.")


def _convert(folder: Path, path: Path) -> bytes:
    import tensorflow as tf

    try:
        loaded = tf.saved_model.load(str(folder))
        network = loaded.signatures[SIGNATURE]
        image = next(iter(network.structured_input_signature[1].values()))
        shape = [side or USUAL_SIZE for side in image.shape.as_list()[1:]]
        network.inputs[0].set_shape([1, *shape])
        converter = tf.lite.TFLiteConverter.from_concrete_functions([network], loaded)
        data: bytes = converter.convert()
        return data
    except KeyError as error:
        raise UserError(f"This SavedModel has no signature “{SIGNATURE}”.", "Save it with model.export(…).") from error
    except Exception as error:  # TensorFlow raises of all kinds; what passed the look is no program
        what = f"“{path.name}” can’t be converted: it is damaged, or has something that LiteRT doesn’t know."
        raise UserError(what, "Export it as LiteRT (.tflite) or ONNX where it was made, and add that.") from error


READER = _SavedModel()
