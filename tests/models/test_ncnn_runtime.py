"""Chains on ncnn against the same file on LiteRT. Needs TensorFlow to make the files."""

import sys
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from keras import layers

from tlcore.models import ncnn_runtime
from tlcore.models.build import build_backbone, cut_backbone
from tlcore.models.convert import convert_to_tflite
from tlcore.models.frozen_files import probe_images
from tlcore.models.litert_runtime import LitePredictor
from tlcore.models.ncnn_runtime import NcnnPredictor, UnsupportedNetwork
from tlcore.models.registry import TABLE
from tlcore.models.runtime_memory import NCNN, RuntimeChoice
from tlcore.models.runtime_trial import open_choice
from tlcore.models.tflite_file import add_output

VGG = TABLE["vgg16"]
SIZE = 75  # is odd after one pooling, and after two

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


ON_NCNN = RuntimeChoice(NCNN, threads=1, batch=1, rate=2.0, litert_rate=1.0)


def file_of(model: keras.Model, size: int = SIZE) -> bytes:
    """The model as a `.tflite` whose output is called "out"."""
    return convert_to_tflite(keras.Model(model.input, {"out": model.output}), size, float16=False)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """VGG16 with random weights and borders that show: every bias is its own."""
    keras.utils.set_random_seed(0)
    model = build_backbone(VGG, SIZE, weights=None)
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            layer.bias.assign(np.random.default_rng(1).normal(scale=0.1, size=layer.bias.shape))
    return model


@pytest.fixture(scope="module")
def whole(network) -> bytes:
    return file_of(network)


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(None, id="pooled: the mean at the end"),
        pytest.param("block4_pool", id="feature map: an image of three axes, channels last"),
        pytest.param("block3_conv2", id="in the middle of a block: no pooling at the end"),
    ],
)
def test_it_answers_as_litert_does(network, whole, end):
    data = file_of(cut_backbone(network, end)[0]) if end else whole
    images = probe_images(SIZE).astype(np.uint8)  # as photos come
    (expected,), (received,) = (kind(data, ("out",)).predict(images) for kind in (LitePredictor, NcnnPredictor))
    assert received.shape == expected.shape and received.dtype == np.float32
    np.testing.assert_allclose(received, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("outputs", [("middle", "out"), ("out", "middle")])
def test_one_pass_gives_what_enters_a_block_and_the_end(whole, outputs):
    data = add_output(whole, "block3_pool", "middle", "out")
    images = probe_images(SIZE)
    pairs = zip(NcnnPredictor(data, outputs).predict(images), LitePredictor(data, outputs).predict(images), strict=True)
    for received, expected in pairs:
        assert received.shape == expected.shape
        np.testing.assert_allclose(received, expected, atol=1e-5 * np.abs(expected).max())
    assert open_choice(ON_NCNN, data, outputs, images) is not None


def test_threads_share_one_chain(whole):
    model, images = NcnnPredictor(whole, ("out",)), probe_images(SIZE)
    alone = [model.predict(image[np.newaxis])[0] for image in images]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda turn: model.predict(images[turn % 3][np.newaxis])[0], range(12)))
    for turn, received in enumerate(together):
        np.testing.assert_array_equal(received, alone[turn % 3])


def _after_scaling(build) -> bytes:
    image = keras.Input((SIZE, SIZE, 3), name="image")
    return file_of(keras.Model(image, build(layers.Rescaling(2.0)(image))))


def _branch(x):
    return layers.Add()([layers.Conv2D(4, 3, padding="same")(x), layers.Conv2D(4, 1, padding="same")(x)])


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(_branch, id="a branch"),
        pytest.param(lambda x: layers.Conv2D(4, 3, strides=2, padding="same")(x), id="strides"),
        pytest.param(lambda x: layers.Conv2D(4, 3, padding="valid")(x), id="no border"),
        pytest.param(lambda x: layers.Conv2D(4, 3, padding="same", dilation_rate=2)(x), id="gaps"),
        pytest.param(lambda x: layers.Conv2D(4, 2, padding="same")(x), id="an even size"),
        pytest.param(lambda x: layers.Conv2D(4, 3, padding="same", activation="relu6")(x), id="another function"),
        pytest.param(lambda x: layers.MaxPooling2D(3, 2)(layers.Conv2D(4, 3, padding="same")(x)), id="overlaps"),
        pytest.param(lambda x: layers.DepthwiseConv2D(3, padding="same")(x), id="another kind of convolution only"),
        pytest.param(lambda x: layers.Dense(3)(layers.Conv2D(4, 3, padding="same")(x)), id="another step"),
    ],
)
def test_another_network_is_refused(build):
    data = _after_scaling(build)
    with pytest.raises(UnsupportedNetwork):
        NcnnPredictor(data, ("out",))
    assert open_choice(ON_NCNN, data, ("out",), probe_images(SIZE)) is None


def test_it_is_trusted_only_where_it_gives_the_same(whole, monkeypatch):
    assert open_choice(ON_NCNN, whole, ("out",), probe_images(SIZE)) is not None
    text = ncnn_runtime._text
    monkeypatch.setattr(ncnn_runtime, "_text", lambda lines: text(lines).replace("9=1", "9=0"))  # no ReLU any more
    assert open_choice(ON_NCNN, whole, ("out",), probe_images(SIZE)) is None


def test_without_ncnn_litert_does_it(whole, monkeypatch):
    monkeypatch.setitem(sys.modules, "ncnn", None)
    assert open_choice(ON_NCNN, whole, ("out",), probe_images(SIZE)) is None
