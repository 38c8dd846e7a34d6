"""The table of pretrained networks a person can choose from; no I/O, no TensorFlow.

The built-in network stands here, every network of `keras.applications` in backbone_rows.py. Files behind a row are the
business of weights.py and weights_cache.py; Keras models of build.py; `.tflite` files of frozen_files.py. To add a
backbone: CONTRIBUTING.md.
"""

from tlcore.config import AUTO, STRATEGIES, check_several, defaults_for
from tlcore.errors import UserError
from tlcore.models.backbone_rows import ROWS
from tlcore.models.spec import BackboneSpec, Block

__all__ = [
    "BACKBONES",
    "BUILT_IN",
    "TABLE",
    "BackboneSpec",
    "Block",
    "auto_block",
    "check_image_size",
    "check_strategy",
    "find_block",
    "lowest_unfrozen_block",
    "possible_strategies",
    "usual_image_size",
]

BUILT_IN = BackboneSpec(
    name="efficientnet-lite0",
    title="EfficientNet-Lite0",
    sentence="Small, fast and accurate: a good first choice. Built in.",
    parameters=4_652_008,
    num_weights=3_328_992,
    multiply_adds=383_907_552,
    imagenet_top1=0.751,
    feature_size=1280,
    default_image_size=224,
    licence="Apache-2.0",
    source="https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite",
    blocks=(
        Block("head", "block7a_project_bn", 3, 409_600),
        Block("block7a", "block6d_add", 11, 1_009_792),
        Block("block6d", "block6c_add", 20, 1_480_960),
        Block("block6c", "block6b_add", 29, 1_952_128),
        Block("block6b", "block6a_project_bn", 38, 2_423_296),
        Block("block6a", "block5c_add", 46, 2_644_384),
        Block("block5c", "block5b_add", 55, 2_811_712),
        Block("block5b", "block5a_project_bn", 64, 2_979_040),
        Block("block5a", "block4c_add", 72, 3_083_200),
        Block("block4c", "block4b_add", 81, 3_164_320),
        Block("block4b", "block4a_project_bn", 90, 3_245_440),
        Block("block4a", "block3b_add", 98, 3_276_400),
        Block("block3b", "block3a_project_bn", 107, 3_301_600),
        Block("block3a", "block2b_add", 115, 3_314_416),
        Block("block2b", "block2a_project_bn", 124, 3_322_624),
        Block("block2a", "block1a_project_bn", 132, 3_327_328),
        Block("block1a", "stem_relu6", 137, 3_328_128),
    ),
    asset="efficientnet-lite0/efficientnet-lite0",
    fingerprint="a4e770da3eef1a18f5d7b4a948df2446acbec7553db324a82fa285f108f833f2",
)

BACKBONES: tuple[BackboneSpec, ...] = (BUILT_IN, *ROWS)

TABLE = {spec.name: spec for spec in BACKBONES}
"""The rows by name; backbones.py finds what people have brought too."""


def usual_image_size(strategy: str, spec: BackboneSpec) -> int:
    """The side in pixels that is right for a strategy: the network's own; for fine-tuning, at most the strategy's.

    Raises:
        UserError: there is no such strategy.
    """
    usual = defaults_for(strategy)
    size = min(spec.default_image_size, usual.image_size) if usual.fine_tunes else spec.default_image_size
    return max(size, spec.least_image_size)


def check_strategy(strategy: str, spec: BackboneSpec) -> None:
    """Raise UserError where a strategy would train a part of a network that can only be used frozen."""
    if spec.members:
        check_several(strategy)
    if defaults_for(strategy).fine_tunes and not spec.can_unfreeze:
        raise UserError(
            f"{spec.title} can’t be fine-tuned: its file holds a finished network whose layers can’t be trained.",
            "Choose feature extraction, or another network.",
        )


def possible_strategies(spec: BackboneSpec) -> tuple[str, ...]:
    """The strategies that a network can be used with, in their usual order."""
    found = []
    for strategy in STRATEGIES:
        try:
            check_strategy(strategy, spec)
            found.append(strategy)
        except UserError:
            continue
    return tuple(found)


def check_image_size(image_size: int, spec: BackboneSpec) -> None:
    """Raise UserError where a network does not take square images of this side in pixels."""
    least, most = spec.least_image_size, spec.most_image_size
    if image_size < least or (most and image_size > most):
        allowed = (
            f"{least} pixels" if least == most else f"{least} to {most} pixels" if most else f"at least {least} pixels"
        )
        raise UserError(f"{spec.title} doesn’t take images of {image_size} pixels.", f"Use an image size of {allowed}.")


def find_block(spec: BackboneSpec, name: str) -> Block:
    """The block of that name.

    Raises:
        UserError: the network has none; the sentence lists those it has.
    """
    for block in spec.blocks:
        if block.name == name:
            return block
    allowed = ", ".join(block.name for block in spec.blocks)
    raise UserError(f"{spec.title} has no block “{name}”.", f"Choose one of: {allowed}.")


def lowest_unfrozen_block(spec: BackboneSpec, unfreeze_from: str) -> Block:
    """The lowest block that trains where this is the setting: `AUTO`, or the name of a block.

    Raises:
        UserError: the network has no such block.
    """
    return auto_block(spec) if unfreeze_from == AUTO else find_block(spec, unfreeze_from)


def auto_block(spec: BackboneSpec) -> Block:
    """The block to unfreeze from where none is named: with it, the upper third of the layers is unfrozen."""
    least = spec.blocks[-1].num_layers / 3
    return next(block for block in spec.blocks if block.num_layers >= least)
