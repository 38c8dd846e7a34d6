"""Cut points of small networks whose cut points one can see. Needs TensorFlow."""

import keras
import numpy as np
import pytest
from keras import layers

from tlcore.models.graph import CutPoint, cut, cut_points, layer_from_top, name_by_count


def residual_network() -> keras.Model:
    """stem → (conv1 → bn1) + shortcut = add → conv2 → relu → pooled."""
    image = keras.Input((8, 8, 3), name="image")
    stem = layers.Conv2D(4, 3, padding="same", name="stem")(layers.Rescaling(1 / 255, name="scaling")(image))
    branch = layers.Conv2D(4, 3, padding="same", name="conv1")(stem)
    branch = layers.BatchNormalization(name="bn1")(branch)
    x = layers.Add(name="add")([branch, stem])
    x = layers.ReLU(name="relu")(layers.Conv2D(5, 3, name="conv2")(x))
    return keras.Model(image, layers.GlobalAveragePooling2D(name="pooled")(x), name="small")


def network_with_two_strands() -> keras.Model:
    """Each step takes the outputs of the two before it, as in NASNet: no cut between the stem and the end."""
    image = keras.Input((8, 8, 3), name="image")
    before = last = layers.Conv2D(4, 3, name="stem")(image)
    for number in range(3):
        before, last = (
            last,
            layers.Add(name=f"cell{number}")(
                [layers.Conv2D(4, 1, name=f"left{number}")(before), layers.Conv2D(4, 1, name=f"right{number}")(last)]
            ),
        )
    end = layers.Concatenate(name="end")([before, last])
    return keras.Model(image, layers.GlobalAveragePooling2D(name="pooled")(layers.Conv2D(2, 1, name="top")(end)))


def test_cut_points_are_where_all_paths_meet():
    assert cut_points(residual_network()) == [
        CutPoint("stem", ("conv1", "bn1", "add", "conv2", "relu")),
        CutPoint("add", ("conv2", "relu")),
    ]
    assert [point.layer for point in cut_points(network_with_two_strands())] == ["stem", "end"]


@pytest.mark.parametrize("layer", ["stem", "add"])
def test_below_and_above_make_the_whole_and_share_its_weights(layer):
    model = residual_network()
    lower, upper = cut(model, layer)
    images = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype(np.float32)
    np.testing.assert_allclose(upper(lower(images)), model(images), atol=1e-6)
    assert {id(weight) for weight in (*lower.weights, *upper.weights)} == {id(weight) for weight in model.weights}
    again = cut(model, layer)[1]
    np.testing.assert_allclose(again(lower(images)), model(images), atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "reason"),
    [("conv1", "a shortcut goes past it"), ("pooled", "the end"), ("scaling", "no weights below"), ("nowhere", "none")],
)
def test_other_places_are_refused(layer, reason):
    with pytest.raises(ValueError, match=f"'{layer}'.*cannot be cut"):
        cut(residual_network(), layer)


@pytest.mark.parametrize(
    ("num_layers", "layer", "reason"),
    [
        (1, "add", "only relu, which has nothing to train: the highest cut point"),
        (2, "add", "conv2 and relu"),
        (3, "add", "the addition has no weights and stays below"),
        (4, "stem", "bn1 lies beside a shortcut: down to the next cut point"),
        (5, "stem", "conv1 as well"),
        (6, None, "the stem: everything is unfrozen"),
        (99, None, "more than there are"),
    ],
)
def test_layers_from_the_top(num_layers, layer, reason):
    assert layer_from_top(residual_network(), num_layers) == layer, reason


def test_names_do_not_depend_on_what_was_built_before():
    def build() -> list[str]:
        image = keras.Input((4, 4, 3), name="image")
        x = layers.ReLU()(layers.Conv2D(2, 1)(image))
        x = layers.SeparableConv2D(2, 1, name="mine")(x) + layers.Conv2D(2, 1)(x)
        model = keras.Model(image, layers.GlobalAveragePooling2D()(x))
        name_by_count(model)
        return sorted(operation.name for operation in model.operations)

    first, second = build(), build()
    assert first == second == ["add", "conv2d", "conv2d_1", "global_average_pooling2d", "image", "mine", "re_lu"]
