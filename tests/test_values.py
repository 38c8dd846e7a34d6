"""The values every room shares: events and their wire form, settings, the workspace's way of writing."""

import errno
import os
import stat
from dataclasses import MISSING, fields

import pytest

from tlcore import events
from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.workspace import new_id, open_workspace, read_json, write_atomic, write_json

SAMPLES = [
    events.Started(1.5, 77),
    events.Progress("features", 3, 10, 2.5),
    events.Progress("features", 0, 10, None),
    events.EpochEnd(1, 10, 0.7, 0.5, 0.6, 0.55, 0.02),
    events.EpochEnd(
        11,
        20,
        0.7,
        0.5,
        0.6,
        0.55,
        0.02,
        phase="fine_tune",
        elapsed=2.5,
        val_prediction_counts=(3, 0),
        best_epoch_so_far=9,
    ),
    events.Evaluated(46, 50, 6.1, 5.0, 0.3),
    events.Finished("run-1", 7.0, True),
    events.Stopped("Was “kept” – ünïcode\nsecond line"),
    events.Failed("Full.", "Free some.", True),
]


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: event.type)
def test_decode_is_the_inverse_of_encode_on_one_line(event):
    line = events.encode(event)
    assert "\n" not in line and events.decode(line) == event


def test_every_event_type_is_among_the_samples():
    assert {type(event) for event in SAMPLES} == set(events.Event.__subclasses__())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"type": "epoch", "epo', "torn by a kill"),
        ('{"type": "epoch"}', "fields are missing"),
        ('{"type": "party"}', "no such event"),
        ("[1, 2]", "not an object"),
        ("", "empty"),
    ],
)
def test_what_is_no_event_is_refused(line, reason):
    with pytest.raises(ValueError):
        events.decode(line)


def test_fields_of_a_newer_version_are_ignored():
    assert events.decode('{"type": "started", "time": 1.0, "process": 2, "host": "x"}') == events.Started(1.0, 2)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("epochs", 0, "below the least"),
        ("epochs", 501, "above the most"),
        ("epochs", 2.5, "not a whole number"),
        ("epochs", True, "a truth value is no number"),
        ("learning_rate", "fast", "a word"),
        ("learning_rate", float("nan"), "no number at all"),
        ("dropout", 0.95, "would hide nearly everything"),
        ("image_size", 20, "the network sees nothing"),
        ("strategy", "magic", "no such strategy"),
        ("class_weights", 1, "neither yes nor no"),
        ("backbone", 5, "not a name"),
    ],
)
def test_a_setting_out_of_range_is_refused_with_the_allowed_values(name, value, reason):
    with pytest.raises(UserError, match="Allowed"):
        TrainConfig(**{name: value})


def test_settings_survive_json_and_newer_versions():
    config = TrainConfig(epochs=3, seed=9)
    assert TrainConfig.from_dict(config.to_dict() | {"colour": "blue"}) == config


def test_every_setting_tells_a_person_what_it_is():
    for option in fields(TrainConfig):
        assert option.default is not MISSING
        assert option.metadata["label"] and option.metadata["help"].endswith("."), option.name


def test_a_workspace_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="TRANSFERLAB_HOME"):
        open_workspace(tmp_path / "file" / "home")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="an administrator may write anywhere")
def test_a_read_only_workspace_is_told(tmp_path):
    tmp_path.chmod(stat.S_IREAD | stat.S_IEXEC)
    with pytest.raises(UserError, match="TRANSFERLAB_HOME"):
        open_workspace(tmp_path / "home")


def test_the_environment_names_the_workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "here"))
    assert open_workspace().root == (tmp_path / "here").resolve()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "value.json"
    write_json(path, {"a": 1})

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tlcore.workspace.os.fsync", full)
    with pytest.raises(UserError, match="disk .* is full"):
        write_atomic(path, b"new")
    assert read_json(path) == {"a": 1} and [item.name for item in tmp_path.iterdir()] == ["value.json"]


def test_ids_cannot_be_guessed():
    assert len({new_id("x") for _ in range(100)}) == 100 and len(new_id("x")) == 2 + 16
