"""The script that made the backbone: rounding that survives folding, and a checked source. Needs TensorFlow."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"

# Keras 3.15 reads its variables with numpy 1's protocol; saving weights warns of it, and nobody here can mend it.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture(scope="module")
def script():
    sys.path.insert(0, str(SCRIPTS))
    import build_backbone

    yield build_backbone
    sys.path.remove(str(SCRIPTS))


def test_scaling_keeps_the_network_and_makes_factors_powers_of_two(script):
    random = np.random.default_rng(0)
    kernel = random.normal(size=(3, 3, 2, 6))
    gamma, beta, mean = random.normal(size=(3, 6))
    gamma[0] = 0.0  # a channel that training has switched off
    variance = random.uniform(0, 2, 6)
    variance[1] = 0.0

    scaled, statistics = script.scale_for_rounding(kernel, gamma, beta, mean, variance, channel_axis=3)
    new_gamma, new_beta, new_mean, new_variance = statistics
    factor = gamma / np.sqrt(variance + 1e-3)
    new_factor = new_gamma / np.sqrt(new_variance + 1e-3)
    np.testing.assert_allclose(scaled * new_factor, kernel * factor, atol=1e-12)
    np.testing.assert_allclose(new_beta - new_mean * new_factor, beta - mean * factor, atol=2e-3)
    exponents = np.log2(np.abs(new_factor[1:]))
    np.testing.assert_allclose(exponents, np.round(exponents), atol=1e-12)
    assert (new_variance >= 0).all()


def test_weights_file_is_read_by_keras_and_the_same_each_time(script, tmp_path):
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization()])
    expected = [weight.numpy().astype(np.float16) for weight in model.weights]
    paths = [tmp_path / "a.weights.h5", tmp_path / "b.weights.h5"]
    for path in paths:
        script.save_float16_weights(model, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    for weight in model.weights:
        weight.assign(np.full(weight.shape, 9.0))
    model.load_weights(paths[0])
    for weight, value in zip(model.weights, expected, strict=True):
        np.testing.assert_allclose(weight.numpy(), value, rtol=1e-3)


def test_another_checkpoint_is_refused(script, tmp_path):
    path = tmp_path / script.CHECKPOINT
    path.write_bytes(b"something else")
    with pytest.raises(SystemExit, match="sha256"):
        script.find_checkpoint(path, tmp_path)


def test_labels_are_read_out_of_javascript(script):
    text = "exports.IMAGENET_CLASSES = {\n 0: 'tench, Tinca tinca',\n 1: 'great white shark, ' +\n  'man-eater'\n};\n"
    assert script.read_labels(text) == ["tench", "great white shark"]
