"""Frozen files: cut out of the built-in asset or converted, kept, checked before they are trusted. Needs TensorFlow."""

import dataclasses
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from tlcore.errors import UserError
from tlcore.models import frozen_files as frozen
from tlcore.models.build import build_backbone, cut_backbone
from tlcore.models.convert import convert_to_tflite
from tlcore.models.frozen_files import (
    FEATURE_MAP,
    POOLED,
    convert_checked,
    frozen_file,
    frozen_path,
    output_name,
    with_activation,
)
from tlcore.models.litert_runtime import LiteModel
from tlcore.models.registry import BUILT_IN, TABLE
from tlcore.models.tflite_file import pack, truncate_at, unpack
from tlcore.models.weights import asset_path
from tlcore.models.weights_cache import weights_path

SMALL = TABLE["mobilenet-v2-0.35"]
GENUINE = Path(__file__).resolve().parents[3] / "shared" / "weights" / SMALL.weights_file
SIZE = 64

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def noise(size: int, count: int = 3) -> np.ndarray:
    """float32 (count, size, size, 3), 0–255."""
    return np.random.default_rng(1).uniform(0, 255, (count, size, size, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory):
    """A folder of Keras with a weights file of random values, and the row for it."""
    folder = tmp_path_factory.mktemp("keras")
    model = build_backbone(SMALL, SIZE, weights=None)
    random = np.random.default_rng(0)
    for weight in model.weights:  # statistics too, so that folding them is seen
        weight.assign(
            random.uniform(0.5, 1.5, weight.shape)
            if len(weight.shape) == 1
            else random.normal(scale=0.2, size=weight.shape)
        )
    path = folder / "models" / SMALL.weights_file
    path.parent.mkdir()
    model.save(path)  # HDF5 with the weights in Keras' own layout
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return folder, dataclasses.replace(SMALL, weights_hash=digest, fingerprint=digest), model


@pytest.fixture
def random_row(random_weights, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(random_weights[0]))
    return random_weights[1]


@pytest.fixture(scope="module")
def built_in():
    return build_backbone(BUILT_IN)


@pytest.mark.parametrize("block", BUILT_IN.blocks, ids=lambda block: block.name)
def test_built_in_activations_equal_keras_at_any_size(block, built_in, workspace):
    model = LiteModel(frozen_file(workspace, BUILT_IN, SIZE, block.layer))
    for size in (SIZE, 96):
        expected = np.asarray(cut_backbone(built_in, block.layer)[0](noise(size), training=False))
        received = model.run(noise(size), "activation")
        np.testing.assert_allclose(received, expected, atol=1e-3 * np.abs(expected).max())
    assert expected.std() > 0.1, "flat activations would prove nothing"


def test_built_in_files_are_cut_not_copied_and_run_on_xnnpack(workspace):
    path = frozen_file(workspace, BUILT_IN, 96, BUILT_IN.blocks[8].layer)
    assert path.stat().st_size < asset_path(BUILT_IN).stat().st_size / 10
    assert frozen_file(workspace, BUILT_IN, 160, BUILT_IN.blocks[8].layer) == path, "one file for all sizes"
    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    assert [operator["op_name"] for operator in interpreter._get_ops_details()][-1] == "DELEGATE"


@pytest.mark.parametrize(
    ("suffix", "damage", "reason"),
    [
        (".tflite", lambda data: data[:-5000] + b"\1" + data[-4999:], "a weight is another one"),
        (".tflite", lambda data: data[:9000], "the end is lost"),
        (".json", lambda data: data.replace(b"sha256", b"sha257"), "nobody can know which of the two is wrong"),
        (".json", None, "version 0.1.0 kept no checksum"),
    ],
)
def test_a_file_that_was_damaged_is_made_again(workspace, suffix, damage, reason):
    layer = BUILT_IN.blocks[2].layer
    path = frozen_file(workspace, BUILT_IN, SIZE, layer)
    whole, target = path.read_bytes(), path.with_suffix(suffix)
    if damage is None:
        target.unlink()
    else:
        target.write_bytes(damage(target.read_bytes()))
    assert frozen_file(workspace, BUILT_IN, SIZE, layer).read_bytes() == whole, reason


def test_feature_maps_come_without_pooling(random_row, random_weights, workspace):
    received = LiteModel(frozen_file(workspace, BUILT_IN, SIZE, FEATURE_MAP)).run(noise(SIZE), "activation")
    np.testing.assert_allclose(received, LiteModel(asset_path(BUILT_IN)).run(noise(SIZE), "feature_map"), atol=1e-4)
    received = LiteModel(frozen_file(workspace, random_row, SIZE, FEATURE_MAP)).run(noise(SIZE), "activation")
    pooled = random_weights[2](noise(SIZE), training=False)
    assert received.shape == (3, 2, 2, SMALL.feature_size)
    np.testing.assert_allclose(received.mean((1, 2)), pooled, atol=1e-3 * np.abs(pooled).max())


def test_built_in_needs_no_tensorflow(tmp_path):
    code = (
        "import sys; from tlcore.models.frozen_files import frozen_file; from tlcore.models.registry import BUILT_IN;"
        "from tlcore.workspace import open_workspace;"
        f"workspace = open_workspace({str(tmp_path)!r});"
        "[frozen_file(workspace, BUILT_IN, 96, layer) for layer in ('pooled', BUILT_IN.blocks[0].layer)];"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_place_inside_a_block_is_converted(workspace, built_in):
    path = frozen_file(workspace, BUILT_IN, SIZE, "block1a_depthwise_bn")
    assert truncate_at(asset_path(BUILT_IN).read_bytes(), "block1a_depthwise_bn", "activation") is None
    expected = cut_backbone(built_in, "block1a_depthwise_bn")[0](noise(SIZE), training=False)
    np.testing.assert_allclose(LiteModel(path).run(noise(SIZE), "activation"), expected, atol=1e-3)


@pytest.mark.parametrize("layer", [POOLED, SMALL.blocks[3].layer], ids=["pooled", "activation"])
def test_made_once_and_equal_to_keras(layer, random_row, random_weights, workspace, monkeypatch):
    path = frozen_file(workspace, random_row, SIZE, layer)
    assert path == frozen_path(workspace, random_row, SIZE, layer) and path.parent == workspace.root / "backbones"
    model = random_weights[2]
    lower = model if layer == POOLED else cut_backbone(model, layer)[0]
    expected = np.asarray(lower(noise(SIZE), training=False))
    received = LiteModel(path).run(noise(SIZE), output_name(layer))
    np.testing.assert_allclose(received, expected, atol=1e-4 * np.abs(expected).max())
    monkeypatch.setattr(frozen, "_make", None)  # would raise
    assert frozen_file(workspace, random_row, SIZE, layer) == path


@pytest.mark.parametrize(
    ("is_right", "converted", "reason"),
    [
        (True, 1, "the lower part is cut out of the whole"),
        (False, 2, "what differs from Keras is not used, and it is converted by itself"),
    ],
)
def test_a_lower_part_is_cut_out_of_the_whole_where_that_is_right(
    is_right, converted, reason, random_row, random_weights, workspace, monkeypatch
):
    calls = []

    def convert(*args, **options):
        calls.append(args)
        return convert_to_tflite(*args, **options)

    def cut(data, layer, output):
        return truncate_at(data, layer if is_right else SMALL.blocks[5].layer, output)

    monkeypatch.setattr("tlcore.models.convert.convert_to_tflite", convert)
    monkeypatch.setattr(frozen, "truncate_at", cut)
    layer = SMALL.blocks[3].layer
    whole = frozen_file(workspace, random_row, SIZE)
    lower = frozen_file(workspace, random_row, SIZE, layer)
    assert len(calls) == converted, reason
    expected = np.asarray(cut_backbone(random_weights[2], layer)[0](noise(SIZE), training=False))
    np.testing.assert_allclose(
        LiteModel(lower).run(noise(SIZE), "activation"), expected, atol=1e-3 * np.abs(expected).max()
    )
    assert lower.stat().st_size < whole.stat().st_size


@pytest.mark.parametrize(
    ("named", "lower", "is_there", "reason"),
    [
        (2, 2, True, "the place on the way, and the end"),
        (2, 3, False, "what does not answer like the lower part is not used"),
        (None, 2, False, "a place that is folded into another"),
    ],
)
def test_one_pass_gives_what_enters_a_block_and_the_features(named, lower, is_there, reason, workspace):
    layers = [block.layer for block in BUILT_IN.blocks]
    below = frozen_file(workspace, BUILT_IN, SIZE, layers[lower])
    both = with_activation(
        asset_path(BUILT_IN), lambda: below, "block1a_depthwise_bn" if named is None else layers[named], SIZE
    )
    assert (both is not None) == is_there, reason
    if is_there:
        activation, pooled = LiteModel(both).run_all(noise(SIZE), ("activation", "pooled"))
        np.testing.assert_allclose(activation, LiteModel(below).run(noise(SIZE), "activation"), atol=1e-4)
        np.testing.assert_allclose(pooled, LiteModel(asset_path(BUILT_IN)).run(noise(SIZE), "pooled"), atol=1e-4)
        assert len(both) < asset_path(BUILT_IN).stat().st_size, "the classes of ImageNet are cut away"


def test_another_file_size_or_place_is_another_name(random_row, workspace):
    other = dataclasses.replace(random_row, fingerprint="f" * 64)
    paths = {
        frozen_path(workspace, spec, size, layer)
        for spec in (random_row, other)
        for size in (64, 96)
        for layer in (POOLED, "a", "b")
    }
    assert len(paths) == 12


def test_what_differs_from_keras_is_not_trusted(random_row, workspace, monkeypatch):
    def wrong(model: keras.Model, image_size: int, float16: bool) -> bytes:
        for weight in model.weights[:1]:
            weight.assign(weight * 1.1)
        data = convert_to_tflite(model, image_size, float16)
        for weight in model.weights[:1]:
            weight.assign(weight / 1.1)
        return data

    monkeypatch.setattr("tlcore.models.convert.convert_to_tflite", wrong)
    with pytest.raises(UserError, match="different results from Keras"):
        frozen_file(workspace, random_row, 32, SMALL.blocks[-1].layer)
    assert not list((workspace.root / "backbones").glob("*.tflite"))


def test_missing_and_damaged_weights_are_named(random_weights, workspace, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(UserError, match=f"not on this computer. Download .*{SMALL.weights_file}"):
        frozen_file(workspace, random_weights[1], SIZE)
    target = weights_path(SMALL)
    target.parent.mkdir()
    shutil.copyfile(random_weights[0] / "models" / SMALL.weights_file, target)
    with open(target, "r+b") as file:
        file.seek(target.stat().st_size // 2)
        file.write(b"\0\1\2\3")
    with pytest.raises(UserError, match=f"is damaged .{SMALL.weights_file}"):
        frozen_file(workspace, random_weights[1], SIZE)


def test_constant_shapes_are_freed_of_the_batch():
    """Squeeze-and-excitation reshapes to (batch, 1, 1, channels); the file would hold the traced batch."""
    image = keras.Input((16, 16, 3), name="image")
    x = keras.layers.Conv2D(4, 3, name="conv")(image)
    weights = keras.layers.Reshape((1, 1, 4))(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, keras.layers.Multiply()([x, keras.layers.Activation("sigmoid")(weights)]))
    file = LiteModel(convert_checked(model, 16, "activation"))
    for count in (1, 5, 2):
        received = file.run(noise(16, count), "activation")
        np.testing.assert_allclose(received, model(noise(16, count)), atol=1e-3)


def test_unpacking_and_packing_change_nothing():
    data = asset_path(BUILT_IN).read_bytes()
    packed = LiteModel(pack(unpack(data)[0])).run(noise(SIZE), "pooled")
    np.testing.assert_array_equal(packed, LiteModel(data).run(noise(SIZE), "pooled"))


@pytest.mark.skipif(not GENUINE.is_file(), reason="needs the weights in ../shared/weights")
def test_genuine_weights_give_what_keras_applications_gives(workspace, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    weights_path(SMALL).parent.mkdir()
    shutil.copyfile(GENUINE, weights_path(SMALL))
    keras_own = keras.applications.MobileNetV2(
        input_shape=(224, 224, 3), alpha=0.35, include_top=False, weights=str(GENUINE), pooling="avg"
    )
    images = noise(224)
    expected = np.asarray(keras_own(keras.applications.mobilenet_v2.preprocess_input(images.copy()), training=False))
    assert expected.std() > 0.1
    np.testing.assert_allclose(build_backbone(SMALL)(images, training=False), expected, atol=1e-4)
    received = LiteModel(frozen_file(workspace, SMALL, 224)).run(images, "pooled")
    np.testing.assert_allclose(received, expected, atol=1e-3 * expected.max())
