"""The command `check`: what was found in words and in JSON, and the split by what belongs together."""

import json
import shutil

import pytest

import tlcore
from tests.photos import class_files, write_files
from tests.small import write_small_folder
from tlcore.cli.main import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "home"))
    folder = write_small_folder(tmp_path / "shapes", photos_per_class=6)
    shutil.copy(folder / "disc" / "disc000.png", folder / "disc" / "again.png")
    return folder


def test_what_is_found_in_words_in_json_and_in_python(folder, capsys):
    assert main(["check", str(folder)]) == 0
    text = capsys.readouterr().out
    assert "Copies (" in text and "The same file twice · disc/again.png" in text
    assert main(["check", str(folder), "--json"]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    found = tlcore.find_issues(values["dataset"])
    assert [row["path"] for row in values["issues"]] == found.issues["path"].tolist()
    assert values["counts"]["copy"] == int((found.issues["kind"] == "copy").sum())
    assert set(found.measures.index) >= {"disc/again.png"}


def test_the_split_keeps_groups_on_one_side(folder, capsys):
    write_files(folder.parent / "photos", class_files({"one": 8, "two": 8}))
    shutil.copy(folder.parent / "photos" / "one" / "photo 1.jpg", folder.parent / "photos" / "one" / "again.jpg")
    assert main(["check", str(folder.parent / "photos"), "--split-by", "alike", "--json"]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    photos = tlcore.load_dataset(values["dataset"]).photos
    assert values["groups"] >= 1 and sum(values["parts"].values()) == len(photos) == 17
    assert (photos.groupby("group")["split"].nunique() == 1).all()


def test_a_column_of_a_table_is_a_group_like_the_others(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "home"))
    rows = [f"{label}/photo {n}.jpg,{'ABCD'[n % 4]}" for label in ("one", "two") for n in range(8)]
    table = "\n".join(["file,site", *rows]).encode()
    folder = write_files(tmp_path / "photos", class_files({"one": 8, "two": 8}) | {"sites.csv": table})
    assert main(["check", str(folder), "--json"]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert "column:site" in [each["by"] for each in values["splits"]]
    assert main(["check", str(folder), "--split-by", "site"]) == 0
    assert "Split by 4 groups" in capsys.readouterr().out
    assert main(["data", "group", values["dataset"], "--column", "size"]) == 2
    assert "Use site, alike" in capsys.readouterr().err
    assert main(["import", str(folder), "--name", "again", "--group-by", "site", "--json"]) == 0
    made = json.loads(capsys.readouterr().out.splitlines()[-1])["dataset"]
    assert tlcore.load_dataset(made).photos["group"].nunique() == 4


def test_a_grouping_that_there_is_not_is_a_sentence(folder, capsys):
    assert main(["check", str(folder), "--split-by", "(a+)+$"]) == 2
    assert "There is no grouping" in capsys.readouterr().err
