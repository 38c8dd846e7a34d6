"""Write down what torchvision's and timm's networks give for weights that anybody can make.

Run where torch, torchvision and timm are installed (`pip install torch torchvision timm`; Transfer Lab is not needed):

    python scripts/record_pytorch_features.py tests/models/pytorch_features.json

For each network the file has the names and shapes of all its weights (as a hash; those of the classifier as they are),
the first pooled features of two images and their mean. Weights and images come from NumPy's generator, seeded with the
name of each tensor, so that the tests make the same ones without torch.
"""

import argparse
import hashlib
import json
import math
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

IMAGE_SIZE = 64  # enough for every stride, and quick
NUM_KEPT = 16
CLASSIFIERS = ("fc.", "classifier.", "head.fc.", "conv_head.")
NETWORKS = {
    "resnet18": "resnet18",
    "resnet34": "resnet34",
    "resnet50": "resnet50",
    "mobilenet_v2": "mobilenetv2_100",
    "mobilenet_v3_small": "mobilenetv3_small_100",
    "mobilenet_v3_large": "mobilenetv3_large_100",
    "efficientnet_b0": "efficientnet_b0",
    "convnext_tiny": "convnext_tiny",
}
"""Torchvision's names and timm's."""


def make_tensor(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Weights as a trained network might have them, float32, the same ones for the same name and shape."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    if name.endswith("running_var"):
        values = random.uniform(0.5, 1.5, shape)
    elif name.endswith(("gamma", "layer_scale")):
        values = random.uniform(0.1, 0.5, shape)
    elif len(shape) > 1:
        values = random.normal(0, math.sqrt(2 / math.prod(shape[1:])), shape)
    elif name.endswith("weight"):
        values = random.uniform(0.5, 1.0, shape)
    else:
        values = random.normal(0, 0.1, shape)
    return values.astype(np.float32)


def make_images(size: int = IMAGE_SIZE) -> np.ndarray:
    """Two images of noise, uint8 (2, size, size, 3)."""
    return np.random.default_rng(0).integers(0, 256, (2, size, size, 3), dtype=np.uint8)


def names_hash(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """A hash of names and shapes, in the order of the names."""
    lines = [f"{name} {list(shape)}" for name, shape in sorted(shapes.items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _network(library: str, name: str) -> Any:
    """A network without its classifier's last part, as the library has it: pooled features out of `features`."""
    import timm
    import torchvision

    if library == "torchvision":
        return getattr(torchvision.models, name)(weights=None)
    return timm.create_model(NETWORKS[name], pretrained=False)


def pooled_features(library: str, name: str, size: int = IMAGE_SIZE) -> tuple[dict[str, tuple[int, ...]], np.ndarray]:
    """The shapes of all weights but counters, and the features of `make_images`, float32 (2, D)."""
    import torch

    model = _network(library, name)
    shapes = {key: tuple(t.shape) for key, t in model.state_dict().items() if not key.endswith("num_batches_tracked")}
    state = {key: torch.from_numpy(make_tensor(key, shape)) for key, shape in shapes.items()}
    missing = model.load_state_dict(state, strict=False)
    assert all(key.endswith("num_batches_tracked") for key in missing.missing_keys), missing
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    scaled = ((make_images(size) / 255 - mean) / deviation).astype(np.float32).transpose(0, 3, 1, 2)
    with torch.no_grad():
        return shapes, _features(model.eval(), library, name, torch.from_numpy(np.ascontiguousarray(scaled))).numpy()


def _features(model: Any, library: str, name: str, images: Any) -> Any:
    """What the classifier is given; of MobileNetV3 what its classifier, two layers, is given."""
    if library == "timm":
        maps = model.forward_features(images)
        if name.startswith("convnext"):
            return model.forward_head(maps, pre_logits=True)
        return maps.mean((2, 3))
    if name.startswith("resnet"):
        model.fc = _identity()
        return model(images)
    pooled = model.avgpool(model.features(images)) if hasattr(model, "avgpool") else model.features(images).mean((2, 3))
    if name.startswith("convnext"):
        pooled = model.classifier[0](pooled)
    return pooled.flatten(1)


def _identity() -> Any:
    import torch

    return torch.nn.Identity()


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    target = parser.parse_args().target
    import timm
    import torch
    import torchvision

    versions = {module.__name__: module.__version__ for module in (torch, torchvision, timm)}
    recorded: dict[str, Any] = {"made_by": "scripts/record_pytorch_features.py", "versions": versions, "networks": {}}
    for name in NETWORKS:
        for library in ("torchvision", "timm"):
            shapes, features = pooled_features(library, name)
            recorded["networks"][f"{name} {library}"] = {
                "names": names_hash(shapes),
                "classifier": {key: list(shape) for key, shape in shapes.items() if key.startswith(CLASSIFIERS)},
                "num_features": features.shape[1],
                "features": [[round(float(value), 6) for value in row[:NUM_KEPT]] for row in features],
                "mean": [float(row.mean()) for row in features],
            }
    target.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
