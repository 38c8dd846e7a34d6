"""Scaling inside the model equals what each family's own `preprocess_input` does outside of it. Needs TensorFlow."""

import keras
import numpy as np
import pytest

from tlcore.models.registry import BACKBONES, BackboneSpec
from tlcore.models.scaling import apply_scaling
from tlcore.models.scalings import SCALING_VALUES

SIZE = 8
ROWS = [spec for spec in BACKBONES if not spec.built_in]


def own_preprocessing(spec: BackboneSpec):
    """The `preprocess_input` of the module of `keras.applications` that the row's network comes from."""
    module = getattr(keras.applications, spec.function).__module__.rsplit(".", 1)[-1]
    return getattr(keras.applications, module).preprocess_input


def scaling_model(scaling: str) -> keras.Model:
    image = keras.Input((SIZE, SIZE, 3), name="image")
    return keras.Model(image, keras.layers.Identity()(apply_scaling(image, scaling)))


@pytest.fixture(scope="module")
def pixels():
    """uint8 (4, SIZE, SIZE, 3): noise, black, white, and each channel its own value."""
    noise = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    flat = [np.broadcast_to(np.array(value, np.uint8), noise.shape) for value in ((0, 0, 0), (255,) * 3, (10, 90, 200))]
    return np.stack([noise, *flat])


@pytest.mark.parametrize("spec", ROWS, ids=lambda spec: spec.name)
def test_equals_the_familys_own(spec, pixels):
    expected = own_preprocessing(spec)(pixels.astype(np.float32))
    np.testing.assert_allclose(scaling_model(spec.scaling)(pixels.astype(np.float32)), expected, atol=1e-4)


@pytest.mark.parametrize("scaling", sorted(SCALING_VALUES))
def test_is_loaded_in_safe_mode_and_has_nothing_to_train(scaling, pixels, tmp_path):
    model = scaling_model(scaling)
    model.save(tmp_path / "scaling.keras")
    loaded = keras.models.load_model(tmp_path / "scaling.keras", safe_mode=True)
    images = pixels.astype(np.float32)
    np.testing.assert_array_equal(loaded(images), model(images))
    assert model.weights == [] and not any(isinstance(layer, keras.layers.Lambda) for layer in model.layers)
