"""Which part of a network trains in 16 bits, and that nothing but its steps does."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from tests.conftest import finish
from tests.training.test_fine_tune import CONFIG, PHOTOS, small_network, source
from tlcore.events import EpochEnd
from tlcore.training import fine_tune as fine_tuning
from tlcore.training import mixed_precision
from tlcore.training.checkpoint import load_checkpoint
from tlcore.training.fine_tune import FineTuneSchedule, InferenceFunction, fine_tune
from tlcore.training.mixed_precision import BFLOAT16, FLOAT32, computing_with, policy_for

AMX, OLDER = frozenset({"avx512f", "avx512_bf16", "amx_bf16"}), frozenset({"avx512f", "avx512_bf16"})


def network(*kinds: str, filters: int = 64, side: int | None = 8) -> keras.Model:
    """A part of a network with these layers between a picture and a head."""
    inputs = value = keras.Input((side, side, filters))
    makers = {
        "plain": lambda: keras.layers.Conv2D(filters, 3, padding="same"),
        "norm": keras.layers.BatchNormalization,
        "relu": keras.layers.ReLU,
        "depthwise": lambda: keras.layers.DepthwiseConv2D(3, padding="same"),
        "separable": lambda: keras.layers.SeparableConv2D(filters, 3, padding="same"),
        "layer norm": keras.layers.LayerNormalization,
    }
    for kind in kinds:
        value = makers[kind]()(value)
    value = keras.layers.Dropout(0.2)(keras.layers.GlobalAveragePooling2D()(value))
    return keras.Model(inputs, keras.layers.Dense(2)(value))


@pytest.mark.parametrize(
    ("kinds", "filters", "processor", "expected", "reason"),
    [
        (("plain", "norm", "relu"), 64, AMX, BFLOAT16, "as in ResNet and VGG"),
        (("plain", "norm", "relu"), 64, OLDER, FLOAT32, "without AMX it is slower, AVX-512-BF16 or not"),
        (("plain", "norm", "relu"), 64, frozenset(), FLOAT32, "a system that does not tell"),
        (("plain", "norm", "relu"), 8, AMX, FLOAT32, "too little is multiplied, as in DenseNet"),
        (("plain", "depthwise"), 64, AMX, FLOAT32, "as in MobileNet and EfficientNet"),
        (("plain", "separable"), 64, AMX, FLOAT32, "as in Xception"),
        (("plain", "layer norm"), 64, AMX, FLOAT32, "a kind of layer that was not measured"),
        ((), 64, AMX, FLOAT32, "nothing to convolve"),
    ],
)
def test_16_bits_are_for_plain_convolutions_on_processors_made_for_them(
    monkeypatch, kinds, filters, processor, expected, reason
):
    monkeypatch.setattr(mixed_precision, "features", lambda: processor)
    assert policy_for(network(*kinds, filters=filters)) == expected, reason


def test_where_the_size_of_pictures_is_open_nobody_knows_what_is_faster(monkeypatch):
    monkeypatch.setattr(mixed_precision, "features", lambda: AMX)
    assert policy_for(network("plain", "norm", side=None)) == FLOAT32


def test_what_was_traced_in_16_bits_stays_so_and_the_model_is_what_it_was():
    model = small_network(dropout=0.0)
    exact = model(PHOTOS[:4], training=False).numpy()
    answer = InferenceFunction(model)
    with computing_with(BFLOAT16, model):
        assert {layer.compute_dtype for layer in model.layers if "conv" in layer.name} == {"bfloat16"}
        assert model.get_layer("logits").compute_dtype == "float32"
        assert {variable.dtype for variable in model.variables} == {"float32"}
        rounded = model(PHOTOS[:4], training=False).numpy()
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert rounded.dtype == np.float32 and np.abs(rounded - exact).max() > 1e-5, "convolutions were rounded"
    np.testing.assert_allclose(rounded, exact, atol=0.02)
    again = answer(iter([(PHOTOS[:4], np.zeros(4, np.int32))]))[0]
    np.testing.assert_allclose(again, exact, atol=1e-6, err_msg="traced afterwards, it computes in float32")


def test_an_error_while_tracing_leaves_the_model_in_32_bits():
    model = small_network()
    with pytest.raises(ZeroDivisionError), computing_with(BFLOAT16, model):
        _ = 1 / 0
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}


def trained(folder, monkeypatch, policy: str, epochs=3, **changes):
    """The epochs of a training that would choose this policy, and its model."""
    monkeypatch.setattr(fine_tuning, "policy_for", lambda model: policy)
    model = small_network(dropout=0.0)
    settings = replace(CONFIG, **{"mixed_precision": "auto", "schedule": "constant"} | changes)
    events, _ = finish(fine_tune(model, source(PHOTOS), settings, FineTuneSchedule(0, epochs), folder))
    return [event for event in events if isinstance(event, EpochEnd)], model


def test_the_loss_falls_as_in_32_bits_and_validation_is_exact(tmp_path, monkeypatch):
    both = {}
    for policy in (FLOAT32, BFLOAT16):
        (tmp_path / policy).mkdir()
        both[policy] = trained(tmp_path / policy, monkeypatch, policy)
        epochs, model = both[policy]
        assert {epoch.dtype_policy for epoch in epochs} == {policy}
    losses = {policy: np.array([epoch.val_loss for epoch in epochs]) for policy, (epochs, _) in both.items()}
    assert not np.array_equal(losses[FLOAT32], losses[BFLOAT16])
    np.testing.assert_allclose(losses[BFLOAT16], losses[FLOAT32], rtol=0.02)
    epochs, model = both[BFLOAT16]
    logits = model(PHOTOS[30:], training=False).numpy()
    best = min(epochs, key=lambda epoch: (-epoch.val_accuracy, epoch.val_loss))
    counts = np.bincount(logits.argmax(axis=1), minlength=2)
    assert tuple(counts) == best.val_prediction_counts, "the model that is kept answers as it was validated"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"mixed_precision": "never"}, "switched off"),
        ({"strategy": "scratch"}, "its statistics are learned with it, which was not measured"),
    ],
)
def test_otherwise_it_trains_in_32_bits(tmp_path, monkeypatch, changes, reason):
    epochs, _ = trained(tmp_path, monkeypatch, BFLOAT16, epochs=1, **changes)
    assert epochs[0].dtype_policy == FLOAT32, reason


@pytest.mark.parametrize("policy", [FLOAT32, BFLOAT16])
def test_a_killed_run_goes_on_with_the_precision_that_it_began_with(tmp_path, monkeypatch, policy):
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole, _ = trained(tmp_path / "whole", monkeypatch, policy)
    first, _ = trained(tmp_path / "parts", monkeypatch, policy, epochs=2)
    assert load_checkpoint(tmp_path / "parts").values["policy"] == policy
    other = FLOAT32 if policy == BFLOAT16 else BFLOAT16  # as on another machine, or by another version
    rest, _ = trained(tmp_path / "parts", monkeypatch, other)
    assert [epoch.dtype_policy for epoch in rest] == [policy]
    np.testing.assert_allclose(rest[0].loss, whole[2].loss, rtol=1e-5)
