"""A checkpoint comes back as it was written; one that cannot be read counts as none."""

import numpy as np
import pytest

from tlcore.training import checkpoint as module
from tlcore.training.checkpoint import Checkpoint, load_checkpoint, load_checkpoint_epoch, save_checkpoint
from tlcore.workspace import CHECKPOINT, PREVIOUS_CHECKPOINT, TRAINED

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


def after_epoch(epoch: int) -> Checkpoint:
    return Checkpoint({"epoch": epoch}, {"model": [np.full(1000, epoch, np.float32)]})


def flip(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 4
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damaged", "epoch", "reason"),
    [
        ((), 3, "the newest counts"),
        ((CHECKPOINT,), 2, "the newest is damaged: the one before"),
        ((PREVIOUS_CHECKPOINT,), 3, "the one before is not needed"),
        ((CHECKPOINT, PREVIOUS_CHECKPOINT), 0, "both: from the beginning"),
    ],
)
def test_a_damaged_one_falls_back_to_the_one_before(tmp_path, damaged, epoch, reason):
    for each in (1, 2, 3):
        save_checkpoint(tmp_path, after_epoch(each))
    for name in damaged:
        flip(tmp_path / name, 2000)
    assert load_checkpoint_epoch(tmp_path) == epoch, reason
    found = load_checkpoint(tmp_path)
    assert (found.values["epoch"] if found else 0) == epoch == load_checkpoint_epoch(tmp_path), reason
    if found:
        np.testing.assert_array_equal(found.arrays["model"][0], np.full(1000, epoch, np.float32))


def test_the_damaged_one_never_becomes_the_one_before(tmp_path):
    for epoch in (1, 2):
        save_checkpoint(tmp_path, after_epoch(epoch))
    flip(tmp_path / CHECKPOINT, 2000)
    assert load_checkpoint(tmp_path).values["epoch"] == 1
    save_checkpoint(tmp_path, after_epoch(2))
    flip(tmp_path / CHECKPOINT, 2000)
    assert load_checkpoint(tmp_path).values["epoch"] == 1


def test_a_kill_between_the_two_renames_leaves_the_one_before(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, after_epoch(1))
    replace, calls = module.os.replace, []

    def killed(source, target):
        calls.append(target)
        if len(calls) == 3:  # the file itself, then the old one to its place
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(module.os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(tmp_path, after_epoch(2))
    monkeypatch.undo()
    assert not (tmp_path / CHECKPOINT).exists() and load_checkpoint_epoch(tmp_path) == 1
    assert load_checkpoint(tmp_path).values["epoch"] == 1


def test_one_of_the_first_version_has_no_checksum_and_is_read(tmp_path):
    save_checkpoint(tmp_path, after_epoch(5))
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes().partition(b"\0checksum")[0])
    assert load_checkpoint(tmp_path).values["epoch"] == 5 == load_checkpoint_epoch(tmp_path)


def test_a_file_of_another_name_has_a_checksum_and_no_copy_before(tmp_path):
    for number in (1, 2):
        save_checkpoint(tmp_path, Checkpoint({"number": number}, {"head": [np.ones(1000)]}), TRAINED)
    found = load_checkpoint(tmp_path, TRAINED)
    assert found is not None and found.values == {"number": 2} and load_checkpoint(tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == [TRAINED]
    path = tmp_path / TRAINED
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert load_checkpoint(tmp_path, TRAINED) is None
