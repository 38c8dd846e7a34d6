"""Every row of the table of `keras.applications`, once, with random weights. Needs TensorFlow, no network.

All rows are built at their smallest size, and their cut points, features, scaling and weights file are held against
Keras. One network a family is also run: cut and put together, converted, extracted from, trained for a step. The others
of a family consist of the same kinds of layers, more or wider ones, and are not run; their weights get no values, which
takes a tenth of the time.
"""

import inspect
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tlcore.models import graph
from tlcore.models.build import build_backbone, cut_backbone, layer_below
from tlcore.models.frozen_files import convert_checked
from tlcore.models.litert_runtime import LiteModel
from tlcore.models.registry import BACKBONES, BUILT_IN, TABLE, BackboneSpec

ROWS = [spec for spec in BACKBONES if not spec.built_in]
FIRST = ("vgg16", "vgg19", "resnet50", "inception-v3", "xception", "mobilenet-v2")
RUN = (
    "vgg16",
    "resnet50",
    "resnet50-v2",
    "inception-v3",
    "xception",
    "mobilenet-0.25",
    "mobilenet-v2-0.35",
    "mobilenet-v3-small",
    "densenet121",
    "nasnet-mobile",
    "efficientnet-b0",
    "efficientnet-v2-b0",
    "convnext-tiny",
    "inception-resnet-v2",
)
MODULES = Path(keras.src.applications.__file__).parent.glob("*.py")
SOURCES = "".join(path.read_text(encoding="utf-8") for path in MODULES)
ONLY_BUILT = [spec for spec in ROWS if spec.name not in RUN]

# Of the others the lower part is converted, which has a block of each kind; more of them would only take time.
CONVERTED_WHOLE = ("mobilenet-0.25", "mobilenet-v2-0.35", "mobilenet-v3-small", "nasnet-mobile")

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture
def without_values() -> Iterator[None]:
    """Layers get shapes, but no numbers: in this scope Keras puts off making them, and then it forgets."""
    with keras.StatelessScope():
        yield
        keras.backend.clear_session()


def check_against_keras(spec: BackboneSpec, model: keras.Model) -> None:
    """The row says what is true of the network."""
    above = {point.layer: point.above for point in graph.cut_points(model)}
    by_name = {layer.name: layer for layer in model.layers}  # `get_layer` goes through all of them each time
    assert [block.num_layers for block in spec.blocks] == [len(above[block.layer]) for block in spec.blocks]
    assert spec.num_weights == num_weights(model.layers)
    for block in spec.blocks:
        assert block.num_weights == num_weights(by_name[name] for name in above[block.layer]), block.name
    counts = [block.num_layers for block in spec.blocks]
    assert counts == sorted(counts), "from the top down"
    assert model.output_shape == (None, spec.feature_size)
    assert model.count_params() < spec.parameters, "the classifier counts as well"
    assert spec.download_bytes >= 4 * model.count_params() - 500
    assert not any(isinstance(layer, keras.layers.Lambda) for layer in model.layers)


def num_weights(layers: Iterable[keras.layers.Layer]) -> int:
    """How many weights learn when these layers open; batch normalisation never does."""
    normal = keras.layers.BatchNormalization
    return sum(
        math.prod(weight.shape)
        for layer in layers
        if not isinstance(layer, normal)
        for weight in layer.trainable_weights
    )


def noise(size: int) -> np.ndarray:
    """float32 (2, size, size, 3), 0–255: noise."""
    return np.random.default_rng(0).uniform(0, 255, (2, size, size, 3)).astype(np.float32)


def test_every_network_of_keras_has_a_row():
    functions = {
        name
        for name, value in vars(keras.applications).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
    assert {spec.function for spec in ROWS} == functions
    assert tuple(spec.name for spec in BACKBONES[:7]) == (BUILT_IN.name, *FIRST), "what tutorials use stands on top"
    widths = {
        name: {dict(spec.arguments)["alpha"] for spec in ROWS if spec.function == name}
        for name in ("MobileNet", "MobileNetV2")
    }
    assert widths == {"MobileNet": {0.25, 0.5, 0.75, 1.0}, "MobileNetV2": {0.35, 0.5, 0.75, 1.0, 1.3, 1.4}}


@pytest.mark.parametrize("spec", ROWS, ids=lambda spec: spec.name)
def test_a_row_is_whole(spec):
    if spec.function not in ("MobileNet", "MobileNetV2"):  # Keras publishes no hashes of theirs
        assert spec.weights_hash and spec.weights_hash in SOURCES
    assert spec.fingerprint == spec.weights_hash and spec.licence and spec.source.startswith("https://")
    assert spec.weights_url.startswith("https://storage.googleapis.com/") and spec.weights_file.endswith(".h5")
    assert 0.5 < spec.imagenet_top1 < 0.9 and spec.multiply_adds > 0 and spec.parameters * 7 > spec.download_bytes / 1.5
    assert spec.sentence.endswith(".") and 20 < len(spec.sentence) < 120
    assert 1 <= len(spec.blocks) <= 20 and len({block.name for block in spec.blocks}) == len(spec.blocks)
    assert spec.least_image_size <= spec.default_image_size
    names = [(other.weights_file, other.name) for other in BACKBONES if other is not spec]
    assert spec.weights_file not in dict(names) and spec.name not in dict(names).values()


@pytest.mark.parametrize("spec", ONLY_BUILT, ids=lambda spec: spec.name)
def test_built_and_cut_on_the_graph(spec, without_values):
    model = build_backbone(spec, spec.least_image_size, weights=None)
    check_against_keras(spec, model)
    block = spec.blocks[len(spec.blocks) // 2]
    lower, upper = cut_backbone(model, block.layer)
    assert upper.output_shape == model.output_shape and lower.output_shape == upper.input_shape
    assert lower.count_params() + upper.count_params() == model.count_params()


@pytest.mark.parametrize("name", RUN)
def test_built_cut_converted_extracted_and_trained(name):
    spec = TABLE[name]
    size = spec.least_image_size
    model = build_backbone(spec, size, weights=None)
    check_against_keras(spec, model)
    images = noise(size)
    whole = np.asarray(model(images, training=False))
    lower, upper = cut_backbone(model, spec.blocks[len(spec.blocks) // 2].layer)
    np.testing.assert_allclose(
        upper(lower(images, training=False), training=False), whole, atol=1e-5 * np.abs(whole).max()
    )
    part = model if name in CONVERTED_WHOLE else cut_backbone(model, spec.blocks[-3].layer)[0]
    received = LiteModel(convert_checked(part, size, "output")).run(images, "output")  # checked: against Keras
    assert received.shape == (len(images), *part.output_shape[1:])
    if part is model:
        np.testing.assert_allclose(received, whole, atol=1e-3 * np.abs(whole).max())
    train_one_step(spec, model, images, whole)
    keras.backend.clear_session()


def train_one_step(spec: BackboneSpec, model: keras.Model, images: np.ndarray, whole: np.ndarray) -> None:
    """The top block gives the same on what enters it, and learns; the closed part stays as it is."""
    lower, upper = cut_backbone(model, spec.blocks[0].layer)
    activations = lower(images, training=False)
    before, below = ([np.array(weight) for weight in part.trainable_weights] for part in (upper, lower))
    with tf.GradientTape() as tape:
        outputs = upper(activations, training=False)
        loss = tf.reduce_mean(tf.square(outputs - 1.0))
    np.testing.assert_allclose(outputs, whole, atol=1e-5 * np.abs(whole).max())
    gradients = tape.gradient(loss, upper.trainable_weights)
    keras.optimizers.SGD(0.01).apply(gradients, upper.trainable_weights)
    assert all(gradient is not None for gradient in gradients)
    assert any(np.any(old != np.array(new)) for old, new in zip(before, upper.trainable_weights, strict=True))
    assert all(np.array_equal(old, new) for old, new in zip(below, lower.trainable_weights, strict=True))


@pytest.mark.parametrize(
    ("name", "num_layers", "layer", "reason"),
    [
        ("vgg16", 5, "block4_pool", "the last five of the VGG16 recipe: block5 and the pooling below it"),
        ("vgg16", 2, "block5_conv2", "one convolution and the pooling above it"),
        ("inception-v3", 62, "mixed8", "the top two blocks, layers[:249] frozen, as in Keras' own example"),
        ("inception-v3", 40, "mixed8", "inside a block with branches: the next lower cut point"),
    ],
)
def test_recipes_that_count_layers(name, num_layers, layer, reason, without_values):
    spec = TABLE[name]
    model = build_backbone(spec, spec.least_image_size, weights=None)
    own = getattr(keras.applications, spec.function)(include_top=False, weights=None)
    assert layer_below(model, num_layers) == layer, reason
    unfrozen = [item.name for item in cut_backbone(model, layer)[1].layers]
    explicit = [item.name for item in own.layers[-num_layers:] if item.weights and "conv2d" not in item.name]
    assert set(explicit) <= {*unfrozen, *(item.name for item in own.layers if "batch_norm" in item.name)}
