"""Training in 16 bits: convolutions compute in bfloat16; weights, statistics, head and loss stay float32 [TF].

Keras' own policy "mixed_bfloat16" (https://keras.io/api/mixed_precision/): a layer rounds its input and a copy of its
weights to bfloat16, which has the range of float32 and 8 significant bits; the weights that the optimizer changes have
32. Batch normalisation computes in float32 under it too, and so are its statistics. No loss scaling is needed, since
small gradients do not vanish in that range (Kalamkar et al. 2019, "A study of bfloat16 for deep learning training").

Only the graph of the training step is traced in 16 bits. Before and after, the model is the float32 one that is
validated, tested and shipped.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod

import keras
from keras import layers

from tlcore.processor import features

FLOAT32, BFLOAT16 = "float32", "mixed_bfloat16"
"""The two policies, by Keras' names."""

FASTER_WITH = "amx_bf16"
LEAST_PRODUCTS = 90
"""See `products_per_number`: DenseNet has 30 to 60 (0.7 to 1.2 times as fast), ResNet50 104 to 396 (1.3 to 1.5)."""

_ROUNDED = (
    *(layers.Conv2D, layers.BatchNormalization, layers.ReLU, layers.Activation, layers.Add, layers.Concatenate),
    *(layers.ZeroPadding2D, layers.MaxPooling2D, layers.AveragePooling2D),
)
"""Layers of pictures. What else there is, scaling, the means over a picture and the head, stays float32."""

_BESIDE = (
    *(keras.Model, layers.InputLayer, layers.Rescaling, layers.Normalization, layers.GlobalAveragePooling2D),
    *(layers.Flatten, layers.Dense, layers.Dropout),
)
"""Layers that may stand beside them."""

_SLICE = "GetItem"  # Keras' operation that brings the channels into another order; its type is not public


def policy_for(model: keras.Model) -> str:
    """The policy by which the part of a network that trains is faster on this machine, else FLOAT32.

    It is BFLOAT16 where the processor multiplies matrices of bfloat16 itself (AMX), the convolutions in the part are
    plain ones, and they do much work for each number that is read and written. Depthwise ones, as in MobileNet and
    EfficientNet, are slower in TensorFlow with bfloat16 than with float32; where little is multiplied, as in DenseNet,
    converting costs what that gains. docs/notes/mixed-precision.md has the figures.
    """
    if FASTER_WITH not in features():
        return FLOAT32
    parts = [part for each in model._flatten_layers() for part in getattr(each, "operations", [each])]
    known = all(isinstance(part, _ROUNDED + _BESIDE) or type(part).__name__ == _SLICE for part in parts)
    return BFLOAT16 if known and products_per_number(model) >= LEAST_PRODUCTS else FLOAT32


def products_per_number(model: keras.Model) -> float:
    """Multiplications of the convolutions for each number that the layers of pictures give: how dense the work is.

    0 where the size of a picture is not known.
    """
    rounded = [layer for layer in model._flatten_layers() if isinstance(layer, _ROUNDED)]
    if any(None in layer.output.shape[1:] for layer in rounded):
        return 0.0
    numbers = sum(prod(layer.output.shape[1:]) for layer in rounded)
    convolutions = [layer for layer in rounded if isinstance(layer, layers.Conv2D)]
    products = sum(prod(layer.output.shape[1:]) * prod(layer.kernel.shape[:3]) for layer in convolutions)
    return products / numbers if numbers else 0.0


@contextmanager
def computing_with(policy: str, model: keras.Model) -> Iterator[None]:
    """Whatever is traced in here computes its convolutions by that policy; what was traced before does not change."""
    rounded = [layer for layer in model._flatten_layers() if isinstance(layer, _ROUNDED)] if policy == BFLOAT16 else []
    before = [layer.dtype_policy for layer in rounded]
    try:
        for layer in rounded:
            layer.dtype_policy = policy
        yield
    finally:
        for layer, own in zip(rounded, before, strict=True):
            layer.dtype_policy = own
