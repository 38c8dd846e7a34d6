"""The forms in which networks of elsewhere are stored, and running one as it lies in its folder: one table.

It is for looking at a network that was just written, in a limited process. What trains on one opens it as a
`FrozenBackbone` (models/open_backbone.py).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tlcore.models.imported.saved import SavedNetwork

Features = npt.NDArray[np.float32]
RunForm = Callable[[Path, SavedNetwork, npt.NDArray[np.float32]], Features]
"""Folder, what was saved there, and images float32 (n, S, S, 3), scaled already as the file wants them → (n, D)."""


def _run_keras(folder: Path, saved: SavedNetwork, images: npt.NDArray[np.float32]) -> Features:
    from tlcore.models.imported.keras_archive import open_archive
    from tlcore.models.imported.keras_form import FILE, with_pooling

    model = with_pooling(open_archive(folder / FILE, images.shape[1]), "pooled")
    parts = [np.asarray(model(batch, training=False)) for batch in _batches(images)]
    return np.concatenate(parts).astype(np.float32)


def _batches(images: npt.NDArray[np.float32], size: int = 16) -> list[npt.NDArray[np.float32]]:
    return [images[start : start + size] for start in range(0, len(images), size)]


def _run_tflite(folder: Path, saved: SavedNetwork, images: npt.NDArray[np.float32]) -> Features:
    from tlcore.models.frozen_files import POOLED
    from tlcore.models.imported.tflite_form import FILE
    from tlcore.models.litert_runtime import LiteModel

    model = LiteModel(folder / FILE)
    return np.concatenate([model.run(batch, POOLED) for batch in _batches(images)]).astype(np.float32)


def _run_onnx(folder: Path, saved: SavedNetwork, images: npt.NDArray[np.float32]) -> Features:
    from tlcore.models.frozen_files import POOLED
    from tlcore.models.onnx_backbone import FILE
    from tlcore.models.onnx_runtime import OnnxModel

    model = OnnxModel(folder / FILE)
    return np.concatenate([model.run(batch, POOLED) for batch in _batches(images)]).astype(np.float32)


FORMS: dict[str, RunForm] = {
    "tflite": _run_tflite,
    "keras": _run_keras,
    "onnx": _run_onnx,
}
"""By the key of a form, what runs a network of it up to its pooled features."""
