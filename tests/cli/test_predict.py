"""`transferlab predict` on folders and archives: sorted into folders, as Excel, as JSON; the same as from Python."""

import json
import os
import shutil
import zipfile

import pytest

from tests.small import write_small_folder
from tlcore.api.model import load_model
from tlcore.cli.main import main


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """Twelve photos, two of one name in different folders, and a broken one."""
    folder = write_small_folder(tmp_path_factory.mktemp("other") / "walk", 4, seed=50)
    first = sorted((folder / "disc").iterdir())[0]
    shutil.copy(first, folder / first.name)
    (folder / "CON.png").write_bytes(first.read_bytes())
    (folder / "disc" / "broken.jpg").write_bytes(b"nothing")
    return folder


def call(trained, *options):
    return main(["predict", trained[2].id, *map(str, options), "--workspace", str(trained[0].root)])


def test_a_folder_and_a_zip_are_sorted_alike(trained, walk, tmp_path, capsys):
    archive = shutil.make_archive(str(tmp_path / "walk"), "zip", walk)
    before = sorted((path, path.stat().st_mtime_ns) for path in walk.rglob("*"))
    found = []
    for number, given in enumerate((walk, archive)):
        target = tmp_path / f"sorted{number}"
        assert call(trained, given, "--sort-into", target, "--kept", 0.5) == 0
        said = capsys.readouterr().out
        assert f"Sorted 14 photos into {target}. The originals are unchanged." in said and "broken.jpg: " in said
        found.append(sorted((path.relative_to(target).as_posix(), path.read_bytes()) for path in target.rglob("*.png")))
    assert found[0] == found[1] and len(found[0]) == 14
    assert before == sorted((path, path.stat().st_mtime_ns) for path in walk.rglob("*"))
    model = load_model(trained[2].id, workspace=trained[0])
    for path, data in found[0]:
        answer = model.predict(data, kept=0.5)
        assert path.split("/")[0] == (answer.label if answer.known else "none of these")
    assert any("CON" in path and not path.endswith("/CON.png") for path, _ in found[0]), "Windows takes no such name"


@pytest.mark.parametrize("there", ["a file", "a folder with something"])
def test_nothing_that_is_there_is_mixed_with_sorted_photos(trained, walk, tmp_path, capsys, there):
    target = tmp_path / "there"
    if there == "a file":
        target.write_bytes(b"x")
    else:
        target.mkdir()
        (target / "own.txt").write_bytes(b"x")
    assert call(trained, walk, "--sort-into", target) == 2
    assert "Use a folder that is new or empty." in capsys.readouterr().err
    assert target.is_file() or os.listdir(target) == ["own.txt"]


def test_tables_and_python_say_the_same(trained, walk, tmp_path, capsys):
    csv, excel = tmp_path / "a.csv", tmp_path / "a.xlsx"
    assert call(trained, walk, "--csv", csv, "--excel", excel, "--json") == 0
    rows = json.loads(capsys.readouterr().out.splitlines()[-1])["predictions"]
    with zipfile.ZipFile(excel) as book:
        assert book.read("xl/worksheets/sheet1.xml").decode().count("<row ") == len(rows) + 1
    assert len(csv.read_text().splitlines()) == len(rows) + 1
    frame = load_model(trained[2].id, workspace=trained[0]).predict_folder(walk, progress=False)
    named = {os.path.relpath(row["image"], walk): row for row in rows}
    assert len(frame) == len(rows) == 15
    for row in frame.to_dict("records"):
        other = named[row["image"]]
        assert row["error"] == other.get("error", "") and row["label"] == other.get("label", "")


@pytest.mark.parametrize(
    ("make", "words", "reason"),
    [
        (lambda path: path.mkdir(), "no usable photo", "an empty folder"),
        (lambda path: (path.mkdir(), (path / "x.txt").write_bytes(b"x")), "x.txt: ", "no photo in it"),
        (lambda path: path.write_bytes(b"PK\x03\x04broken"), "zip", "a broken archive"),
    ],
)
def test_what_holds_no_photo_ends_in_a_sentence(trained, tmp_path, capsys, make, words, reason):
    make(tmp_path / "given")
    assert call(trained, tmp_path / "given") == 2, reason
    said = capsys.readouterr()
    assert words in said.out + said.err and "Traceback" not in said.err
