"""`recommend` in a terminal: the answer first, photos without classes too, one sentence for a mistake."""

import json

import pytest

from tests.photos import class_files, write_files
from tlcore.__main__ import main
from tlcore.advice.rule import SIMILAR_FROM


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "home"))


def test_recommend_a_folder_of_classes(small_folder, capsys):
    assert main(["recommend", str(small_folder), "--json"]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(values)[:6] == ["similarity", "similar", "size", "quadrant", "strategy", "reason"]
    assert 0 <= values["similarity"] <= 1 and values["similar"] is (values["similarity"] >= SIMILAR_FROM)
    assert values["size"] == "small" and values["quadrant"].startswith("small-") and len(values["seen"]) == 9
    assert main(["recommend", str(small_folder)]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"{values['strategy']}: {values['reason']}") and values["seen"][0]["path"] in text


def test_recommend_photos_that_nobody_has_sorted(tmp_path, capsys):
    files = {name.rsplit("/", 1)[-1]: data for name, data in class_files({"x": 5}).items()}
    folder = write_files(tmp_path / "loose", files | {"notes.txt": b"no photo"})
    assert main(["recommend", str(folder), "--json"]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert values["looked_at"] == values["num_photos"] == 5 and values["num_classes"] == 0
    assert values["few"] == [] and values["mirrored"] == []
    assert not list((tmp_path / "home" / "datasets").glob("[a-z]*")), "nothing is kept of it but the features"


@pytest.mark.parametrize(
    ("make", "message", "reason"),
    [
        (lambda folder: "nowhere", "no folder", "no such place"),
        (
            lambda folder: write_files(folder / "texts", {"a.txt": b"text"}),
            "texts contains no usable photo",
            "no photos",
        ),
        (lambda folder: write_files(folder / "one", class_files({"cats": 3})), "only one class", "one class folder"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, capsys, make, message, reason):
    assert main(["recommend", str(make(tmp_path))]) == 2, reason
    captured = capsys.readouterr()
    assert message in captured.err and "Traceback" not in captured.err and not captured.out
