"""Options that decide how photos are read: a question with all of them, and every answer that it offers."""

import json
from pathlib import Path

import pytest

import tlcore
from tests.photos import class_files, make_photo, write_files
from tlcore.__main__ import main


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "home"))


@pytest.fixture
def pets(tmp_path):
    """Photos called cat.0.jpg, dog.0.jpg, … in folders of parts."""
    names = [f"train/{label}.{number}.jpg" for label in ("cat", "dog") for number in range(4)]
    return write_files(tmp_path / "pets", {name: make_photo(number) for number, name in enumerate(names)})


def imported(capsys, *options: str) -> dict[str, int]:
    assert main(["import", *options, "--json"]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])["classes"]


def test_a_question_lists_the_options_that_answer_it(pets, capsys):
    assert main(["import", str(pets)]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and "  --layout names" in shown.err.splitlines()
    assert "The class is in the file names: 2 classes (cat, dog), 8 photos." in shown.err
    assert imported(capsys, str(pets), "--layout", "names") == {"cat": 4, "dog": 4}
    assert imported(capsys, str(pets), "--labels", "names") == {"cat": 4, "dog": 4}
    assert main(["import", str(pets), "--layout", "names", "--labels", "names"]) == 2
    assert "Give only one of the two." in capsys.readouterr().err


@pytest.mark.parametrize("place", ["pets/labels.csv", "labels.csv", "elsewhere/labels.csv", "/labels.csv"])
def test_a_table_is_found_in_the_folder_and_elsewhere(pets, tmp_path, monkeypatch, capsys, place):
    rows = [
        "file,label",
        *(f"{name}.{n}.jpg,{'big' if n % 2 else 'small'}" for name in ("cat", "dog") for n in range(4)),
    ]
    write_files(tmp_path, {place.strip("/"): "\n".join(rows).encode()})
    monkeypatch.chdir(tmp_path)
    given = "labels.csv" if place.startswith("pets/") else f"{tmp_path}{place}" if place[0] == "/" else place
    assert imported(capsys, str(pets), "--labels", given) == {"big": 4, "small": 4}
    table = Path(place.strip("/"))
    table.write_text(table.read_text().replace("big", "huge"), encoding="utf-8")
    assert imported(capsys, str(pets), "--labels", given) == {"huge": 4, "small": 4}, "a table that has changed"


@pytest.mark.parametrize(("content", "words"), [(b"\0\0", "is not a table"), (None, "can’t be read by the layout")])
def test_a_table_that_cannot_be_used(pets, tmp_path, capsys, content, words):
    table = tmp_path / "t.csv"
    if content is not None:
        table.write_bytes(content)
    assert main(["import", str(pets), "--labels", str(table)]) == 2
    assert words in capsys.readouterr().err


def test_from_python_the_choices_are_values(tmp_path):
    files = {
        f"{site}/{name}": data
        for site in ("site1", "site2")
        for name, data in class_files({"cat": 3, "dog": 3}, seed=int(site[-1])).items()
    }
    folder = write_files(tmp_path / "sites", files)
    with pytest.raises(tlcore.UndecidedLayout) as question:
        tlcore.load_dataset(folder)
    first = question.value.choices[0]
    assert isinstance(first, tlcore.LayoutChoice) and first.key == "inner-folders"
    assert tlcore.load_dataset(folder, layout=first.key).labels == ("cat", "dog")
    assert tlcore.load_dataset(folder, layout="outer-folders").labels == ("site1", "site2")
    assert len(tlcore.load_dataset(folder, layout="only-folder:site2").photos) == 6
