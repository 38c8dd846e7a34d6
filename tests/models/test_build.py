"""The Keras model: equal to the `.tflite`, named for cutting, honest about damaged weights. Needs TensorFlow."""

import dataclasses
import hashlib
import sys

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras.src.utils import file_utils

from tlcore.errors import UserError
from tlcore.models.build import build_backbone, cut_backbone
from tlcore.models.convert import convert_to_tflite
from tlcore.models.efficientnet_lite import block_names, build_efficientnet_lite0
from tlcore.models.graph import cut_points
from tlcore.models.registry import BUILT_IN as SPEC
from tlcore.models.registry import TABLE
from tlcore.models.weights import asset_path, keras_weights_path
from tlcore.training.batch_norm import freeze_batch_norm

# Keras 3.15 reads its variables with numpy 1's protocol; saving weights warns of it, and nobody here can mend it.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture(scope="module")
def backbone():
    model = build_efficientnet_lite0()
    model.load_weights(keras_weights_path(SPEC))
    return model


def picture(size: int) -> np.ndarray:
    """float32 (2, size, size, 3), 0–255: waves of colour, and noise."""
    x, y = np.meshgrid(np.linspace(0, 9, size), np.linspace(0, 5, size))
    waves = 127.5 + 127.5 * np.stack([np.sin(x), np.cos(y), np.sin(x * y)], axis=-1)
    noise = np.random.default_rng(0).uniform(0, 255, waves.shape)
    return np.stack([waves, noise]).astype(np.float32)


@pytest.mark.parametrize("size", [160, 224])
def test_keras_equals_the_tflite(backbone, size):
    images = picture(size)
    expected = backbone(images, training=False)
    received = Interpreter(str(asset_path(SPEC))).get_signature_runner()(image=images)
    for name in ("feature_map", "pooled", "logits"):
        np.testing.assert_allclose(received[name], expected[name], atol=1e-3, err_msg=name)
        assert np.std(expected[name]) > 0.1, "an output that is flat would prove nothing"


@pytest.mark.parametrize(
    ("output", "shape"), [("feature_map", (1, 3, 3, 1280)), ("pooled", (1, 1280)), ("logits", (1, 1000))]
)
def test_build_backbone_ends_at_the_named_output(backbone, output, shape):
    model = build_backbone(SPEC, image_size=96, output=output)
    assert model.input_shape == (None, 96, 96, 3)
    image = picture(96)[:1]
    received = model(image, training=False)
    assert received.shape == shape
    np.testing.assert_allclose(received, backbone(image, training=False)[output], atol=1e-4)


def test_unknown_output_is_refused():
    with pytest.raises(ValueError, match="feature_map, pooled, logits"):
        build_backbone(SPEC, output="softmax")


def test_the_table_agrees_with_the_network(backbone):
    assert sum(int(np.prod(weight.shape)) for weight in backbone.trainable_weights) == SPEC.parameters
    model = build_backbone(SPEC)
    assert model.output_shape == (None, SPEC.feature_size)
    above = {point.layer: point.above for point in cut_points(model)}
    assert [len(above[block.layer]) for block in SPEC.blocks] == [block.num_layers for block in SPEC.blocks]
    freeze_batch_norm(model)
    learn = {
        layer.name: sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights) for layer in model.layers
    }
    assert sum(learn.values()) == SPEC.num_weights
    assert [sum(learn[name] for name in above[block.layer]) for block in SPEC.blocks] == [
        block.num_weights for block in SPEC.blocks
    ]
    assert [block.name for block in SPEC.blocks] == ["head", *reversed(block_names())]


def test_the_network_can_be_cut_at_a_named_block(backbone):
    names = [layer.name for layer in backbone.layers]
    assert block_names()[0] == "block1a" and block_names()[-1] == "block7a" and len(block_names()) == 16
    assert all(any(name.startswith(f"{block}_") for name in names) for block in block_names())
    lower = keras.Model(backbone.input, backbone.get_layer("block5c_add").output)
    assert lower(picture(96)[:1], training=False).shape == (1, 6, 6, 112)


def flip_a_byte(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: b"", "empty"),
        (lambda data: b"<html>not found</html>", "not HDF5"),
        (lambda data: data[: len(data) // 2], "cut off"),
        (flip_a_byte, "one byte wrong, which only a checksum shows"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_damaged_weights_name_their_file(monkeypatch, tmp_path, damage, reason):
    path = tmp_path / "broken.weights.h5"
    path.write_bytes(damage(keras_weights_path(SPEC).read_bytes()))
    monkeypatch.setattr("tlcore.models.build.keras_weights_path", lambda spec: path)
    with pytest.raises(UserError, match=r"broken\.weights\.h5"):
        build_backbone(SPEC)


def test_weights_of_another_network_name_their_file(monkeypatch, tmp_path):
    path = tmp_path / "other.weights.h5"
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save_weights(path)
    monkeypatch.setattr("tlcore.models.build.keras_weights_path", lambda spec: path)
    with pytest.raises(UserError, match=r"other\.weights\.h5"):
        build_backbone(SPEC)


def test_convert_keeps_names_and_numbers():
    image = keras.Input((None, None, 3), name="image")
    feature_map = keras.layers.Conv2D(4, 3, strides=2, padding="same", name="conv")(image)
    pooled = keras.layers.GlobalAveragePooling2D()(feature_map)
    model = keras.Model(image, {"feature_map": feature_map, "pooled": pooled})
    images = picture(40)
    run = Interpreter(model_content=convert_to_tflite(model, 32, float16=False)).get_signature_runner()
    received, expected = run(image=images), model(images)
    assert sorted(received) == ["feature_map", "pooled"]
    for name in received:
        np.testing.assert_allclose(received[name], expected[name], atol=1e-3)


def save_weights(folder, spec, size):
    """Random weights and statistics in a file of Keras' own layout in Keras' folder, and the row for it."""
    model = build_backbone(spec, size, weights=None)
    random = np.random.default_rng(0)
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(
                random.uniform(0.2, 1.0, weight.shape)
                if len(weight.shape) < 2
                else random.normal(scale=0.05, size=weight.shape)
            )
    path = folder / "models" / spec.weights_file
    path.parent.mkdir()
    model.save(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return path, dataclasses.replace(spec, weights_hash=digest, fingerprint=digest)


@pytest.mark.parametrize("name", ["efficientnet-b0", "mobilenet-v2-0.35"])
def test_weights_give_what_keras_gives_with_its_own_download(name, monkeypatch, tmp_path):
    """EfficientNet above all, whose graph Keras changes when it fetches the file itself."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    path, spec = save_weights(tmp_path, TABLE[name], 96)
    monkeypatch.setattr(file_utils, "get_file", lambda *_, **__: str(path))
    own = getattr(keras.applications, spec.function)
    preprocess = sys.modules[own.__module__].preprocess_input
    expected = own(include_top=False, weights="imagenet", input_shape=(96, 96, 3), **dict(spec.arguments))(
        preprocess(picture(96)), training=False
    )
    received = build_backbone(spec, 96, "feature_map")(picture(96), training=False)
    assert np.std(expected) > 1e-3 * np.abs(expected).max()
    np.testing.assert_allclose(received, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("vgg16", None, "channels turned round"),
        ("mobilenet-v3-small", None, "squeeze and excitation"),
        ("convnext-tiny", "LayerScale", "layers of its own, inner models"),
        ("inception-resnet-v2", "CustomScaleLayer", "layers of its own"),
    ],
)
def test_a_saved_network_is_loaded_in_safe_mode(name, kind, reason, tmp_path):
    spec = TABLE[name]
    size = spec.least_image_size
    model = build_backbone(spec, size, weights=None)
    if kind:  # the lower part has such layers, and takes a quarter of the time
        model = cut_backbone(model, spec.blocks[-3].layer)[0]
        assert kind in {type(layer).__name__ for layer in model.layers}
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    expected = model(picture(size), training=False)
    np.testing.assert_allclose(loaded(picture(size), training=False), expected, atol=1e-6, err_msg=reason)


def test_too_small_images_are_refused():
    with pytest.raises(UserError, match="60 pixels.*at least 71"):
        build_backbone(TABLE["xception"], 60)


def test_weights_of_another_network_are_not_half_loaded(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    path, _ = save_weights(tmp_path, TABLE["mobilenet-0.25"], 32)
    spec = dataclasses.replace(TABLE["mobilenet-v2-0.35"], weights_hash="", fingerprint="")
    path.rename(path.with_name(spec.weights_file))
    with pytest.raises(UserError, match=f"{spec.weights_file}.*another network"):
        build_backbone(spec, 32)
