"""`transferlab import`: a data set, and one report of what was left out; a failed import says everything at once."""

import csv
import json

import pytest

from tests.archives import write_raw_zip
from tests.photos import class_files, make_photo, write_files
from tlcore.__main__ import main

PDF = b"%PDF-1.7 a scan"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "home"))


@pytest.fixture
def pets(tmp_path):
    bad = {f"cats/{number}-scan.jpg": PDF for number in range(30)} | {"=HYPERLINK(1).txt": b"x"}
    folder = write_files(tmp_path / "pets", class_files({"cats": 4, "dogs": 5}) | bad)
    (folder / "elsewhere").symlink_to(tmp_path)
    return folder


def test_the_answer_as_json(pets, capsys):
    assert main(["import", str(pets), "--name", "Pets", "--json"]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (values["name"], values["photos"], values["classes"]) == ("Pets", 9, {"cats": 4, "dogs": 5})
    assert sum(values["parts"].values()) == 9
    assert len(values["report"]) == 32 == len(values["refused"])
    assert {"path": "elsewhere", "what": "left out", "reason": "is a link to something outside the folder"} in (
        values["report"]
    )


def test_the_answer_as_text_and_the_whole_report_in_a_file(pets, tmp_path, capsys):
    assert main(["import", str(pets), "--report", str(tmp_path / "all.csv")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("pets  9 photos, 2 classes")
    assert lines[1:3] == ["  Classes from folder names.", "32 files left out"]
    assert lines[-1] == "  … and 22 more; --report FILE writes all"
    rows = list(csv.DictReader((tmp_path / "all.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 32 and rows[0]["File"] == "'=HYPERLINK(1).txt", "no formula"


def test_a_report_that_cannot_be_written_is_a_mistake_with_a_sentence(pets, tmp_path, capsys):
    assert main(["import", str(pets), "--report", str(tmp_path / "none" / "all.csv")]) == 2
    assert "Choose a file in another folder for --report." in capsys.readouterr().err


def test_a_failed_import_says_everything_at_once(tmp_path, capsys):
    files = {f"cats/{number}-scan.jpg": PDF for number in range(3)} | {"dogs/0.png": b"", "dogs/1.jpg": make_photo(1)}
    assert main(["import", str(write_files(tmp_path / "bad", files))]) == 2
    error = capsys.readouterr().err.splitlines()
    assert error[0] == "Only one class in bad has usable photos: dogs."
    assert error[1].startswith("  3 files are PDFs, not pictures") and error[2].startswith("  dogs/0.png is empty")
    assert error[3].startswith("Add photos")


def test_a_failed_import_as_json(tmp_path, capsys):
    files = class_files({"cats": 5, "dogs": 5, "birds": 2}) | {f"birds/{number}-scan.jpg": PDF for number in range(40)}
    assert main(["import", str(write_files(tmp_path / "few", files)), "--json"]) == 2
    said = capsys.readouterr()
    values = json.loads(said.out.splitlines()[-1])
    assert values["error"].startswith("The class birds has only 2 different photos") and values["fix"]
    assert values["small_classes"] == ["birds"] and values["reasons"][0].startswith("40 files are PDFs")
    assert values["error"] in said.err and values["reasons"][0] in said.err


def test_names_that_can_be_read_in_several_ways_are_asked_about_with_the_option_that_decides(tmp_path, capsys):
    names = [f"{name}/{number}.jpg".encode("gb18030") for name in ("猫", "狗") for number in range(4)]
    path = write_raw_zip(tmp_path / "old.zip", {name: make_photo(number) for number, name in enumerate(names)})
    assert main(["import", str(path)]) == 2
    error = capsys.readouterr().err
    assert "old.zip doesn’t say how its folder names are written" in error
    assert "--encoding gb18030\n      猫, 狗 (Simplified Chinese, GBK)" in error
    assert main(["import", str(path), "--encoding", "gb18030", "--json"]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert values["classes"] == {"狗": 4, "猫": 4}


def test_what_was_guessed_of_names_stands_in_the_report(tmp_path, capsys):
    names = [f"{name}/{number}.jpg".encode("cp932") for name in ("ソース", "ソフト", "いぬ") for number in range(4)]
    path = write_raw_zip(tmp_path / "old.zip", {name: make_photo(number) for number, name in enumerate(names)})
    assert main(["import", str(path), "--json"]) == 0
    (line,) = json.loads(capsys.readouterr().out.splitlines()[-1])["report"]
    assert (line["path"], line["what"]) == ("old.zip", "guessed") and "Japanese, Shift-JIS (cp932)" in line["reason"]
