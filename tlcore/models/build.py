"""From a row of the table to a Keras model with its weights loaded, and to the two halves of a cut one [TF]."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from keras import layers

from tlcore.errors import UserError
from tlcore.models import graph
from tlcore.models.efficientnet_lite import OUTPUTS, build_efficientnet_lite0
from tlcore.models.imported.keras_form import build_keras_network
from tlcore.models.registry import BackboneSpec
from tlcore.models.scaling import apply_scaling
from tlcore.models.scalings import TORCH_DEVIATION
from tlcore.models.weights import REINSTALL, keras_weights_path

_UNITS = {"pooled": "avg", "feature_map": None}  # what `keras.applications` calls them


def build_backbone(
    spec: BackboneSpec, image_size: int | None = None, output: str = "pooled", weights: str | None = "imagenet"
) -> keras.Model:
    """The network as a functional Keras model, up to one of its named outputs.

    Args:
        spec: the row of the table.
        image_size: side of the square input in pixels. None leaves height and width of a built-in network
            variable, and means the default size for the others.
        output: "feature_map" for float32 (N, rows, columns, features), "pooled" for (N, features); a built-in network
            also has "logits", the (N, 1000) ImageNet classes.
        weights: "imagenet", or None for random ones.

    Returns:
        A model from float32 (N, H, W, 3) RGB 0–255, scaling inside, to that tensor. Its layers have the names that
        Keras gives them in a fresh process; it is trainable as Keras makes it. Call it with `training=False` to keep
        batch statistics fixed. It is saved and loaded without this program.

    Raises:
        UserError: the image size is too small, or the weights file is missing, damaged, or of another network.
    """
    allowed = OUTPUTS if spec.built_in else tuple(_UNITS)
    if output not in allowed or weights not in ("imagenet", None):
        raise ValueError(
            f"Received: output {output!r}, weights {weights!r}. Allowed: {', '.join(allowed)}; 'imagenet' or None."
        )
    if spec.members:
        size = image_size or spec.default_image_size
        return join_models([build_backbone(member, size, output, weights) for member in spec.members])
    if image_size is not None and image_size < spec.least_image_size:
        raise UserError(
            f"An image size of {image_size} pixels is too small for {spec.title}.",
            f"Use at least {spec.least_image_size} pixels.",
        )
    if spec.imported is not None:
        return build_keras_network(spec, image_size or spec.default_image_size, output, weights is not None)
    path = keras_weights_path(spec) if weights else None
    if spec.built_in:
        model = build_efficientnet_lite0(image_size)
        if path:
            _load(model, path, spec)
        return keras.Model(model.input, model.output[output], name=model.name)
    return _build_application(spec, image_size or spec.default_image_size, output, path)


def join_models(models: Sequence[keras.Model]) -> keras.Model:
    """One model of several networks for the same images: their pooled features, each of length 1, side by side.

    Args:
        models: float32 (N, S, S, 3) with the same S → (N, D) each.
    """
    image = keras.Input(models[0].input_shape[1:], name="image")
    parts = []
    for place, model in enumerate(models):
        network = keras.Model(model.input, model.output, name=f"several_network{place}")  # two may have one name
        parts.append(layers.UnitNormalization(name=f"several_unit{place}")(network(image)))
    return keras.Model(image, layers.Concatenate(name="several_features")(parts), name="several")


def _build_application(spec: BackboneSpec, image_size: int, output: str, path: Path | None) -> keras.Model:
    """A network of `keras.applications` behind its scaling, in one flat graph that can be cut anywhere."""
    image = keras.Input((image_size, image_size, 3), name="image")
    model = getattr(keras.applications, spec.function)(
        include_top=False,
        weights=None,
        input_tensor=apply_scaling(image, spec.scaling),
        pooling=_UNITS[output],
        **dict(spec.arguments),
    )
    if path:
        _load(model, path, spec)
        if spec.function.startswith("EfficientNetB"):
            _correct_deviation(model)
    if output == "pooled":
        pooling = [layer for layer in model.layers if isinstance(layer, layers.GlobalAveragePooling2D)]
        pooling[-1].name = graph.POOLED
    model = keras.Model(image, model.output, name=spec.name.replace("-", "_").replace(".", "_"))
    graph.name_by_count(model)
    return model


def _load(model: keras.Model, path: Path, spec: BackboneSpec) -> None:
    """Load a file into the model, all of it or none."""
    try:
        with warnings.catch_warnings():
            # Keras only warns of some layers that it found no weights for and leaves them random.
            warnings.simplefilter("error", UserWarning)
            model.load_weights(path)
    except (OSError, ValueError, KeyError, UserWarning) as error:
        raise UserError(
            f"The weights file of {spec.title} ({path.name}) is damaged or belongs to another network.",
            REINSTALL if spec.built_in else "Delete the file and download it again.",
        ) from error


def _correct_deviation(model: keras.Model) -> None:
    """Divide by ImageNet's deviation, where EfficientNet's file has the deviation in the place of the variance.

    Keras adds a layer that divides by its root once more, but only when it fetches the file itself
    (keras.applications.efficientnet); the normalisation with the right variance computes the same.
    """
    normalisation = next(layer for layer in model.layers if isinstance(layer, layers.Normalization))
    normalisation.adapt_variance.assign(normalisation.adapt_variance * np.array(TORCH_DEVIATION, np.float32))
    normalisation.finalize_state()


def cut_backbone(model: keras.Model, layer: str) -> tuple[keras.Model, keras.Model]:
    """The model below and above the output of `layer`: image → activation, activation → output. They share the layers.

    Args:
        model: what `build_backbone` gave.
        layer: the `layer` of one of the row's blocks, or one that `layer_below` gave.

    Raises:
        ValueError: the model cannot be cut there.
    """
    return graph.cut(model, layer)


def layer_below(model: keras.Model, num_layers: int) -> str | None:
    """The layer at which to cut so that the last `num_layers` layers are unfrozen; None when the whole network is.

    Pooling is not counted, so that 5 means for VGG16 what `layers[-5:]` means for Keras' VGG16 without its classifier.
    """
    return graph.layer_from_top(model, num_layers)
