"""Pixels 0–255 to what a network's weights expect, as plain Keras layers [TF].

Each kind equals the `preprocess_input` of the families that use it, bit for bit or to float rounding, and is written
without Lambda and without weights: it is saved with the model, loaded in Keras' safe mode without this program, and
converted to operations that XNNPACK runs.
"""

import keras
from keras import layers

from tlcore.models.scalings import INSIDE, SCALING_VALUES, Channels


def apply_scaling(image: keras.KerasTensor, scaling: str) -> keras.KerasTensor:
    """An image (N, H, W, 3), RGB 0–255, as a network wants it.

    Args:
        scaling: a key of SCALING_VALUES.
    """
    if scaling == INSIDE:
        return image
    values = SCALING_VALUES[scaling]
    if values.is_bgr:
        channels = [image[..., channel : channel + 1] for channel in (2, 1, 0)]
        image = layers.Concatenate(name="blue_green_red")(channels)
    return layers.Rescaling(_short(values.scale), offset=_short(values.offset), name="scaling")(image)


def _short(channels: Channels) -> float | list[float]:
    """One number where all channels have the same, as the converter makes less of it."""
    return channels[0] if len(set(channels)) == 1 else list(channels)
