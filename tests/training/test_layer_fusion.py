"""A step with its layers fused computes what the step with the layers as they are computes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tlcore.models import graph
from tlcore.models.efficientnet_lite import build_efficientnet_lite0
from tlcore.training.batch_norm import freeze_batch_norm
from tlcore.training.layer_fusion import fused_layers

SIDE, CHANNELS = 6, 4


def point(filters=CHANNELS, **settings):
    return layers.Conv2D(filters, 1, **settings)


def plain(filters=CHANNELS, **settings):
    return layers.Conv2D(filters, 3, padding="same", **settings)


def depthwise(**settings):
    return layers.DepthwiseConv2D(3, padding="same", **settings)


def norm(**settings):
    return layers.BatchNormalization(**settings)


def nested(*kinds):
    inputs = value = keras.Input((SIDE, SIDE, CHANNELS))
    for kind in kinds:
        value = kind(value)
    return keras.Model(inputs, value)


class Composite(layers.Layer):
    """A layer of other layers, whose graph Keras does not know."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.first, self.second = plain(), norm()

    def build(self, shape):
        self.first.build(shape)
        self.second.build(shape)

    def call(self, inputs, training=None):
        return self.second(self.first(inputs), training=training)


def shared():
    """A convolution of which the batch normalisation is not the only reader."""
    inputs = keras.Input((SIDE, SIDE, CHANNELS))
    value = plain()(inputs)
    return keras.Model(inputs, layers.Add()([norm()(value), value]))


def shown():
    """A model that also gives what comes out of the convolution."""
    inputs = keras.Input((SIDE, SIDE, CHANNELS))
    value = plain()(inputs)
    return keras.Model(inputs, layers.Add()(keras.Model(inputs, [value, norm()(value)])(inputs)))


def model_of(parts) -> keras.Model:
    """These layers between a picture and a head, with statistics and weights as after a training."""
    keras.utils.set_random_seed(0)
    inputs = value = keras.Input((SIDE, SIDE, CHANNELS))
    for part in parts:
        value = part(value)
    model = keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(value)))
    random = np.random.default_rng(1)
    for layer in model._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            for variable in layer.variables:
                variable.assign(random.uniform(0.3, 2.0, variable.shape))
    return model


def step(model: keras.Model):
    """(pictures) → the logits and the gradient of every trainable variable."""

    def run(pictures):
        with tf.GradientTape() as tape:
            logits = model(pictures, training=True)
            loss = tf.reduce_sum(logits**2)
        return logits, tape.gradient(loss, model.trainable_variables)

    return tf.function(run, autograph=False).get_concrete_function(
        tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    )


def operations(traced, kind: str) -> list[tf.Operation]:
    """Those of a graph that are of this kind and give activations: any number of rows."""
    return [
        each
        for each in traced.graph.get_operations()
        if each.type == kind and each.outputs[0].shape.as_list()[:1] == [None]
    ]


CASES = {
    "pointwise, bias": ([point()], {"Conv2D": 0}),
    "pointwise, no bias, normalised": ([point(8, use_bias=False), norm()], {"Conv2D": 0, "Mul": 0}),
    "pointwise, bias, normalised": ([point(), norm()], {"Conv2D": 0, "Mul": 0}),
    "pointwise with an activation of its own": ([point(activation="relu"), norm()], {"Conv2D": 0, "Mul": 1}),
    "pointwise with a stride": ([point(strides=2), norm()], {"Conv2D": 1, "Mul": 0}),
    "pointwise in groups": ([point(groups=2), norm()], {"MatMul": 1, "Mul": 0}),  # the head's
    "plain": ([plain(use_bias=False), norm()], {"Conv2D": 1, "Mul": 0}),
    "plain, dilated, no scale": ([plain(dilation_rate=2), norm(scale=False)], {"Conv2D": 1, "Mul": 0}),
    "plain with a stride, no shift": ([plain(strides=2), norm(center=False)], {"Conv2D": 1, "Mul": 0}),
    "depthwise": ([depthwise(use_bias=False), norm()], {"DepthwiseConv2dNative": 1, "Mul": 0}),
    "depthwise, several a channel": ([depthwise(depth_multiplier=3), norm()], {"DepthwiseConv2dNative": 1, "Mul": 0}),
    "depthwise with a stride": ([depthwise(strides=2), norm()], {"DepthwiseConv2dNative": 1, "Mul": 0}),
    "in a model in the model": ([nested(plain(), norm(), point())], {"Conv2D": 1, "Mul": 0}),
    "the normalisation alone": ([norm(), layers.ReLU(), norm()], {"Mul": 2}),
    "something between": ([plain(), layers.ReLU(), norm()], {"Conv2D": 1, "Mul": 1}),
    "inside a layer of layers": ([Composite()], {"Conv2D": 1, "Mul": 1}),
    "its output is read by others": ([shared()], {"Mul": 1}),
    "its output is shown": ([shown()], {"Mul": 1}),
}


@pytest.mark.parametrize(("parts", "expected"), CASES.values(), ids=CASES)
def test_the_same_comes_out_with_fewer_operations(parts, expected):
    """`expected`: how many operations on whole pictures are left forwards, by kind."""
    model = model_of(parts)
    freeze_batch_norm(model)
    as_it_is = step(model)
    with fused_layers(model):
        fused = step(model)
        forwards = tf.function(lambda pictures: model(pictures, training=True), autograph=False)
        traced = forwards.get_concrete_function(tf.TensorSpec((None, SIDE, SIDE, CHANNELS), tf.float32))
    assert {kind: len(operations(traced, kind)) for kind in expected} == expected
    pictures = np.random.default_rng(2).normal(size=(3, SIDE, SIDE, CHANNELS)).astype(np.float32)
    (logits, gradients), (wanted, wanted_gradients) = fused(pictures), as_it_is(pictures)
    np.testing.assert_allclose(logits, wanted, rtol=1e-4, atol=1e-5)
    for found, right in zip(gradients, wanted_gradients, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-3, atol=1e-4)


def test_a_normalisation_that_learns_stays():
    """Where a network learns from scratch its statistics are those of each batch."""
    model = model_of([plain(), norm()])
    before = [variable.numpy() for variable in model.variables]
    pictures = np.random.default_rng(2).normal(size=(3, SIDE, SIDE, CHANNELS)).astype(np.float32)
    wanted = step(model)(pictures)
    for variable, value in zip(model.variables, before, strict=True):
        variable.assign(value)
    with fused_layers(model):
        found = step(model)(pictures)
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-5)
    moved = next(layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)).moving_mean
    assert not np.allclose(moved, before[2]), "its statistics follow the photos"


def test_a_network_cut_between_the_two_stays_as_it_is():
    model = model_of([plain(), norm()])
    freeze_batch_norm(model)
    above = graph.cut(model, next(each.name for each in model.layers if isinstance(each, layers.Conv2D)))[1]
    with fused_layers(above):
        traced = step(above)
    pictures = np.random.default_rng(2).normal(size=(3, SIDE, SIDE, CHANNELS)).astype(np.float32)
    np.testing.assert_allclose(traced(pictures)[0], above(pictures, training=True), rtol=1e-5)


def test_layers_compute_as_ever_afterwards_even_after_a_failure():
    model = model_of([point(), norm()])
    freeze_batch_norm(model)
    with pytest.raises(RuntimeError), fused_layers(model):
        assert any("call" in layer.__dict__ for layer in model._flatten_layers())
        raise RuntimeError
    assert not any("call" in layer.__dict__ for layer in model._flatten_layers())


def test_the_built_in_network_has_no_convolution_by_1_and_no_normalisation_left():
    """33 convolutions, 32 of them pointwise, and 16 depthwise ones, each with its batch normalisation."""
    built = build_efficientnet_lite0(32)
    model = keras.Model(built.input, built.output["feature_map"])
    freeze_batch_norm(model)
    with fused_layers(model):
        forwards = tf.function(lambda pictures: model(pictures, training=True), autograph=False)
        traced = forwards.get_concrete_function(tf.TensorSpec((None, 32, 32, 3), tf.float32))
    assert len(operations(traced, "Conv2D")) == 1 and len(operations(traced, "MatMul")) == 32
    assert len(operations(traced, "Mul")) == 1, "the scaling of the photos"
