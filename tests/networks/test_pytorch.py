"""PyTorch weights that people bring: from their file to a Keras network that can be trained further."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from tlcore.errors import UserError
from tlcore.models.imported.candidate import Choices, complete
from tlcore.models.imported.forms import FORMS
from tlcore.models.imported.kinds import recognise
from tlcore.models.imported.pytorch_file import READER
from tlcore.models.pytorch.architectures import ARCHITECTURES
from tlcore.models.pytorch.expected import expected_weights

ROOT = Path(__file__).resolve().parents[2]
CASE = "mobilenet_v3_small timm"
RECORDED = json.loads((ROOT / "tests/models/pytorch_features.json").read_text(encoding="utf-8"))["networks"][CASE]


@pytest.fixture
def recorder(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import record_pytorch_features

    yield record_pytorch_features
    sys.modules.pop("record_pytorch_features")


def test_a_file_becomes_a_network_that_can_be_trained(recorder, tmp_path):
    architecture = next(each for each in ARCHITECTURES if each.name == CASE.split()[0])
    shapes = {key: shape for layer in expected_weights(architecture, "timm") for key, shape in layer.shapes.items()}
    path = tmp_path / "model.safetensors"
    save_file({f"module.{key}": recorder.make_tensor(key, shape) for key, shape in shapes.items()}, path)
    assert recognise(path) == "pytorch"
    candidate = READER.read(path)
    assert candidate.title == "MobileNetV3 small" and candidate.can_be_keras
    assert (candidate.scaling.value, candidate.image_size.value) == ("torch", 224)
    folder = tmp_path / "stored"
    folder.mkdir()
    saved = READER.save(path, candidate, complete(candidate, Choices(image_size=64)), folder)
    assert saved.form == "keras" and saved.scaling == "inside" and len(saved.blocks) > 5
    features = FORMS["keras"](folder, saved, recorder.make_images().astype(np.float32))
    recorded = np.array(RECORDED["features"], np.float32)
    np.testing.assert_allclose(features[:, : recorded.shape[1]], recorded, atol=1e-4 * recorded.max(), rtol=0)


def test_another_file_ends_in_a_sentence(tmp_path):
    save_file({"anything": np.zeros(3, np.float32)}, tmp_path / "x.safetensors")
    with pytest.raises(UserError, match="none of these networks: ResNet-18"):
        READER.read(tmp_path / "x.safetensors")
