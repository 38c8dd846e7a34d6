"""A checkpoint comes back as it was written; one that cannot be read counts as none."""

import numpy as np
import pytest

from tlcore.training import checkpoint as module
from tlcore.training.checkpoint import Checkpoint, load_checkpoint, load_checkpoint_epoch, save_checkpoint
from tlcore.workspace import CHECKPOINT

WRITTEN = Checkpoint({"epoch": 7}, {"model": [np.arange(40_000, dtype=np.float32), np.zeros((2, 3), np.float32)]})


def test_a_checkpoint_comes_back(tmp_path):
    save_checkpoint(tmp_path, WRITTEN)
    found = load_checkpoint(tmp_path)
    assert found.values == WRITTEN.values and load_checkpoint_epoch(tmp_path) == 7
    for one, other in zip(found.arrays["model"], WRITTEN.arrays["model"], strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_epoch_is_known_without_the_arrays(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, WRITTEN)
    read, load = [], np.load

    def watched(*args, **options):
        archive = load(*args, **options)
        get = type(archive).__getitem__
        monkeypatch.setattr(type(archive), "__getitem__", lambda own, name: read.append(name) or get(own, name))
        return archive

    monkeypatch.setattr(module.np, "load", watched)
    assert load_checkpoint_epoch(tmp_path) == 7 and read == ["values"]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: b"", "nothing was written"),
        (lambda data: b"something else", "another file"),
        (lambda data: data[: len(data) // 2], "the disk lost the end of it"),
        (lambda data: data[:30_000] + bytes(60_000) + data[90_000:], "the disk lost its middle"),
    ],
)
def test_one_that_cannot_be_read_counts_as_none(tmp_path, damage, reason):
    assert load_checkpoint(tmp_path) is None and load_checkpoint_epoch(tmp_path) == 0, "there is none"
    save_checkpoint(tmp_path, WRITTEN)
    path = tmp_path / CHECKPOINT
    path.write_bytes(damage(path.read_bytes()))
    assert load_checkpoint(tmp_path) is None, reason
