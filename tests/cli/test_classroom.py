"""`transferlab class`: what a teacher does in a terminal, as text and as JSON; and the same from Python."""

import json
import sys

import pytest

import tlcore
from tests.classroom.hall import a_group, photos_of, run_like
from tests.conftest import copy_of
from tests.small import write_small_folder
from tlcore.classroom.store import create_classroom, list_classrooms, list_groups, load_classroom
from tlcore.cli.main import main
from tlcore.data.ingest import ingest_folder
from tlcore.errors import UserError
from tlcore.events import run_to_end


@pytest.fixture
def lesson(trained, tmp_path):
    """A classroom with Foxes, who have a model, and Owls; and photos of the owner's for a hidden test."""
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    classroom = create_classroom(workspace, "4b")
    foxes = a_group(workspace, "Foxes")
    a_group(workspace, "\x1b[2JOwls")
    run_like(workspace, run, foxes.visitor)
    return workspace, classroom, dataset


def call(workspace, *arguments) -> int:
    return main(["class", *arguments, "--workspace", str(workspace.root)])


def test_without_a_classroom_it_says_how_to_open_one(workspace, capsys):
    assert call(workspace, "status") == 2
    assert "There is no classroom here yet" in capsys.readouterr().err
    assert call(workspace, "status", "--classroom", "nothing-here") == 2


def test_status(lesson, capsys):
    workspace, classroom, _ = lesson
    assert call(workspace, "status") == 0
    plain = capsys.readouterr().out
    assert f"4b (open) · code {classroom.spaced_code} · 2 groups" in plain and "\x1b" not in plain
    assert call(workspace, "status", "--json") == 0
    values = json.loads(capsys.readouterr().out)
    assert values["groups"][0]["name"] == "Foxes" and values["groups"][0]["entry"] and values["state"] == "open"
    assert main(["class", "--json", "--workspace", str(workspace.root), "status"]) == 0, "options before the action"
    assert json.loads(capsys.readouterr().out) == values


def test_the_task_is_shown_and_changed_in_part(lesson, capsys):
    workspace, classroom, dataset = lesson
    assert call(workspace, "task") == 0 and "No task" in capsys.readouterr().out
    assert call(workspace, "task", "--text", "Find shapes", "--runs", "3", "--strategies", "hybrid") == 0
    assert call(workspace, "task", "--data", dataset.id) == 0
    told = capsys.readouterr().out
    assert "Find shapes" in told and "Up to 3 trainings." in told and "Training with hybrid." in told
    assert f"Photos: “{dataset.name}”, the same for all groups." in told
    assert call(workspace, "task", "--data", "none", "--strategies") == 0
    task = load_classroom(workspace, classroom.id).task
    assert (task.text, task.runs, task.dataset_id, task.strategies) == ("Find shapes", 3, "", ())
    assert call(workspace, "task", "--strategies", "luck") == 2


def test_pause_resume_and_close(lesson):
    workspace, classroom, _ = lesson
    for action, seen in (("pause", (True, True)), ("resume", (True, False)), ("close", (False, False))):
        assert call(workspace, action) == 0
        found = load_classroom(workspace, classroom.id)
        assert (found.is_open, found.is_paused) == seen, action
    assert found.closed and call(workspace, "status") == 0, "the newest, where none is open"


def test_a_hidden_test_is_scored_to_the_podium(lesson, tmp_path, capsys):
    workspace, classroom, dataset = lesson
    assert call(workspace, "score") == 2, "there is none yet"
    strange = photos_of(workspace, tmp_path, "", {"cat": 6, "dog": 6})
    assert call(workspace, "hidden-test", strange.id) == 0 and call(workspace, "podium") == 0
    assert "No group has been scored yet." in capsys.readouterr().out
    assert call(workspace, "score") == 0
    assert "Foxes: The model doesn’t know “cat”, “dog”." in capsys.readouterr().out
    assert call(workspace, "hidden-test", dataset.id) == 2, "Foxes have trained on these photos"
    hidden = run_to_end(ingest_folder(workspace, write_small_folder(tmp_path / "hidden", 4, 9)))
    assert call(workspace, "hidden-test", hidden.id) == 0 and call(workspace, "score", "--json") == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    [place] = values["places"]
    assert (place["place"], place["group"], place["total"]) == (1, "Foxes", len(hidden.photos))
    assert [each["problem"] for each in values["unranked"]] == ["This group has no trained model yet."]
    assert call(workspace, "podium") == 0 and "1st: Foxes, " in capsys.readouterr().out
    assert call(workspace, "hidden-test", "none") == 0 and not load_classroom(workspace, classroom.id).hidden_test


def test_a_group_is_removed_and_comes_back(lesson, monkeypatch, capsys):
    workspace, classroom, _ = lesson
    assert call(workspace, "remove", "foxes") == 2, "nobody there who could say yes"
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert call(workspace, "remove", "foxes") == 0 and len(list_groups(workspace, classroom.id)) == 2
    assert call(workspace, "remove", "Bears", "--yes") == 2 and "The groups are: Foxes" in capsys.readouterr().err
    assert call(workspace, "remove", "foxes", "--yes") == 0 and len(list_groups(workspace, classroom.id)) == 1
    assert call(workspace, "restore", "Foxes") == 0 and len(list_groups(workspace, classroom.id)) == 2


def test_take_home_and_erase(lesson, tmp_path, monkeypatch, capsys):
    workspace, _, _ = lesson
    monkeypatch.chdir(tmp_path)
    assert call(workspace, "take-home") == 0 and (tmp_path / "4b-classroom.zip").exists()
    assert call(workspace, "take-home", "other.txt") == 2
    assert call(workspace, "erase") == 2 and "cannot be undone" in capsys.readouterr().err
    assert call(workspace, "erase", "--yes") == 0
    assert "Erased: " in capsys.readouterr().out and not list_classrooms(workspace)


def test_the_same_from_python(workspace, monkeypatch, tmp_path):
    first = tlcore.create_classroom("4a", workspace=workspace)
    second = tlcore.create_classroom("4b", workspace=workspace)
    assert [(each.name, each.is_open) for each in tlcore.list_classrooms(workspace)] == [("4b", True), ("4a", False)]
    assert tlcore.load_classroom(workspace=workspace).id == second.id
    assert tlcore.load_classroom(first.id, workspace=workspace).info.name == "4a"
    with pytest.raises(UserError):
        tlcore.load_classroom("../x", workspace=workspace)
    photos = photos_of(workspace, tmp_path, "", {"cat": 6, "dog": 6})
    task = second.set_task("Cats", data=photos, strategies=["hybrid"], runs=2)
    assert (task.dataset_id, task.strategies, task.runs) == (photos.id, ("hybrid",), 2)
    assert second.set_task(runs=0).text == "Cats" and second.set_task(data="").dataset_id == ""
    second.close()
    assert second.groups == [] and second.podium.places == ()
    assert second.erase().groups == 0
