"""From a `BackboneSpec` to what runs it: the one place that knows which network is run by what."""

from tlcore.models.frozen_backbone import FrozenBackbone, PretrainedBackbone
from tlcore.models.joined_backbone import JoinedBackbone
from tlcore.models.onnx_backbone import OnnxBackbone
from tlcore.models.spec import BackboneSpec
from tlcore.workspace import Workspace


def open_backbone(workspace: Workspace, spec: BackboneSpec, image_size: int) -> FrozenBackbone:
    """The frozen network for square images of one size in pixels.

    A network of the table and one stored as Keras model or `.tflite` are run from `.tflite` files, which
    frozen_files.py makes and checks; one stored as ONNX by onnxruntime. Several side by side are each opened by
    themselves (joined_backbone.py).
    """
    if spec.members:
        return JoinedBackbone([open_backbone(workspace, member, image_size) for member in spec.members])
    if spec.imported is not None and spec.imported.form == "onnx":
        return OnnxBackbone(spec)
    return PretrainedBackbone(workspace, spec, image_size)
