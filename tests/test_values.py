"""The values every room shares: events and their wire form, settings, the workspace's way of writing."""

import ast
import errno
import os
import re
import stat
import sys
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

import tlcore
from tlcore import events
from tlcore.config import RENAMED_FIELDS, TrainConfig
from tlcore.errors import UserError, require_package
from tlcore.workspace import is_id, new_id, open_workspace, read_json, write_atomic, write_json

SAMPLES = [
    events.Started(1.5, 77),
    events.Planned((events.PlannedStage(events.StageKey.EXTRACT_FEATURES, 10, 3, 1, certain=False),)),
    events.Progress("features", 3, 10, 2.5),
    events.Progress("extract_features", 3, 10, 2.5, (9.0, 12.0), cached=2, unit="views"),
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
    events.Packed(),
    events.Finished("run-1", 7.0, True),
    events.Stopped("Was “kept” – ünïcode\nsecond line"),
    events.Failed("Full.", "Free some.", True, "1a2b3c4d"),
    events.Died(9, -9, 1_200_000_000),
    events.Diverged(3, "fine_tune"),
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


@pytest.mark.parametrize(
    ("line", "event", "reason"),
    [
        (
            '{"type": "epoch", "epoch": 11, "epochs": 20, "loss": 0.7, "accuracy": 0.5, "val_loss": 0.6, '
            '"val_accuracy": 0.55, "seconds": 0.02, "phase": "open", "elapsed": 2.5, "said": [3, 0], "keeps": 9, '
            '"left": [1.0, 2.0]}',
            events.EpochEnd(11, 20, 0.7, 0.5, 0.6, 0.55, 0.02, "fine_tune", 2.5, (3, 0), 9, (1.0, 2.0)),
            "while the network adapts",
        ),
        (
            '{"type": "epoch", "epoch": 1, "epochs": 20, "loss": 0.7, "accuracy": 0.5, "val_loss": 0.6, '
            '"val_accuracy": 0.55, "seconds": 0.02, "phase": "head", "elapsed": 0.5, "said": [], "keeps": 0, '
            '"left": null}',
            events.EpochEnd(1, 20, 0.7, 0.5, 0.6, 0.55, 0.02, "head", 0.5),
            "of the head",
        ),
        (
            '{"type": "epoch", "epoch": 1, "epochs": 20, "loss": 0.7, "accuracy": 0.5, "val_loss": 0.6, '
            '"val_accuracy": 0.55, "seconds": 0.02}',
            events.EpochEnd(1, 20, 0.7, 0.5, 0.6, 0.55, 0.02),
            "from before there were phases",
        ),
        (
            '{"type": "epoch", "epoch": 1, "epochs": 2, "loss": 0.7, "accuracy": 0.5, "val_loss": 0.6, '
            '"val_accuracy": 0.55, "seconds": 0.02, "best_epoch_so_far": 2, "keeps": 1}',
            events.EpochEnd(1, 2, 0.7, 0.5, 0.6, 0.55, 0.02, best_epoch_so_far=2),
            "both names: the new one counts",
        ),
        (
            '{"type": "evaluated", "test_correct": 46, "test_total": 50, "seconds": 6.1, "seconds_features": 5.0, '
            '"seconds_training": 0.3}',
            events.Evaluated(46, 50, 6.1, 5.0, 0.3),
            "as it still is",
        ),
    ],
)
def test_lines_of_version_0_1_0_are_read(line, event, reason):
    assert events.decode(line) == event, reason


def job_of_three(log):
    """A job that yields three events and returns "result"; `log` gets "closed" when it gives its things back."""
    try:
        for done in range(3):
            yield events.Progress("read", done, 3)
        return "result"
    finally:
        log.append("closed")


def test_a_job_runs_to_its_end_with_every_event_in_order():
    seen, log = [], []
    assert events.run_to_end(job_of_three(log), seen.append) == "result"
    assert [event.done for event in seen] == [0, 1, 2] and log == ["closed"]
    assert events.run_to_end(job_of_three(log)) == "result", "nobody has to listen"


def test_what_a_job_raises_passes():
    def broken():
        yield events.Progress("read", 0, 3)
        raise UserError("The disk is full.")

    seen = []
    with pytest.raises(UserError, match="full"):
        events.run_to_end(broken(), seen.append)
    assert len(seen) == 1, "what came before was passed on"


@pytest.mark.parametrize("error", [KeyboardInterrupt, StopIteration, ValueError], ids=lambda error: error.__name__)
def test_what_a_listener_raises_passes_and_the_job_is_closed(error):
    def listen(event):
        if event.done == 1:
            raise error

    log = []
    job = job_of_three(log)
    with pytest.raises(error):
        events.run_to_end(job, listen)
    assert log == ["closed"], "at once, though somebody still holds the job"


def test_fields_of_a_newer_version_are_ignored():
    assert events.decode('{"type": "started", "time": 1.0, "process": 2, "host": "x"}') == events.Started(1.0, 2)
    stage = '{"key": "decode_photos", "total": 9, "cached": 3, "open_ended": false}'
    planned = events.Planned((events.PlannedStage(events.StageKey.DECODE_PHOTOS, 9, 3),))
    assert events.decode(f'{{"type": "planned", "stages": [{stage}]}}') == planned, "those of a stage too"


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
    with pytest.raises(UserError, match="is not allowed. .* takes "):
        TrainConfig(**{name: value})


def test_settings_survive_json_and_newer_versions():
    config = TrainConfig(epochs=3, seed=9)
    assert TrainConfig.from_dict(config.to_dict() | {"colour": "blue"}) == config


OLD = {
    "open_from": "block6a",
    "open_layers": 12,
    "open_epochs": 7,
    "open_learning_rate": 2e-4,
    "own_statistics": 0.3,
}


@pytest.mark.parametrize(("old", "value"), OLD.items())
def test_a_setting_under_its_name_of_version_0_1_0_is_read(old, value):
    new = RENAMED_FIELDS[old]
    assert getattr(TrainConfig(), new) != value, "or this test could not fail"
    assert TrainConfig.from_dict({old: value}) == TrainConfig(**{new: value}), "the old name alone"
    for values in ({old: "ignored", new: value}, {new: value, old: "ignored"}):
        assert TrainConfig.from_dict(values) == TrainConfig(**{new: value}), "the new one wins, whichever comes first"
    assert old not in TrainConfig().to_dict(), "only the new name is written"


def test_every_old_name_stands_for_a_setting():
    assert OLD.keys() == RENAMED_FIELDS.keys()
    assert set(RENAMED_FIELDS.values()) <= {option.name for option in fields(TrainConfig)}
    assert TrainConfig.from_dict(OLD | {"open_door": 1}) == TrainConfig(
        **{RENAMED_FIELDS[old]: value for old, value in OLD.items()}
    ), "all at once, and an unknown one is ignored"


def test_every_setting_tells_a_person_what_it_is():
    for option in fields(TrainConfig):
        assert option.default is not MISSING
        assert option.metadata["label"] and option.metadata["help"].endswith("."), option.name


def test_no_error_of_the_core_names_a_page_or_what_is_on_it():
    """The same sentence is read on a page, in a terminal and in Python."""
    words = re.compile(r"\b(pages?|buttons?|click|press|tabs?|browsers?|widgets?|sidebar)\b", re.IGNORECASE)
    found = [
        f"{path.name}: {part.value}"
        for path in sorted(Path(tlcore.__file__).parent.rglob("*.py"))
        if path.name != "app.py"  # it starts the pages, and may name them
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("UserError", "Failed", "Stopped")
        for part in ast.walk(call)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and words.search(part.value)
    ]
    assert found == []


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
    with pytest.raises(UserError, match="disk is full"):
        write_atomic(path, b"new")
    assert read_json(path) == {"a": 1} and [item.name for item in tmp_path.iterdir()] == ["value.json"]


def test_ids_cannot_be_guessed():
    assert len({new_id("x") for _ in range(100)}) == 100 and len(new_id("x")) == 2 + 16


@pytest.mark.parametrize(
    ("text", "valid", "reason"),
    [
        ("shapes-edd1913d97191788", True, "as they are made"),
        ("20261126-1724-0123456789abcdef", True, "as runs are named"),
        ("..", False, "the folder above"),
        ("a/b", False, "a folder within"),
        ("-a", False, "an option of a command"),
        ("", False, "nothing"),
        ("A", False, "on some disks the same as a"),
        ("a\n", False, "a line break"),
        ("a" * 82, False, "longer than any"),
    ],
)
def test_what_can_be_an_id(text, valid, reason):
    assert is_id(text) is valid, reason


@pytest.mark.parametrize(("module", "missing"), [("sklearn", True), ("json", False), ("no_such_package_at_all", True)])
def test_a_package_beyond_the_core_is_asked_for_in_a_sentence(monkeypatch, module, missing):
    if module == "sklearn":
        monkeypatch.setitem(sys.modules, "sklearn", None)  # as where it is not installed
    if not missing:
        require_package(module, "JSON", "Counting", "train")
        return
    with pytest.raises(UserError, match=r"Counting needs it, .*pip install 'transferlab\[train\]'"):
        require_package(module, "it", "Counting", "train")
