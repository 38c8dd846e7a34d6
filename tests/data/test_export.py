"""Exporting: any program can read it, and importing it gives the same classes and parts again."""

import csv
import io
import unicodedata
import zipfile

import pytest

from tests.photos import class_files, make_photo, run_job, write_files, write_zip
from tlcore.data.edits import leave_out, relabel, rename_class, rotate
from tlcore.data.export import class_folders, export_dataset, file_paths, safe_name
from tlcore.data.exported import CHANGES, LABELS, LABELS_HEADER
from tlcore.data.ingest import ingest_folder, ingest_path, ingest_zip
from tlcore.errors import UserError

EVIL = {
    "a/b": "a slash",
    "..": "the folder around",
    "CON": "a device of Windows",
    "train": "the name of a part",
    "Images": "a folder that holds photos",
    ".hidden": "a file that systems hide",
    "cats": "one of two that differ in capitals",
    "Cats": "the other one",
    "a|b; c, d": "what tables put between labels",
    '"=1+1"': "quotation marks and a formula",
    "#tag": "what tables take for a comment",
    "dots...": "dots at the end, which Windows drops",
    "ソース": "letters of another script",
    "🦊" * 60: "a long name of four bytes a letter",
    "labels.csv": "the table's own name",
    "_": "nothing but an underscore",
}


@pytest.fixture
def evil(workspace, tmp_path):
    """A data set whose classes have all of these names."""
    dataset = run_job(ingest_zip(workspace, write_zip(tmp_path / "x.zip", class_files(dict.fromkeys(_plain(), 4)))))[0]
    for plain, name in zip(_plain(), EVIL, strict=True):
        (tmp_path / "x").mkdir(exist_ok=True)
        if name != "Cats":  # renaming merges what differs in capitals alone
            dataset = rename_class(workspace, dataset, plain, name)
    return dataset


def _plain():
    return [f"class{number:02}" for number in range(len(EVIL))]


def export(dataset, original, target, **options):
    return run_job(export_dataset(dataset, original, target, **options))[0]


def content(dataset):
    return sorted(zip(dataset.photos["sha256"], dataset.photos["label"], dataset.photos["split"]))


@pytest.mark.parametrize("name", ["out", "out.zip"])
@pytest.mark.parametrize("with_parts", [False, True])
def test_what_is_exported_comes_back_the_same(workspace, evil, tmp_path, name, with_parts):
    target = export(evil, evil, tmp_path / name, with_parts=with_parts)
    back = run_job(ingest_path(workspace, target))[0]
    assert content(back) == content(evil)


@pytest.mark.parametrize("name", [*EVIL, "nul.txt", "a" * 300, "~x", "-rf", " . ", "", "\x00\x1f", "x\ud800y"])
def test_a_safe_name_is_one_on_every_system(name):
    safe = safe_name(name)
    assert safe and safe == safe.strip(" .") and len(safe.encode()) <= 255 and safe[0] not in ".~-"
    assert not set(safe) & set('<>:"/\\|?*') and not any(unicodedata.category(each) == "Cc" for each in safe)
    assert safe.casefold().partition(".")[0] not in ("con", "prn", "aux", "nul")


def test_names_that_only_capitals_tell_apart_are_two_folders():
    folders = class_folders(("Cats", "cats", "CATS"))
    assert len({name.casefold() for name in folders.values()}) == 3


def test_the_files_of_a_zip_stay_inside_of_it(evil, tmp_path):
    target = export(evil, evil, tmp_path / "out.zip")
    names = zipfile.ZipFile(target).namelist()
    assert not [name for name in names if name.startswith("/") or ".." in name.split("/") or "\\" in name]
    assert len({name.casefold() for name in names}) == len(names) == len(evil.photos) + 2


def table(path, name):
    return list(csv.DictReader(io.StringIO((path / name).read_text("utf-8-sig"))))


def test_the_tables_say_what_is_where_and_what_was_changed(workspace, tmp_path):
    folder = write_files(tmp_path / "pets", class_files({"cats": 8, "dogs": 8}))
    original = run_job(ingest_folder(workspace, folder))[0]
    train = original.part("train").groupby("label")["path"].apply(list)
    moved, gone = train["cats"][:2]
    edited = leave_out(workspace, relabel(workspace, original, [moved], "dogs"), [gone])
    edited = rotate(workspace, edited, [train["dogs"][0]], 90)
    target = export(edited, original, tmp_path / "out")
    labels = table(target, LABELS)
    assert tuple(labels[0]) == LABELS_HEADER and len(labels) == 15
    row = next(each for each in labels if each["photo in the data set"] == moved)
    assert row["class"] == "dogs" and (target / row["file"]).read_bytes() == original.read(moved)
    done = {
        each["photo"]: (each["original class"], each["class"], each["what was done"]) for each in table(target, CHANGES)
    }
    assert done == {
        moved: ("cats", "dogs", "moved to another class"),
        gone: ("cats", "", "left out"),
        train["dogs"][0]: ("dogs", "dogs", "rotated"),
    }
    assert not list(tmp_path.glob(".out*")), "nothing half-written stays"


def test_photos_moved_between_folders_since_count_and_not_the_table(workspace, tmp_path):
    original = run_job(ingest_zip(workspace, write_zip(tmp_path / "x.zip", class_files({"cats": 8, "dogs": 8}))))[0]
    target = export(original, original, tmp_path / "out")
    (target / "cats" / "photo 1.jpg").rename(target / "dogs" / "moved.jpg")
    (target / LABELS).unlink()
    (target / CHANGES).unlink()
    back = run_job(ingest_path(workspace, target))[0]
    assert back.photos["label"].value_counts().to_dict() == {"dogs": 9, "cats": 7}


def test_what_is_there_is_not_overwritten(workspace, tmp_path):
    dataset = run_job(ingest_zip(workspace, write_zip(tmp_path / "x.zip", class_files({"cats": 3, "dogs": 3}))))[0]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    (tmp_path / "out.zip").write_bytes(b"x")
    for name in ("out", "out.zip"):
        with pytest.raises(UserError, match="there already"):
            export(dataset, dataset, tmp_path / name)
    assert (tmp_path / "out" / "mine.txt").read_text() == "x"


def test_two_photos_of_one_name_in_a_class_are_two_files(workspace, tmp_path):
    files = {f"train/cats/{n}.jpg": make_photo(n) for n in range(4)} | {
        f"test/cats/{n}.jpg": make_photo(n + 50) for n in range(4)
    }
    files |= {path.replace("cats", "dogs"): make_photo(100 + n) for n, path in enumerate(files)}
    dataset = run_job(ingest_zip(workspace, write_zip(tmp_path / "x.zip", files)))[0]
    assert len({file.casefold() for file in file_paths(dataset).values()}) == 16
