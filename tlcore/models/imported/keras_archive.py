"""From a `.keras` or `.h5` file to a Keras model, without anything in it being run [TF].

First the configuration is looked through (keras_config.py) and the weights (hdf5_check.py); only then is a model made,
and only of what passed. What is not needed for that, such as how the model was trained, is never read.
"""

import json
import tempfile
import warnings
import zlib
from pathlib import Path
from typing import Any

import keras

from tlcore.errors import UserError
from tlcore.models.hdf5_check import check_hdf5
from tlcore.models.imported.keras_config import checked_config
from tlcore.models.imported.zip_members import damaged, extract_member, member_sizes

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
MOST_CONFIG_BYTES, MOST_WEIGHT_BYTES = 50_000_000, 4_000_000_000


def open_archive(path: Path, image_size: int | None = None, weights: bool = True) -> keras.Model:
    """The model of a `.keras` file.

    Args:
        image_size: the side in pixels of the square images to make it for; None: as it was saved.
        weights: whether its weights are loaded; else they are random.

    Raises:
        UserError: it is damaged, or has what is refused.
    """
    sizes = member_sizes(path)
    if CONFIG not in sizes or WEIGHTS not in sizes:
        raise UserError(f"“{path.name}” is not a whole Keras model.", "Save it with model.save(…), and add that file.")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        text = extract_member(path, CONFIG, folder / CONFIG, MOST_CONFIG_BYTES).read_bytes()
        model = _build(_parsed(text, path), path, image_size)
        if weights:
            _load(model, extract_member(path, WEIGHTS, folder / WEIGHTS, MOST_WEIGHT_BYTES), path)
    return model


def open_hdf5(path: Path) -> keras.Model:
    """The model of an `.h5` file, of Keras 2 or 3.

    Raises:
        UserError: it is damaged, has what is refused, or weights alone.
    """
    import h5py

    try:
        check_hdf5(path)
        with h5py.File(path, "r") as file:
            text = file.attrs.get("model_config")
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        raise damaged(path) from error
    if text is None:
        raise UserError(
            f"“{path.name}” has weights alone, and not the network that they are for.",
            "Save the whole model with model.save(…). Weights of keras.applications: “transferlab weights import”.",
        )
    text = text if isinstance(text, bytes) else str(text).encode()
    if len(text) > MOST_CONFIG_BYTES:
        raise damaged(path)
    model = _build(_parsed(text, path), path, None)
    _load(model, path, path)
    return model


def _parsed(text: bytes, path: Path) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged(path) from error
    return checked_config(values)


def _build(config: dict[str, Any], path: Path, image_size: int | None) -> keras.Model:
    if image_size is not None:
        _resize(config["config"], image_size)
    try:
        model = keras.saving.deserialize_keras_object(config, safe_mode=True)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError, NotImplementedError) as error:
        raise UserError(
            f"“{path.name}” can’t be loaded: its layers don’t fit together, or are of another Keras.",
            "Save it again with Keras 3, or export it as LiteRT (.tflite), and add that.",
        ) from error
    if not isinstance(model, keras.Model):
        raise UserError(f"“{path.name}” is not a Keras model.", "Save it with model.save(…), and add that file.")
    return model


def _resize(config: dict[str, Any], image_size: int) -> None:
    for layer in config.get("layers", ()):
        if layer.get("class_name") == "InputLayer":
            layer["config"]["batch_shape"] = [None, image_size, image_size, 3]
        layer.pop("build_config", None)


def _load(model: keras.Model, weights: Path, path: Path) -> None:
    try:
        if weights != path:
            check_hdf5(weights)
        with warnings.catch_warnings():
            # Keras only warns of layers that it found no weights for, and leaves them random.
            warnings.simplefilter("error", UserWarning)
            model.load_weights(weights)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, UserWarning, zlib.error) as error:
        raise UserError(
            f"The weights in “{path.name}” are damaged, or those of another network.", "Copy or download it again."
        ) from error
