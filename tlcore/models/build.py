"""From a row of the table to a Keras model with its weights loaded."""

import warnings
from collections.abc import Callable

import keras

from tlcore.errors import UserError
from tlcore.models.efficientnet_lite import OUTPUTS, build_efficientnet_lite0
from tlcore.models.registry import BackboneSpec
from tlcore.models.weights import keras_weights_path

_BUILDERS: dict[str, Callable[[int | None], keras.Model]] = {"efficientnet-lite0": build_efficientnet_lite0}


def build_backbone(spec: BackboneSpec, image_size: int | None = None, output: str = "pooled") -> keras.Model:
    """The pretrained network as a functional Keras model, up to one of its named outputs.

    Args:
        spec: the row of the table.
        image_size: side of the square input in pixels; None leaves height and width open.
        output: "feature_map" for float32 (N, H/32, W/32, features), "pooled" for (N, features), "logits" for the
            (N, 1000) ImageNet classes.

    Returns:
        A model from float32 (N, H, W, 3) RGB 0–255, scaling inside, to that tensor. Its layers carry the names of
        their blocks; it is trainable as Keras makes it. Call it with `training=False` to keep batch statistics fixed.

    Raises:
        UserError: the weights file is missing, damaged, or belongs to another network.
    """
    if output not in OUTPUTS:
        raise ValueError(f"Received: output {output!r}. Allowed: {', '.join(OUTPUTS)}.")
    model = _BUILDERS[spec.name](image_size)
    path = keras_weights_path(spec)
    try:
        with warnings.catch_warnings():
            # Keras only warns of some layers that it found no weights for and leaves them random.
            warnings.simplefilter("error", UserWarning)
            model.load_weights(path)
    except (OSError, ValueError, KeyError, UserWarning) as error:
        raise UserError(
            f"The weights file {path} of “{spec.title}” is damaged or belongs to another network.",
            "Install the program again, or restore the file with git.",
        ) from error
    return keras.Model(model.input, model.output[output], name=model.name)
