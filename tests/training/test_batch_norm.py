"""Batch normalisation brought nearer to the photos: by how much, from what, and nothing else with it."""

import keras
import numpy as np
import pytest

from tlcore.training.batch_norm import adapt_batch_norm, batch_norm_bytes, freeze_batch_norm, has_batch_norm

PHOTOS = np.random.default_rng(0).integers(0, 255, (64, 8, 8, 3)).astype(np.uint8)


def network() -> keras.Model:
    """Two convolutions with batch normalisation and a dropout between them, frozen as a pretrained network is."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((8, 8, 3))
    value = keras.layers.Conv2D(4, 3, name="conv0")(inputs)
    value = keras.layers.BatchNormalization(name="norm0")(value)
    value = keras.layers.Dropout(0.9, name="drop")(value)
    value = keras.layers.Conv2D(4, 3, name="conv1")(value)
    value = keras.layers.BatchNormalization(name="norm1")(value)
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(value))
    freeze_batch_norm(model)
    return model


def statistics(model: keras.Model, name: str) -> np.ndarray:
    layer = model.get_layer(name)
    return np.stack([layer.moving_mean.numpy(), layer.moving_variance.numpy()])


def measured(name: str) -> np.ndarray:
    """Mean and variance of what enters the layer, computed here: the lower layer normalised by the same photos."""
    model = network()
    value = keras.Model(model.input, model.get_layer("conv0").output)(PHOTOS.astype(np.float32)).numpy()
    if name == "norm1":
        epsilon = model.get_layer("norm0").epsilon
        value = (value - value.mean(axis=(0, 1, 2))) / np.sqrt(value.var(axis=(0, 1, 2)) + epsilon)
        value = model.get_layer("conv1")(value).numpy()
    return np.stack([value.mean(axis=(0, 1, 2)), value.var(axis=(0, 1, 2))])


@pytest.mark.parametrize("name", ["norm0", "norm1"])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_statistics_move_by_that_share_towards_the_photos(name, share):
    model = network()
    before = statistics(model, name)
    assert list(adapt_batch_norm(model, [PHOTOS], share)) == [64]
    expected = (1 - share) * before + share * measured(name)
    np.testing.assert_allclose(statistics(model, name), expected, rtol=1e-3, atol=1e-3)


def test_batches_count_the_same_and_order_means_nothing():
    one, other = network(), network()
    list(adapt_batch_norm(one, [PHOTOS[:32], PHOTOS[32:]], 0.5))
    list(adapt_batch_norm(other, [PHOTOS[32:], PHOTOS[:32]], 0.5))
    for name in ("norm0", "norm1"):
        np.testing.assert_allclose(statistics(one, name), statistics(other, name), rtol=1e-5)


@pytest.mark.parametrize(("steps", "moved"), [(3, True), (1, False)], ids=["to the end", "left in the middle"])
def test_nothing_else_changes(steps, moved):
    model = network()
    weights = [layer.get_weights() for layer in model.layers if not layer.name.startswith("norm")]
    before = batch_norm_bytes(model)
    work = adapt_batch_norm(model, [PHOTOS[:32], PHOTOS[32:]], 0.5)
    for _ in range(steps):
        next(work, None)
    work.close()
    assert (batch_norm_bytes(model) != before) == moved, "half a measurement is none"
    norm = model.get_layer("norm0")
    assert (norm.trainable, norm.momentum, model.get_layer("drop").rate) == (False, 0.99, 0.9)
    for old, layer in zip(weights, [each for each in model.layers if not each.name.startswith("norm")], strict=True):
        for one, other in zip(old, layer.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_network_without_batch_normalisation_has_none():
    inputs = keras.Input((8, 8, 3))
    assert not has_batch_norm(keras.Model(inputs, keras.layers.Conv2D(2, 3)(inputs))) and has_batch_norm(network())
