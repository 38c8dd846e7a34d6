"""A second network for tests of several at once: the one that ships, whose features come in another order."""

import dataclasses
import hashlib
import shutil
from pathlib import Path

import h5py
import numpy as np

from tlcore.models import backbones, registry
from tlcore.models.registry import BUILT_IN
from tlcore.models.spec import BackboneSpec
from tlcore.models.tflite_file import pack, unpack
from tlcore.models.weights import asset_path

TOGETHER = "efficientnet-lite0+second"
SHIFT = 7


def register(folder: Path, monkeypatch, **changes) -> BackboneSpec:
    """Add the network "second" to the table, its files in `folder`: each feature is the one `SHIFT` places before."""
    folder.mkdir(parents=True, exist_ok=True)
    data = _shifted(asset_path(BUILT_IN).read_bytes())
    (folder / "second.tflite").write_bytes(data)
    shutil.copyfile(asset_path(BUILT_IN).with_suffix(".weights.h5"), folder / "second.weights.h5")
    with h5py.File(folder / "second.weights.h5", "r+") as file:
        for name in ("conv2d_32", "batch_normalization_48"):
            for values in file[f"layers/{name}/vars"].values():
                values[...] = np.roll(values[...], SHIFT, axis=-1)
    fingerprint = hashlib.sha256(data).hexdigest()
    spec = dataclasses.replace(
        BUILT_IN, name="second", title="Second", asset=str(folder / "second"), fingerprint=fingerprint, **changes
    )
    add(spec, monkeypatch)
    return spec


def add(spec: BackboneSpec, monkeypatch) -> None:
    """Put a row into the table for the length of a test."""
    monkeypatch.setattr(registry, "BACKBONES", (*registry.BACKBONES, spec))
    monkeypatch.setitem(backbones.TABLE, spec.name, spec)


def _shifted(tflite: bytes) -> bytes:
    """The file with the outputs of its last convolution in another order."""
    model, _ = unpack(tflite)
    size = BUILT_IN.feature_size
    for tensor in model.subgraphs[0].tensors:
        data = model.buffers[tensor.buffer].data
        shape = [int(side) for side in tensor.shape] if tensor.shape is not None else []
        if data is not None and shape in ([size, 1, 1, 320], [size]):
            rows = np.frombuffer(np.asarray(data).tobytes(), np.uint8).reshape(size, -1)
            model.buffers[tensor.buffer].data = np.roll(rows, SHIFT, axis=0).reshape(-1)
    return pack(model)
