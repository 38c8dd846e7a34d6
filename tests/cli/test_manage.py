"""`rename`, `delete` and `restore`: one question before anything goes, and the way back."""

import json
import sys
from contextlib import nullcontext

import pytest
from filelock import FileLock

from tests.photos import class_files, write_zip
from tlcore.cli.main import main
from tlcore.config import TrainConfig
from tlcore.data.dataset_list import list_datasets
from tlcore.data.ingest import ingest_zip
from tlcore.events import EpochEnd, Failed, Stopped, encode, run_to_end
from tlcore.grants import link_key, rights_given
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import EVENTS, QUEUED, create_run, list_runs
from tlcore.storage.sharing import open_link


@pytest.fixture
def made(workspace, tmp_path):
    """A workspace with a data set and a run on it."""
    files = class_files({"cats": 6, "dogs": 6, "birds": 6})
    dataset = run_to_end(ingest_zip(workspace, write_zip(tmp_path / "pets.zip", files)))
    return workspace, dataset, create_run(workspace, dataset.id, TrainConfig(), "pets")


def call(workspace, *arguments) -> int:
    return main([*arguments, "--workspace", str(workspace.root)])


def test_delete_says_what_goes_and_restore_brings_it_back(made, capsys):
    workspace, dataset, run = made
    assert call(workspace, "delete", dataset.id) == 2, "nobody there who could say yes"
    assert "1 run goes with it" in capsys.readouterr().err and list_datasets(workspace)
    assert call(workspace, "delete", dataset.id, "--yes") == 0
    assert f"restore {dataset.id}" in capsys.readouterr().out
    assert not list_datasets(workspace) and not list_runs(workspace)
    assert call(workspace, "restore") == 0
    assert "pets" in (listed := capsys.readouterr().out) and "23 hours left" in listed
    assert call(workspace, "restore", dataset.id) == 0
    assert [each.id for each in list_runs(workspace)] == [run.id]
    assert call(workspace, "restore", dataset.id) == 2, "nothing is there to come back"


@pytest.mark.parametrize(("typed", "gone"), [("y", True), ("yes ", True), ("", False), ("n", False)])
def test_a_person_at_a_terminal_is_asked_once(made, monkeypatch, typed, gone):
    workspace, _, run = made
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: typed)
    assert call(workspace, "delete", run.id) == 0
    assert (not list_runs(workspace)) is gone


def test_rename(made, capsys):
    workspace, dataset, run = made
    for an_id in (dataset.id, run.id):
        assert call(workspace, "rename", an_id, "  New   name ") == 0
    assert list_datasets(workspace)[0].name == list_runs(workspace)[0].name == "New name"
    assert call(workspace, "rename", "nobody-0", "x") == 2


@pytest.mark.parametrize(
    ("options", "code", "said", "reason"),
    [
        (["--address", "https://lab.example.org/"], 0, "https://lab.example.org/train?run=", "to look"),
        (["--address", "https://lab.example.org", "--change"], 0, "&key=", "to change"),
        ([], 2, "", "no address"),
        (["--address", "lab.example.org"], 2, "", "no address that a browser knows"),
        (["--stop"], 0, "Sharing stopped. Earlier links no longer work.", "the end of it"),
    ],
)
def test_share(made, capsys, options, code, said, reason):
    workspace, _, run = made
    assert call(workspace, "share", run.id, *options) == code, reason
    assert said in capsys.readouterr().out, reason


def test_a_link_of_the_terminal_is_that_of_the_page_and_ends(made, capsys):
    workspace, dataset, run = made
    key = link_key(workspace, "see", "run", run.id)
    call(workspace, "share", run.id, "--address", "http://localhost:8501", "--json")
    assert json.loads(capsys.readouterr().out)["link"].endswith(f"key={key}")
    assert open_link(workspace, "0" * 32, key, "run", run.id)
    call(workspace, "share", run.id, "--stop")
    assert "1 person lost access." in capsys.readouterr().out and rights_given(workspace, "0" * 32) == {}
    assert call(workspace, "share", dataset.id, "--address", "http://localhost:8501", "--change") == 2
    assert call(workspace, "share", "nobody-0", "--stop") == 2


def test_classes_and_photos(made, capsys):
    workspace, dataset, _ = made
    assert call(workspace, "rename", dataset.id, "Cats of all kinds", "--class", "cats", "--json") == 0
    renamed = json.loads(capsys.readouterr().out)
    assert renamed["labels"] == ["birds", "Cats of all kinds", "dogs"]
    photo = dataset.part("train")["path"][0]
    assert call(workspace, "delete", renamed["id"], "--photos", photo, "--yes", "--json") == 0
    fewer = json.loads(capsys.readouterr().out)
    assert fewer["photos"] == 17
    assert call(workspace, "delete", fewer["id"], "--class", "dogs", "--yes") == 0
    assert list_datasets(workspace)[0].labels == ("birds", "Cats of all kinds")
    assert call(workspace, "restore", fewer["id"]) == 0
    assert list_datasets(workspace)[0].labels == ("birds", "Cats of all kinds", "dogs")


def test_an_old_id_stands_for_the_newest_version(made, capsys):
    workspace, dataset, _ = made
    assert call(workspace, "rename", dataset.id, "Cats of all kinds", "--class", "cats") == 0
    (newer,) = list_datasets(workspace)
    assert f"undo: restore {dataset.id}" in capsys.readouterr().out
    assert call(workspace, "rename", dataset.id, "Dogs", "--class", "birds") == 0
    said = capsys.readouterr()
    assert newer.id in said.err and "Merged “birds” into “dogs”: 12 photos. The" in said.out
    assert f"undo: restore {newer.id}" in said.out
    assert call(workspace, "restore") == 0
    listed = capsys.readouterr().out.splitlines()
    words = "Merged “birds” into “dogs” (6 photos) in pets  can be undone at any time"
    assert listed[0].startswith(f"{newer.id}  {words}")
    assert "undo the later change first" in listed[1]
    assert call(workspace, "restore", newer.id) == 0
    assert call(workspace, "rename", dataset.id, "Animals") == 0
    capsys.readouterr()
    assert call(workspace, "restore") == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == 1 and "Renamed the class “cats” to “Cats of all kinds” in Animals" in listed[0]
    assert call(workspace, "runs") == 0
    assert "Animals" in capsys.readouterr().out, "the run on the earlier version goes by the name of now"
    assert call(workspace, "delete", dataset.id, "--yes") == 0
    assert not list_datasets(workspace) and not list_runs(workspace)


EPOCH = EpochEnd(4, 30, 0.5, 0.5, 0.5, 0.5, 0.1)
NO_MODEL = [
    ([], False, "waiting to be trained", "queued"),
    ([EPOCH], True, "still training (epoch 4 of up to 30)", "running"),
    ([EPOCH, Stopped("x")], False, "stopped before it had a model", "stopped"),
    ([Failed("The disk is full.", "Make room.")], False, "failed: The disk is full. Make room.", "failed"),
    ([EPOCH], False, "interrupted", "interrupted"),
]


@pytest.mark.parametrize("command", ["evaluate", "save", "predict"])
@pytest.mark.parametrize(("events", "works", "words", "reason"), NO_MODEL, ids=[case[3] for case in NO_MODEL])
def test_a_run_without_a_model_is_told_by_its_state(made, capsys, command, events, works, words, reason):
    workspace, _, run = made
    if events:
        (run.folder / EVENTS).write_text("".join(f"{encode(event)}\n" for event in events))
    else:
        (run.folder / QUEUED).touch()
    with FileLock(run.folder / LOCK) if works else nullcontext():
        assert call(workspace, command, run.id, *(["x.jpg"] if command == "predict" else [])) == 2
        said = capsys.readouterr().err
        assert words in said and "no trained model" not in said, reason
        assert ("transferlab runs" if reason in ("queued", "running") else f"transferlab continue {run.id}") in said
        call(workspace, "runs")
        assert ("in progress (epoch 4 of up to 30)" in capsys.readouterr().out) is works
