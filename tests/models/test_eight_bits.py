"""Whole numbers of 8 bits: what rounding does on average is taken out, and any reader finds the weights."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from tests.models.test_half_precision import CLASSES, SIZE
from tlcore.errors import UserError
from tlcore.models.eight_bits import quantize
from tlcore.models.registry import BACKBONES
from tlcore.models.weights import asset_path
from tlcore.serving.graft import graft_head

RANDOM = np.random.default_rng(3)
PHOTOS = list(RANDOM.integers(0, 256, (8, SIZE, SIZE, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def whole() -> bytes:
    width = BACKBONES[0].feature_size
    layer = (RANDOM.normal(scale=0.3, size=(width, CLASSES)).astype(np.float32), np.zeros(CLASSES, np.float32))
    return graft_head(asset_path(BACKBONES[0]).read_bytes(), [layer], SIZE)


def logits(data: bytes) -> np.ndarray:
    """Of the photos, up to what all classes have in common."""
    run = Interpreter(model_content=data).get_signature_runner("serving_default")
    rows = [run(image=photo[np.newaxis].astype(np.float32))["probabilities"][0] for photo in PHOTOS]
    values = np.log(np.maximum(rows, 1e-30))
    return values - values.mean(axis=1, keepdims=True)


def test_what_rounding_does_on_average_is_taken_out_of_the_head(whole, monkeypatch):
    made = quantize(whole, PHOTOS)
    monkeypatch.setattr("tlcore.models.eight_bits._first_dense", lambda model, signature: None)
    plain = quantize(whole, PHOTOS)
    off, plain_off = (np.abs((logits(each) - logits(whole)).mean(axis=0)).max() for each in (made, plain))
    assert off < 0.01 < plain_off


def test_the_weights_lie_where_the_schema_has_them(whole):
    made = quantize(whole, PHOTOS)
    model = schema.ModelT.InitFromPackedBuf(made)
    assert not any(buffer.offset > 1 for buffer in model.buffers)
    assert any(tensor.type == schema.TensorType.INT8 for tensor in model.subgraphs[0].tensors)


def test_without_photos_there_is_no_scale(whole):
    with pytest.raises(UserError, match="8 bits"):
        quantize(whole, [])
