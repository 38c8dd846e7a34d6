"""The architecture of EfficientNet-Lite0 as a Keras functional model. Weights come from elsewhere (build.py).

Architecture: M. Tan, Q. V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019,
https://arxiv.org/abs/1905.11946, table 1 (B0), with the changes of the Lite variants by R. Liu, 2020,
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite: no squeeze-and-excitation,
ReLU6 in place of swish, stem and head of fixed width, inputs scaled as (x − 127) / 128.

Layers are named after their block (`block2a_expand_conv`, …, `block2b_add`), so that a later step can freeze, cache or
cut the network at a named block. A block ends in `…_add` where it has a shortcut, else in `…_project_bn`.
"""

from typing import NamedTuple

import keras
from keras import layers

FEATURE_SIZE = 1280
NUM_CLASSES = 1000
BATCH_NORM_EPSILON = 1e-3
OUTPUTS = ("feature_map", "pooled", "logits")


class Stage(NamedTuple):
    """A row of the architecture table: `repeats` blocks, of which only the first has the stride."""

    repeats: int
    kernel_size: int
    stride: int
    expansion: int
    filters: int


STEM_FILTERS = 32
STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


def block_names() -> tuple[str, ...]:
    """The 16 blocks from input to output: block1a, block2a, block2b, …, block7a."""
    return tuple(
        f"block{number}{chr(ord('a') + repeat)}"
        for number, stage in enumerate(STAGES, start=1)
        for repeat in range(stage.repeats)
    )


def build_efficientnet_lite0(image_size: int | None = None, dropout: float = 0.2) -> keras.Model:
    """EfficientNet-Lite0 with random weights.

    Args:
        image_size: side of the square input in pixels; None leaves height and width variable.
        dropout: share of pooled features hidden while the ImageNet classifier trains.

    Returns:
        float32 (N, H, W, 3) RGB 0–255 → a dict of float32 tensors: feature_map (N, H/32, W/32, 1280),
        pooled (N, 1280), logits (N, 1000).
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="rescaling")(image)
    x = _conv(x, STEM_FILTERS, 3, 2, "stem")
    for number, stage in enumerate(STAGES, start=1):
        for repeat in range(stage.repeats):
            x = _block(x, stage, stage.stride if repeat == 0 else 1, f"block{number}{chr(ord('a') + repeat)}")
    feature_map = _conv(x, FEATURE_SIZE, 1, 1, "head")
    pooled = layers.GlobalAveragePooling2D(name="pooled")(feature_map)
    x = layers.Dropout(dropout, name="head_dropout")(pooled)
    logits = layers.Dense(NUM_CLASSES, name="logits")(x)
    return keras.Model(
        image, {"feature_map": feature_map, "pooled": pooled, "logits": logits}, name="efficientnet_lite0"
    )


def _block(x: keras.KerasTensor, stage: Stage, stride: int, name: str) -> keras.KerasTensor:
    """Inverted bottleneck: widen, filter each channel by itself, narrow; a shortcut where shapes allow one."""
    entered = x
    if stage.expansion != 1:
        x = _conv(x, x.shape[-1] * stage.expansion, 1, 1, f"{name}_expand")
    x = layers.DepthwiseConv2D(
        stage.kernel_size, strides=stride, padding="same", use_bias=False, name=f"{name}_depthwise_conv"
    )(x)
    x = _batch_norm(x, f"{name}_depthwise")
    x = layers.ReLU(6.0, name=f"{name}_depthwise_relu6")(x)
    x = _conv(x, stage.filters, 1, 1, f"{name}_project", activation=False)
    if stride == 1 and entered.shape[-1] == stage.filters:
        x = layers.Add(name=f"{name}_add")([x, entered])
    return x


def _conv(
    x: keras.KerasTensor, filters: int, kernel_size: int, stride: int, name: str, activation: bool = True
) -> keras.KerasTensor:
    """Convolution, batch normalisation, and ReLU6 unless `activation` is false."""
    x = layers.Conv2D(filters, kernel_size, strides=stride, padding="same", use_bias=False, name=f"{name}_conv")(x)
    x = _batch_norm(x, name)
    return layers.ReLU(6.0, name=f"{name}_relu6")(x) if activation else x


def _batch_norm(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return layers.BatchNormalization(epsilon=BATCH_NORM_EPSILON, name=f"{name}_bn")(x)
