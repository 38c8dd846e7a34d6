"""Weights in half the bytes: the file is smaller, and its answers are nearly the same."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from tlcore.errors import UserError
from tlcore.models.half_precision import halve_weights, widen_weights
from tlcore.models.registry import BACKBONES
from tlcore.models.weights import asset_path
from tlcore.serving.graft import graft_head

SIZE, HIDDEN, CLASSES = 96, 256, 5


def file_of(scale: float) -> bytes:
    """A classifier with a hidden layer whose weights are of that size, stored in full."""
    random = np.random.default_rng(0)
    shapes = [(BACKBONES[0].feature_size, HIDDEN), (HIDDEN, CLASSES)]
    layers = [
        (random.normal(scale=scale, size=shape).astype(np.float32), np.zeros(shape[1], np.float32)) for shape in shapes
    ]
    return graft_head(asset_path(BACKBONES[0]).read_bytes(), layers, SIZE)


def answers(data: bytes) -> np.ndarray:
    images = np.random.default_rng(1).uniform(0, 255, (4, SIZE, SIZE, 3)).astype(np.float32)
    run = Interpreter(model_content=data).get_signature_runner("serving_default")
    return np.concatenate([run(image=image[np.newaxis])["probabilities"] for image in images])


def test_the_weights_of_a_head_take_half_the_bytes_and_answers_stay():
    whole = file_of(0.02)
    half = halve_weights(whole)
    saved = 2 * HIDDEN * (BACKBONES[0].feature_size + CLASSES)
    assert saved * 0.95 < len(whole) - len(half) < saved * 1.05
    difference = np.abs(answers(half) - answers(whole)).max()
    assert 0 < difference < 2e-3, "other weights, though hardly"
    assert len(halve_weights(half)) <= len(half), "nothing is left to halve"


def test_weights_that_would_be_infinite_stay():
    whole = file_of(60_000)
    assert np.isfinite(answers(halve_weights(whole))).all()
    assert len(halve_weights(whole)) == pytest.approx(len(whole), abs=20_000)


def test_something_else_is_refused():
    with pytest.raises(UserError):
        halve_weights(b"no such file at all")


def test_weights_can_be_made_whole_again():
    """The built-in network is stored with 16 bits; quantizers want 32."""
    half = asset_path(BACKBONES[0]).read_bytes()
    whole = graft_head(half, [(np.zeros((BACKBONES[0].feature_size, CLASSES), np.float32), np.arange(CLASSES))], SIZE)
    widened = widen_weights(whole)
    assert len(widened) > 1.8 * len(whole)
    assert answers(widened) == pytest.approx(answers(whole), abs=1e-6)
    assert len(widen_weights(widened)) == len(widened), "nothing is left to widen"
