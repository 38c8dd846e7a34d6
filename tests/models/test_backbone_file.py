"""The committed `.tflite`, run on LiteRT alone: its interface, its speed path, and whether it still sees."""

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from tlcore.models.registry import BACKBONES
from tlcore.models.weights import asset_path

PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "data" / "imagenet-100"
SPEC = BACKBONES[0]


@pytest.fixture
def interpreter():
    return Interpreter(str(asset_path(SPEC)), num_threads=2)


def center_crop(path: Path, size: int) -> np.ndarray:
    """float32 (1, size, size, 3), 0–255: the short side at 256/224 of `size`, then the middle, as for ImageNet."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    ratio = round(256 * size / 224) / min(image.size)
    width, height = (round(side * ratio) for side in image.size)
    left, top = (width - size) // 2, (height - size) // 2
    image = image.resize((width, height), Image.Resampling.BICUBIC).crop((left, top, left + size, top + size))
    return np.asarray(image, np.float32)[None]


def test_signature_names_one_input_and_three_outputs(interpreter):
    assert interpreter.get_signature_list() == {
        "serving_default": {"inputs": ["image"], "outputs": ["feature_map", "logits", "pooled"]}
    }


@pytest.mark.parametrize(
    ("batch", "height", "width"),
    [(1, 224, 224), (3, 160, 160), (2, 96, 128)],
    ids=["as traced", "smaller, in a batch", "not square"],
)
def test_any_size_and_batch(interpreter, batch, height, width):
    run = interpreter.get_signature_runner()
    outputs = run(image=np.full((batch, height, width, 3), 127, np.float32))
    assert outputs["feature_map"].shape == (batch, height // 32, width // 32, SPEC.feature_size)
    assert outputs["pooled"].shape == (batch, SPEC.feature_size)
    assert outputs["logits"].shape == (batch, 1000)
    np.testing.assert_allclose(outputs["pooled"], outputs["feature_map"].mean((1, 2)), atol=1e-4)


def test_a_photo_gives_the_same_alone_and_in_a_batch(interpreter):
    images = np.random.default_rng(0).uniform(0, 255, (3, 96, 96, 3)).astype(np.float32)
    run = interpreter.get_signature_runner()
    together = run(image=images)["pooled"].copy()
    alone = np.concatenate([run(image=image[None])["pooled"].copy() for image in images])
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("size", [160, 224])
def test_every_operator_runs_on_xnnpack_after_resizing(interpreter, size):
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], (1, size, size, 3))
    interpreter.allocate_tensors()
    # One delegate behind all operators means that it took the whole graph in one piece.
    operators = [operator["op_name"] for operator in interpreter._get_ops_details()]
    assert operators.count("DELEGATE") == 1 and operators[-1] == "DELEGATE"


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="needs the 100 ImageNet photos in ../shared/data/imagenet-100")
def test_recognises_the_imagenet_photos(interpreter):
    run = interpreter.get_signature_runner()
    paths = sorted(PHOTOS.iterdir())
    correct = sum(int(run(image=center_crop(path, 224))["logits"].argmax()) == int(path.name[:3]) for path in paths)
    assert len(paths) == 100
    assert correct >= 85, f"{correct} of 100; a correct port gets 88"
