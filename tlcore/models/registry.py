"""The table of pretrained networks a person can choose from: one literal row each, no I/O.

Files behind a row are the business of weights.py; Keras models of build.py.
"""

from dataclasses import dataclass

from tlcore.errors import UserError


@dataclass(frozen=True)
class BackboneSpec:
    """What is known about one pretrained network without opening its files.

    `parameters` counts all weights with the ImageNet classifier; `imagenet_top1` is a fraction, 0–1, as published by
    `source`; `feature_size` is the length of a pooled feature vector; `default_image_size` is the square side in
    pixels that the weights were trained for. Every network takes RGB values 0–255: scaling is inside.
    `asset` is the folder and file stem under tlcore/assets; `fingerprint` the sha256 of its `.tflite`.
    """

    name: str
    title: str
    sentence: str
    parameters: int
    imagenet_top1: float
    feature_size: int
    default_image_size: int
    licence: str
    source: str
    asset: str
    fingerprint: str


BACKBONES: tuple[BackboneSpec, ...] = (
    BackboneSpec(
        name="efficientnet-lite0",
        title="EfficientNet-Lite0",
        sentence="Small, quick and good: the right choice to begin with. It comes with the program.",
        parameters=4_652_008,
        imagenet_top1=0.751,
        feature_size=1280,
        default_image_size=224,
        licence="Apache-2.0",
        source="https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite",
        asset="efficientnet-lite0/efficientnet-lite0",
        fingerprint="a4e770da3eef1a18f5d7b4a948df2446acbec7553db324a82fa285f108f833f2",
    ),
)


def find_backbone(name: str) -> BackboneSpec:
    """The row of that name.

    Raises:
        UserError: there is none; the sentence lists those there are.
    """
    for spec in BACKBONES:
        if spec.name == name:
            return spec
    allowed = ", ".join(spec.name for spec in BACKBONES)
    raise UserError(f"Received: backbone “{name}”, which is not known.", f"Allowed: {allowed}.")
