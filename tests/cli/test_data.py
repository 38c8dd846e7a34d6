"""`data`: every edit in the terminal, by path or pattern, with `--json`, and the way back."""

import json

import pytest

from tests.photos import class_files, write_files, write_zip
from tlcore.cli.data import matching_paths
from tlcore.cli.main import main
from tlcore.data.dataset_list import list_datasets
from tlcore.data.edit_log import TERMINAL
from tlcore.data.ingest import ingest_zip
from tlcore.data.versions import history, load_current
from tlcore.errors import UserError
from tlcore.events import run_to_end


@pytest.fixture
def made(workspace, tmp_path):
    files = class_files({"cats": 8, "dogs": 8, "birds": 8})
    return workspace, run_to_end(ingest_zip(workspace, write_zip(tmp_path / "pets.zip", files)))


def call(workspace, *arguments) -> int:
    return main(["data", *arguments, "--workspace", str(workspace.root)])


def counts(dataset):
    return dataset.photos["label"].value_counts().to_dict()


EDITS = [
    (
        ["relabel", "cats/photo [01].jpg", "--to", "dogs"],
        {"cats": 6, "dogs": 10, "birds": 8},
        "Moved 2 photos from cats to dogs",
    ),
    (["drop", "cats/photo 0.jpg"], {"cats": 7, "dogs": 8, "birds": 8}, "Left out 1 photo"),
    (["drop", "cats/*"], {"dogs": 8, "birds": 8}, "Left out 8 photos"),
    (["rotate", "cats/photo 0.jpg", "--by", "180"], None, "Rotated 1 photo by 180°"),
    (
        ["rename-class", "cats", "felines"],
        {"felines": 8, "dogs": 8, "birds": 8},
        "Renamed the class “cats” to “felines”",
    ),
    (["merge", "cats", "dogs", "--to", "pets"], {"pets": 16, "birds": 8}, "Merged “cats, dogs” into “pets”"),
    (
        ["split-off", "dogs/photo [0-3]*", "--to", "pups"],
        {"cats": 8, "dogs": 4, "birds": 8, "pups": 4},
        "the new class “pups”",
    ),
    (["reorder", "dogs", "cats", "birds"], None, "Reordered the classes"),
    (["group", "--by", r"photo (\d)"], None, "8 groups"),
]


@pytest.mark.parametrize(("arguments", "expected", "words"), EDITS, ids=[" ".join(case[0][:2]) for case in EDITS])
def test_an_edit_says_what_it_did_and_undo_takes_it_back(made, capsys, arguments, expected, words):
    workspace, dataset = made
    action, *rest = arguments
    assert call(workspace, action, dataset.id, *rest) == 0
    said = capsys.readouterr().out
    assert words in said and f"{dataset.id}@2" in said
    now = load_current(workspace, dataset.id)
    assert counts(now) == (expected or counts(dataset))
    assert call(workspace, "history", dataset.id) == 0
    assert words in capsys.readouterr().out
    assert [each.by for each in history(workspace, now)] == [TERMINAL]
    assert call(workspace, "undo", dataset.id, "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["id"] == dataset.id
    assert call(workspace, "redo", dataset.id) == 0
    assert [each.id for each in list_datasets(workspace)] == [now.id]


def test_left_out_photos_are_listed_and_come_back(made, capsys):
    workspace, dataset = made
    call(workspace, "drop", dataset.id, "cats/photo 0.jpg", "dogs/photo 1*")
    capsys.readouterr()
    call(workspace, "photos", dataset.id, "--left-out", "--json")
    found = json.loads(capsys.readouterr().out)["photos"]
    assert [each["path"] for each in found] == ["cats/photo 0.jpg", "dogs/photo 1.jpg"]
    assert call(workspace, "bring-back", dataset.id, "*") == 0
    assert counts(load_current(workspace, dataset.id)) == counts(dataset)
    call(workspace, "compare", dataset.id, "2")
    assert "cats/photo 0.jpg: added cats" in capsys.readouterr().out


def test_photos_are_added_and_those_that_are_there_are_reported(made, capsys, tmp_path):
    workspace, dataset = made
    more = class_files({"cats": 2, "fish": 3}, seed=5) | {"cats/same.jpg": dataset.read("cats/photo 0.jpg")}
    folder = write_files(tmp_path / "more", more)
    assert call(workspace, "add", dataset.id, str(folder)) == 0
    said = capsys.readouterr().out
    assert "Added 5 photos" in said and "already in this data set" in said
    now = load_current(workspace, dataset.id)
    assert counts(now) == {"cats": 10, "dogs": 8, "birds": 8, "fish": 3} and all(map(now.read, now.photos["path"]))
    assert all(now.thumbnails.read(sha256) for sha256 in now.photos["sha256"])
    before = dict(zip(dataset.photos["path"], dataset.photos["split"]))
    assert all(before[path] == part for path, part in zip(now.photos["path"], now.photos["split"]) if path in before)
    flat = write_files(
        tmp_path / "flat", {f"{n}.jpg": data for n, data in enumerate(class_files({"x": 2}, seed=9).values())}
    )
    assert call(workspace, "add", dataset.id, str(flat), "--class", "dogs") == 0
    assert counts(load_current(workspace, dataset.id))["dogs"] == 10
    assert call(workspace, "add", dataset.id, str(flat), "--class", "dogs") == 2
    assert "no new photo" in capsys.readouterr().err


def test_a_version_is_named_by_its_number(made, capsys, tmp_path):
    workspace, dataset = made
    call(workspace, "drop", dataset.id, "cats/*")
    capsys.readouterr()
    assert call(workspace, "photos", f"{dataset.id}@1") == 0
    assert len(capsys.readouterr().out.splitlines()) == 24
    assert call(workspace, "photos", dataset.id) == 0
    assert len(capsys.readouterr().out.splitlines()) == 16
    assert call(workspace, "export", f"{dataset.id}@1", str(tmp_path / "all.zip")) == 0
    assert "24 photos" in capsys.readouterr().out
    assert call(workspace, "go-to", dataset.id, "1") == 0 and counts(load_current(workspace, dataset.id))["cats"] == 8


def test_groups_come_from_a_table_too(made, tmp_path, capsys):
    workspace, dataset = made
    table = tmp_path / "groups.csv"
    table.write_text("photo,group\n" + "".join(f'"{path}",{path[-5]}\n' for path in dataset.photos["path"]))
    assert call(workspace, "group", dataset.id, "--table", str(table)) == 0
    now = load_current(workspace, dataset.id)
    assert (now.photos.groupby("group")["split"].nunique() == 1).all()
    assert call(workspace, "group", dataset.id, "--by", "(") == 2
    assert call(workspace, "group", dataset.id, "--by", "zebra") == 2


def test_patterns_and_paths():
    paths = ["a/1.jpg", "a/[2].jpg", "b/1.jpg"]
    assert matching_paths(paths, ["a/[2].jpg"]) == ["a/[2].jpg"], "what is there by its name is no pattern"
    assert matching_paths(paths, ["*/1.jpg", "a/1.jpg"]) == ["a/1.jpg", "b/1.jpg"]
    with pytest.raises(UserError, match="No photo is called “c/"):
        matching_paths(paths, ["c/*"])
