"""PyTorch weights in Keras: the features of torchvision and timm, recorded by scripts/record_pytorch_features.py."""

import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tlcore.errors import UserError
from tlcore.models.pytorch.architectures import ARCHITECTURES
from tlcore.models.pytorch.expected import LAYOUTS, Recognised, expected_weights, recognise
from tlcore.models.pytorch.keras_layers import build_network, load_weights

HERE = Path(__file__).resolve().parent
RECORDED = json.loads((HERE / "pytorch_features.json").read_text(encoding="utf-8"))["networks"]
NAMED = {architecture.name: architecture for architecture in ARCHITECTURES}
COMPUTED = [
    case
    for case in RECORDED
    if case
    not in ("resnet18 timm", "resnet34 torchvision", "resnet34 timm", "resnet50 timm", "mobilenet_v3_small timm")
]
"""All but ResNets under timm's names, which are torchvision's, ResNet-34, which has the blocks of ResNet-18, and the
one that tests/networks/test_pytorch.py has."""


@pytest.fixture(scope="module")
def recorder():
    sys.path.insert(0, str(HERE.parents[1] / "scripts"))
    import record_pytorch_features

    yield record_pytorch_features
    sys.path.pop(0)
    sys.modules.pop("record_pytorch_features")


def shapes_of(case: str) -> dict[str, tuple[int, ...]]:
    """The names and shapes of a recorded network's weights, its classifier included."""
    name, layout = case.split()
    layers = expected_weights(NAMED[name], layout)
    found = {key: shape for layer in layers for key, shape in layer.shapes.items()}
    return found | {key: tuple(shape) for key, shape in RECORDED[case]["classifier"].items()}


@pytest.mark.parametrize("case", RECORDED)
def test_names_and_shapes_are_those_of_the_library(case, recorder):
    shapes = shapes_of(case)
    assert recorder.names_hash(shapes) == RECORDED[case]["names"]
    found = recognise("weights.pth", shapes | {"bn1.num_batches_tracked": ()})
    name, layout = case.split()
    assert found.architecture.name == name
    assert found.layout == layout or name.startswith("resnet"), "under equal names both are the same network"


@cache
def model_of(name: str, epsilon: float):
    layout = LAYOUTS[NAMED[name].epsilon.index(epsilon)]
    return build_network(Recognised(NAMED[name], layout), 64, "pooled")


@pytest.mark.parametrize("case", COMPUTED)
def test_features_are_those_of_the_library(case, recorder):
    shapes = shapes_of(case)
    found = recognise("weights.pth", shapes)
    model = model_of(found.architecture.name, found.epsilon)
    load_weights(model, found, lambda name: recorder.make_tensor(name, shapes[name]))
    features = np.asarray(model(recorder.make_images().astype(np.float32), training=False))
    recorded = np.array(RECORDED[case]["features"], np.float32)
    assert features.shape == (2, RECORDED[case]["num_features"])
    tolerance = 1e-4 * np.abs(recorded).max()
    np.testing.assert_allclose(features[:, : recorded.shape[1]], recorded, atol=tolerance, rtol=0)
    np.testing.assert_allclose(features.mean(axis=1), RECORDED[case]["mean"], rtol=1e-4)


def without(*names):
    return lambda shapes: {key: shape for key, shape in shapes.items() if key not in names}


def with_more(**more):
    return lambda shapes: shapes | {key.replace("__", "."): shape for key, shape in more.items()}


UNFIT = {
    "one is missing": (without("layer1.0.bn1.bias"), "layer1.0.bn1.bias is missing"),
    "several are missing": (without(*(f"layer1.0.bn1.{n}" for n in ("weight", "bias"))), "are missing"),
    "another width": (with_more(conv1__weight=(32, 3, 7, 7)), "conv1.weight is 32 × 3 × 7 × 7 instead of 64"),
    "attention that is no part of it": (with_more(layer1__0__se__fc__weight=(4, 64)), "also has layer1.0.se.fc.weight"),
    "nothing of it": (lambda shapes: {f"blocks.{n}": (n,) for n in range(50)}, "none of these networks"),
    "no tensors": (lambda shapes: {}, "none of these networks"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_weights_that_do_not_fit_are_named(case):
    change, phrase = UNFIT[case]
    with pytest.raises(UserError, match=phrase):
        recognise("weights.pth", change(shapes_of("resnet18 torchvision")))


def test_networks_ported_from_tensorflow_are_refused_by_name():
    """They pad otherwise, under the same names and shapes."""
    with pytest.raises(UserError, match="ported from TensorFlow"):
        recognise("tf_efficientnet_b0.pth", shapes_of("efficientnet_b0 timm"))


@pytest.mark.parametrize(
    ("key", "value", "phrase"),
    [("conv1.weight", np.nan, "no numbers"), ("bn1.running_var", -1.0, "negative variance")],
)
def test_values_that_no_weights_have_are_refused(key, value, phrase, recorder):
    shapes = shapes_of("resnet18 torchvision")
    found = recognise("weights.pth", shapes)

    def read(name):
        return np.full(shapes[name], value, np.float32) if name == key else recorder.make_tensor(name, shapes[name])

    with pytest.raises(UserError, match=phrase):
        load_weights(model_of("resnet18", 1e-5), found, read)
