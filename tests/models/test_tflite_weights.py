"""The shipped file with other weights answers as Keras does with them, without a conversion. Needs TensorFlow."""

import keras
import numpy as np
import pytest

from tlcore.models import frozen_files
from tlcore.models.build import build_backbone, cut_backbone
from tlcore.models.frozen_backbone import AdaptedBackbone
from tlcore.models.frozen_files import ACTIVATION, FEATURE_MAP, POOLED, output_name, trained_file
from tlcore.models.litert_runtime import LiteModel
from tlcore.models.registry import BUILT_IN
from tlcore.models.tflite_weights import write_weights
from tlcore.models.weights import asset_path

SIZE = 64


def noise(size: int) -> np.ndarray:
    """float32 (3, size, size, 3), 0–255."""
    return np.random.default_rng(1).uniform(0, 255, (3, size, size, 3)).astype(np.float32)


def change(model: keras.Model) -> None:
    """Give every weight another value, as training all of the network does, and every statistic, as adapting does."""
    random = np.random.default_rng(2)
    for weight in model.weights:
        weight.assign(weight * random.uniform(0.8, 1.25, weight.shape))


@pytest.fixture(scope="module")
def changed() -> keras.Model:
    """The built-in network up to its feature map, with weights of its own."""
    model = build_backbone(BUILT_IN, output=FEATURE_MAP)
    change(model)
    return model


@pytest.fixture
def no_conversion(monkeypatch):
    monkeypatch.setattr(frozen_files, "convert_checked", None)  # would raise


def test_the_file_answers_as_keras_at_any_size_and_from_anywhere_on(changed, no_conversion):
    data = trained_file(BUILT_IN, changed, SIZE, FEATURE_MAP)
    shipped = LiteModel(asset_path(BUILT_IN)).run(noise(SIZE), "feature_map")
    for size in (SIZE, 96):
        expected = np.asarray(changed(noise(size), training=False))
        np.testing.assert_allclose(
            LiteModel(data).run(noise(size), ACTIVATION), expected, atol=1e-4 * np.abs(expected).max()
        )
    assert np.abs(LiteModel(data).run(noise(SIZE), ACTIVATION) - shipped).max() > 0.1, "or nothing is proved"


def test_an_adapted_network_is_written_and_its_lower_part_cut_out(changed, no_conversion, workspace):
    pooled = keras.Model(changed.input, keras.layers.GlobalAveragePooling2D(name="pooled")(changed.output))
    backbone, layer = AdaptedBackbone(workspace, BUILT_IN, "own", pooled, POOLED, SIZE), BUILT_IN.blocks[2].layer
    for file, part in (
        (backbone.file(layer), cut_backbone(changed, layer)[0]),
        (backbone.file(POOLED), pooled),
    ):
        expected = np.asarray(part(noise(SIZE), training=False))
        received = LiteModel(file).run(noise(SIZE), output_name(POOLED if part is pooled else layer))
        np.testing.assert_allclose(received, expected, atol=1e-4 * np.abs(expected).max())


def test_what_differs_from_keras_is_converted(changed, monkeypatch):
    shipped = build_backbone(BUILT_IN, output=FEATURE_MAP)
    monkeypatch.setattr(frozen_files, "write_weights", lambda data, _, *outputs: write_weights(data, shipped, *outputs))
    monkeypatch.setattr(frozen_files, "convert_checked", lambda *args: b"converted")
    assert trained_file(BUILT_IN, changed, SIZE, FEATURE_MAP) == b"converted"


def test_another_network_is_refused(changed):
    lower, _ = cut_backbone(changed, BUILT_IN.blocks[2].layer)
    with pytest.raises(ValueError, match="as in the file"):
        write_weights(asset_path(BUILT_IN).read_bytes(), lower, "feature_map", ACTIVATION)
