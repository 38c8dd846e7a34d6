"""A whole classroom as one zip: what is in it, under names that every system takes, and what is not."""

import csv
import io
import zipfile

import pytest

from tests.classroom.hall import a_group, photos_of, run_like
from tests.conftest import copy_of
from tlcore.api.model import load_model
from tlcore.classroom.hidden_test import HiddenScore, save_score, set_hidden_test
from tlcore.classroom.store import create_classroom
from tlcore.data.ingest import ingest_zip
from tlcore.errors import UserError
from tlcore.events import Progress, run_to_end
from tlcore.exports.classroom import take_home, take_home_name, take_home_pieces


@pytest.fixture
def lesson(trained, tmp_path):
    """A classroom with a group of a bad name that has photos and a model, one with nothing, and a hidden test."""
    workspace, _, run = copy_of(trained, tmp_path / "home")
    classroom = create_classroom(workspace, "Class 4b/…")
    bad, empty = a_group(workspace, "../CON: =Foxes"), a_group(workspace, "Owls")
    photos_of(workspace, tmp_path, bad.visitor, {"cat": 6, "aux": 6})
    run_like(workspace, run, bad.visitor)
    hidden = photos_of(workspace, tmp_path, "", {"cat": 6, "dog": 6}, 7)
    classroom = set_hidden_test(workspace, classroom.id, hidden.id)
    test = f"{hidden.id} x"
    save_score(workspace, bad, HiddenScore(bad.id, "r", "m", test, (True,) * 9 + (False,) * 3, when=2.0))
    save_score(workspace, empty, HiddenScore(empty.id, test=test, problem="This group has no trained model yet."))
    return workspace, classroom, hidden


def names_in(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_everything_is_in_it_and_the_hidden_test_only_where_asked(lesson, tmp_path):
    workspace, classroom, hidden = lesson
    events = []
    path = run_to_end(take_home(workspace, classroom.id, tmp_path / "new" / "all.zip"), events.append)
    files = names_in(path)
    [group] = {name.split("/")[0] for name in files if name.endswith("model.zip")}
    assert group.strip(".") and not set(group) & set('<>:"/\\|?*')
    assert sum(name.startswith(f"{group}/photos/") and name.endswith(".jpg") for name in files) == 12
    assert {"README.txt", "podium.csv", f"{group}/summary.txt", "Owls/summary.txt"} <= files.keys()
    assert not [name for name in files if name.startswith(("hidden-test", "/")) or ".." in name.split("/")]
    assert [each for each in events if isinstance(each, Progress)][-1].seconds_left == 0.0
    assert not [each for each in path.parent.iterdir() if each != path], "nothing half-written is left"
    secret = [hidden.read(name) for name in hidden.photos["path"]]
    assert not [each for each in secret if each in files.values()]
    run_to_end(take_home(workspace, classroom.id, path, hidden_test=True), lambda event: None)
    assert set(secret) <= set(names_in(path).values())


def test_what_is_in_it_can_be_used(lesson, tmp_path):
    workspace, classroom, _ = lesson
    files = names_in(run_to_end(take_home(workspace, classroom.id, tmp_path / "all.zip"), lambda event: None))
    [model] = [data for name, data in files.items() if name.endswith("model.zip")]
    (tmp_path / "model.zip").write_bytes(model)
    assert load_model(tmp_path / "model.zip").labels
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for name, data in files.items():
            if "/photos/" in name:
                archive.writestr(name.split("/photos/")[1], data)
    again = run_to_end(ingest_zip(workspace, tmp_path / "photos.zip"))
    assert again.labels == ("aux", "cat") and len(again.photos) == 12, "classes are called as they were"


def test_the_podium_is_a_table_without_formulas(lesson, tmp_path):
    workspace, classroom, _ = lesson
    files = names_in(run_to_end(take_home(workspace, classroom.id, tmp_path / "all.zip"), lambda event: None))
    head, first, second = csv.reader(io.StringIO(files["podium.csv"].decode("utf-8-sig")))
    assert head[:4] == ["Place", "Group", "Correct", "Photos"]
    assert first[0] == "1" and first[2:4] == ["9", "12"]
    assert second[1] == "Owls" and second[-1] == "This group has no trained model yet."
    assert "1st: ../CON: =Foxes, 75% correct: 9 of 12" in files["README.txt"].decode()


def test_as_pieces_it_is_the_same(lesson, tmp_path):
    workspace, classroom, _ = lesson
    whole = names_in(run_to_end(take_home(workspace, classroom.id, tmp_path / "all.zip"), lambda event: None))
    (tmp_path / "sent.zip").write_bytes(b"".join(take_home_pieces(workspace, classroom.id)))
    sent = names_in(tmp_path / "sent.zip")
    assert whole.keys() == sent.keys()
    assert {name for name in whole if whole[name] != sent[name]} <= {name for name in whole if name.endswith(".zip")}
    assert take_home_name(classroom) == "class-4b-classroom.zip"


@pytest.mark.parametrize(
    ("name", "words", "reason"),
    [("all.txt", "no name for a zip", "another ending"), ("folder.zip", "no name for a zip", "a folder is there")],
)
def test_what_is_no_zip_is_refused(lesson, tmp_path, name, words, reason):
    workspace, classroom, _ = lesson
    (tmp_path / "folder.zip").mkdir()
    with pytest.raises(UserError, match=words):
        run_to_end(take_home(workspace, classroom.id, tmp_path / name), lambda event: None)


def test_stopped_leaves_nothing_and_what_was_there(lesson, tmp_path):
    workspace, classroom, _ = lesson
    target = tmp_path / "out" / "all.zip"
    target.parent.mkdir()
    target.write_bytes(b"the earlier one")
    assert run_to_end(take_home(workspace, classroom.id, target, True, lambda: True), lambda event: None) is None
    assert [each.name for each in target.parent.iterdir()] == ["all.zip"] and target.read_bytes() == b"the earlier one"


def test_photos_that_are_gone_are_named(lesson, tmp_path):
    workspace, classroom, _ = lesson
    from tlcore.data.dataset_list import list_datasets
    from tlcore.data.manifest import load_dataset

    theirs = next(each for each in list_datasets(workspace) if each.visitor)
    dataset = load_dataset(workspace, theirs.id)
    lost = dataset.photos["path"].iat[0]
    dataset.place(lost).unlink()
    files = names_in(run_to_end(take_home(workspace, classroom.id, tmp_path / "all.zip"), lambda event: None))
    [summary] = [data.decode() for name, data in files.items() if name.endswith("summary.txt") and "Owls" not in name]
    assert f"could not be read: {lost}" in summary
