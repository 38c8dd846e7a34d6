"""Archives that were once read silently wrong, with small photos: as a zip, as the folder that it unpacks to, and as
what a browser sends of that folder."""

import zipfile
from pathlib import Path

import pytest

from tests.photos import class_files, make_photo, run_job, write_zip
from tlcore.data import incoming
from tlcore.data.ingest import ingest_incoming, ingest_path
from tlcore.data.layout import KEYS
from tlcore.errors import UndecidedLayout

ARCHIVES = Path(__file__).parent / "layouts"
PARTS = {"train", "validation", "test"}
CASES = [
    # archive, layout that a person chooses, classes, left out
    ("kaggle_cat_dog", "", {"cats": 28, "dogs": 28}, set()),
    ("dogs_vs_cats", "names", {"cat": 20, "dog": 20}, {"sampleSubmission.csv", *(f"test1/{n}.jpg" for n in range(10))}),
    ("stray_picture_in_wrapper", "", {"cats": 12, "dogs": 12}, {"wrapper/preview.jpg"}),
    ("letters", "", {"A": 10, "B": 10, "a": 10, "b": 10}, set()),
    ("unzip_me_pets_folder_with_zip_inside", "", {"cats": 8, "dogs": 8}, {"pets/cats/more.zip"}),
]


def as_zip(workspace, name, tmp_path):
    return lambda layout: ingest_path(workspace, ARCHIVES / f"{name}.zip", layout=layout)


def as_folder(workspace, name, tmp_path):
    with zipfile.ZipFile(ARCHIVES / f"{name}.zip") as archive:
        archive.extractall(tmp_path / name)
    return lambda layout: ingest_path(workspace, tmp_path / name, layout=layout)


def as_upload(workspace, name, tmp_path):
    """What a browser sends of the unpacked folder, hidden files and all."""
    area = incoming.new_incoming(workspace)
    with zipfile.ZipFile(ARCHIVES / f"{name}.zip") as archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                incoming.add_file(workspace, area, f"up/{entry.filename}", archive.read(entry), None)
    return lambda layout: ingest_incoming(workspace, area, "x", layout=layout)


@pytest.mark.parametrize(("name", "layout", "classes", "left_out"), CASES, ids=[case[0] for case in CASES])
@pytest.mark.parametrize("way", [as_zip, as_folder, as_upload])
def test_archives_are_read_as_they_are_meant(workspace, tmp_path, name, layout, classes, left_out, way):
    ingest = way(workspace, name, tmp_path)
    if layout:
        with pytest.raises(UndecidedLayout) as question:
            run_job(ingest(""))
        assert [choice.key for choice in question.value.choices] == [layout]
    dataset = run_job(ingest(layout))[0]
    assert dataset.photos["label"].value_counts().to_dict() == classes
    assert {path.removeprefix("up/") for path in dataset.refused["path"]} == left_out
    assert set(dataset.photos["split"]) == PARTS


def test_each_of_several_uploads_is_asked_about_and_keeps_its_answer(workspace, tmp_path):
    names = {f"{('ant', 'bee')[number % 2]} ({number}).jpg": make_photo(9_000 + number) for number in range(6)}
    sites = class_files({"cat": 2, "dog": 2}, "s1/", 11) | class_files({"cat": 2, "dog": 2}, "s2/", 12)
    area = incoming.new_incoming(workspace)
    for name, files in (("a.zip", names), ("b.zip", sites), ("c.zip", class_files({"elk": 4}, seed=13))):
        incoming.add_file(workspace, area, name, write_zip(tmp_path / name, files).read_bytes(), None)
    answers: list[str] = []
    for wanted in ("names", "inner-folders"):
        with pytest.raises(UndecidedLayout) as question:
            run_job(ingest_incoming(workspace, area, "x", layout=KEYS.join(answers)))
        assert question.value.choices[0].key == wanted
        answers.append(wanted)
    dataset = run_job(ingest_incoming(workspace, area, "x", layout=KEYS.join(answers)))[0]
    assert dataset.photos["label"].value_counts().to_dict() == {"ant": 3, "bee": 3, "cat": 4, "dog": 4, "elk": 4}
