"""Folders of every shape: photos become a data set, or a person gets a plain sentence; nothing is lost."""

import errno
import os
import shutil
import unicodedata

import pandas as pd
import pytest

from tests.photos import class_files, make_photo, run_job, write_files
from tlcore.data import collect, saving
from tlcore.data.dataset_list import list_datasets
from tlcore.data.ingest import ingest_folder, ingest_path
from tlcore.data.manifest import COLUMNS, load_dataset
from tlcore.errors import UndecidedLayout, UserError
from tlcore.events import Progress

TWO = {"cats": 4, "dogs": 5}


def _ingest(workspace, folder, files, **options):
    return run_job(ingest_folder(workspace, write_files(folder, files), **options))[0]


def test_class_folders_become_a_data_set_that_can_be_loaded_again(workspace, tmp_path):
    files = class_files(TWO)
    dataset, events = run_job(ingest_folder(workspace, write_files(tmp_path / "Pets", files)))
    assert (dataset.name, dataset.labels, len(dataset.photos)) == ("Pets", ("cats", "dogs"), 9)
    assert tuple(dataset.photos.columns[: len(COLUMNS)]) == COLUMNS
    assert {path: dataset.read(path) for path in dataset.photos["path"]} == files
    assert set(dataset.part("train")["label"]) == set(dataset.part("test")["label"]) == {"cats", "dogs"}
    assert all(isinstance(event, Progress) and event.stage == "read" for event in events)
    assert (events[-1].done, events[-1].total) == (9, 9)
    again = load_dataset(workspace, dataset.id)
    pd.testing.assert_frame_equal(again.photos, dataset.photos, check_dtype=False)
    assert (again.fingerprint, again.notes, again.root) == (dataset.fingerprint, dataset.notes, dataset.root)
    assert [(item.id, item.num_photos) for item in list_datasets(workspace)] == [(dataset.id, 9)]


def test_folders_without_end(workspace, tmp_path):
    deep = "/".join(["x"] * 60)
    dataset = _ingest(workspace, tmp_path / "x", class_files(TWO) | {f"cats/{deep}/a.jpg": make_photo(1)})
    assert len(dataset.photos) == 9 and "folders deep" in dataset.refused["reason"][0]


def test_a_folder_of_raw_photos_is_told_what_to_do(workspace, tmp_path):
    raw = b"IIRO" + bytes(100)
    with pytest.raises(UserError, match="2 files are camera RAW files .* export them as JPEG"):
        _ingest(workspace, tmp_path / "x", {"a/1.orf": raw, "b/1.orf": raw})


@pytest.mark.parametrize("prefix", ["", "pets/", "a/b c/d/"])
def test_wrapping_folders_are_gone_through(workspace, tmp_path, prefix):
    dataset = _ingest(workspace, tmp_path / "x", class_files(TWO, prefix))
    assert dataset.labels == ("cats", "dogs")
    assert dataset.photos["path"].str.startswith(prefix).all()


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("train", "validation", "test"),
        ("Train", "VAL", "Testing"),  # any case, other people's names
        ("training", "valid", None),
        ("train", None, "test"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "wrapped/"])
def test_given_parts_are_recognised(workspace, tmp_path, train, validation, test, prefix):
    files = class_files({"cats": 6, "dogs": 6}, f"{prefix}{train}/", 1)
    for number, part in ((2, validation), (3, test)):
        if part:
            files |= class_files({"cats": 5, "dogs": 5}, f"{prefix}{part}/", number)
    dataset = _ingest(workspace, tmp_path / "x", files)
    assert dataset.labels == ("cats", "dogs")
    assert set(dataset.photos["split"]) == {"train", "validation", "test"}
    if validation and test:
        first = dataset.photos["path"].str.split("/").str[1 if prefix else 0]
        assert (dataset.photos[first == train]["split"] == "train").all()
        assert (dataset.photos[first == test]["split"] == "test").all()


def test_a_class_called_train_is_a_class_where_a_person_says_so(workspace, tmp_path):
    files = class_files({"train": 3, "plane": 3, "bus": 3})
    with pytest.raises(UndecidedLayout) as question:
        _ingest(workspace, tmp_path / "x", files)
    assert [choice.key for choice in question.value.choices] == ["all-folders", "folders"]
    dataset = _ingest(workspace, tmp_path / "x", files, layout="all-folders")
    assert dataset.labels == ("bus", "plane", "train")
    assert _ingest(workspace, tmp_path / "x", files, layout="folders").labels == ("bus", "plane")


def test_a_lone_train_folder_is_only_a_wrapping(workspace, tmp_path):
    dataset = _ingest(workspace, tmp_path / "x", class_files({"cats": 10, "dogs": 10}, "train/"))
    assert set(dataset.photos["split"]) == {"train", "validation", "test"}


def test_what_computers_leave_behind_is_skipped_without_a_word(workspace, tmp_path):
    junk = ["__MACOSX/cats/._a.jpg", ".DS_Store", "cats/.DS_Store", "cats/Thumbs.db", "dogs/desktop.ini", ".git/x.jpg"]
    dataset = _ingest(workspace, tmp_path / "x", class_files(TWO) | dict.fromkeys(junk, b"x"))
    assert len(dataset.photos) == 9 and dataset.refused.empty and dataset.labels == ("cats", "dogs")


def test_every_file_is_accepted_or_refused(workspace, tmp_path):
    refused = {
        "readme.txt": "is not in a class folder",
        "loose.jpg": "is not in a class folder",
        "cats/notes.txt": "is not a supported picture",
        "cats/page.jpg": "web page",
        "cats/empty.jpg": "is empty",
        "cats/cut.jpg": "is incomplete",
        "dogs/one.png": "too small",
    }
    data = {
        "cats/page.jpg": b"<html></html>",
        "cats/empty.jpg": b"",
        "cats/cut.jpg": make_photo(1, (300, 300))[:2000],
        "dogs/one.png": make_photo(1, (1, 1), "PNG"),
        "loose.jpg": make_photo(99),
    }
    files = class_files(TWO) | {name: data.get(name, b"text") for name in refused}
    files["cats/deeper/still/photo.jpg"] = make_photo(77)  # accepted, with the class of the folder at the top
    dataset = _ingest(workspace, tmp_path / "x", files)
    reasons = dict(dataset.refused.itertuples(index=False, name=None))
    assert set(reasons) == set(refused)
    assert all(words in reasons[name] for name, words in refused.items()), reasons
    assert set(dataset.photos["path"]) | set(reasons) == set(files)
    assert dataset.photos.set_index("path").loc["cats/deeper/still/photo.jpg", "label"] == "cats"


WRONG = [
    # name, files, words of the sentence
    ("nothing at all", {}, "contains no photos"),
    ("no photos", {"a/b.txt": b"x"}, "contains no photos"),
    ("photos but no folder", {"1.jpg": make_photo(1), "2.jpg": make_photo(2)}, "no class folders .2 photos"),
    ("one class", class_files({"cats": 5}), "only one class, cats"),
    (
        "one class, the other of texts",
        class_files({"cats": 5}) | {"dogs/a.txt": b"x"},
        "Only one class in x has usable photos: cats",
    ),
    (
        "no file is a photo",
        {"a/1.jpg": b"x", "b/1.jpg": b"y"},
        "2 files are not supported pictures .*. For example: a/1.jpg.",
    ),
    ("a class with one photo", class_files({"cats": 5, "dogs": 1}), "The class dogs has only 1 different photo"),
]


@pytest.mark.parametrize(("name", "files", "words"), WRONG, ids=[case[0] for case in WRONG])
def test_folders_that_cannot_work_end_in_a_sentence_and_leave_nothing(workspace, tmp_path, name, files, words):
    with pytest.raises(UserError, match=words) as caught:
        _ingest(workspace, tmp_path / "x", files)
    assert caught.value.fix
    assert list(workspace.datasets.iterdir()) == []


def test_a_path_that_is_not_there(workspace, tmp_path):
    for make in (ingest_folder, ingest_path):
        with pytest.raises(UserError, match="There is no file or folder"):
            run_job(make(workspace, tmp_path / "nowhere"))


def test_empty_class_folders_are_left_out_with_a_note(workspace, tmp_path):
    folder = write_files(tmp_path / "x", class_files(TWO))
    (folder / "birds").mkdir()
    dataset = run_job(ingest_folder(workspace, folder))[0]
    assert dataset.labels == ("cats", "dogs")
    assert dataset.notes == ("Left out, because they contain no usable photo: birds.",)


def test_300_classes_work(workspace, tmp_path):
    files = class_files({f"class {number:03d}": 3 for number in range(300)})
    dataset = _ingest(workspace, tmp_path / "x", files)
    assert len(dataset.labels) == 300 and dataset.photos["split"].value_counts().nunique() == 1


def test_class_names_stay_apart_by_case_and_are_one_in_all_unicode_forms(workspace, tmp_path):
    nfd = unicodedata.normalize("NFD", "Bär")
    files = class_files({"Cats": 3, "cats": 3, "Bär": 2, nfd: 2})
    dataset = _ingest(workspace, tmp_path / "x", files)
    assert dataset.labels == ("Bär", "Cats", "cats")
    assert len(dataset.photos) == 10 and dataset.photos["path"].is_unique


def test_names_are_fit_to_be_shown_and_photos_are_found_all_the_same(workspace, tmp_path):
    names = ["日本 語", "long " + "x" * 200, "tab\there", "<b>&amp;", "-rf", "emoji 🐈", "a\u202eb"]
    files = class_files(dict.fromkeys(names, 3))
    dataset = _ingest(workspace, tmp_path / "x", files)
    assert len(dataset.labels) == len(names) and max(map(len, dataset.labels)) == 80
    assert "tab here" in dataset.labels and "ab" in dataset.labels
    assert sorted(dataset.read(path) for path in dataset.photos["path"]) == sorted(files.values())
    assert any("205 characters was shortened" in note for note in dataset.notes)


def test_equal_photos_are_told_and_kept_on_one_side(workspace, tmp_path):
    files = class_files({"cats": 20, "dogs": 20})
    files["cats/copy.jpg"] = files["dogs/photo 1.jpg"]
    for number in range(5):
        files[f"cats/again {number}.jpg"] = files["cats/photo 0.jpg"]
    dataset = _ingest(workspace, tmp_path / "x", files)
    assert len(dataset.photos) == 46
    assert dataset.photos.groupby("sha256")["split"].nunique().max() == 1
    assert sorted(dataset.duplicates["count"]) == [2, 6]
    assert any("2 photos appear more than once (8 files" in note for note in dataset.notes)
    assert any("1 photo is in more than one class" in note and "cats and dogs" in note for note in dataset.notes)


def test_a_photo_given_for_train_and_test_does_not_leak(workspace, tmp_path):
    files = class_files({"a": 6, "b": 6}, "train/", 1) | class_files({"a": 5, "b": 5}, "test/", 2)
    files["test/a/leak.jpg"] = files["train/a/photo 0.jpg"]
    dataset = _ingest(workspace, tmp_path / "x", files)
    assert dataset.photos.groupby("sha256")["split"].nunique().max() == 1
    assert "test/a/leak.jpg" not in set(dataset.part("test")["path"])
    assert any("stays fair" in note for note in dataset.notes)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="links and pipes are of Unix")
def test_links_are_not_followed_out_of_the_folder(workspace, tmp_path):
    folder = write_files(tmp_path / "x", class_files(TWO))
    outside = write_files(tmp_path / "outside", {"secret.jpg": make_photo(900)})
    (folder / "cats" / "link.jpg").symlink_to(outside / "secret.jpg")
    (folder / "linked").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    (folder / "dogs" / "broken.jpg").symlink_to(folder / "gone.jpg")
    (folder / "dogs" / "inside.jpg").symlink_to(folder / "cats" / "photo 0.jpg")
    os.mkfifo(folder / "dogs" / "pipe.jpg")  # opening it would wait for ever
    dataset = run_job(ingest_folder(workspace, folder))[0]
    assert set(dataset.refused["path"]) == {"cats/link.jpg", "linked", "loop", "dogs/broken.jpg", "dogs/pipe.jpg"}
    assert "dogs/inside.jpg" in set(dataset.photos["path"])


def test_a_name_that_is_no_text_is_refused(workspace, tmp_path):
    folder = write_files(tmp_path / "x", class_files(TWO))
    try:
        with open(os.fsencode(folder / "cats") + b"/\xff\xfe.jpg", "wb") as file:
            file.write(make_photo(1))
    except OSError:
        pytest.skip("this file system does not allow such names")
    dataset = run_job(ingest_folder(workspace, folder))[0]
    assert dataset.refused["reason"].tolist() == ["has an unreadable name; rename it"]


def test_unreadable_folders_and_files(workspace, tmp_path, monkeypatch):
    folder = write_files(tmp_path / "x", class_files(TWO) | class_files({"locked": 3}))
    real = os.scandir

    def scandir(path):
        if str(path).endswith("locked"):  # the tests may run as root, for whom nothing is locked
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    dataset = run_job(ingest_folder(workspace, folder))[0]
    assert dataset.labels == ("cats", "dogs") and dataset.refused["path"].tolist() == ["locked"]
    with pytest.raises(UserError, match="can’t be opened: you don’t have permission"):
        run_job(ingest_folder(workspace, folder / "locked"))


def test_an_unchanged_folder_is_recognised_without_reading_a_photo(workspace, tmp_path, monkeypatch):
    folder = write_files(tmp_path / "x", class_files(TWO))
    first = run_job(ingest_folder(workspace, folder))[0]
    with monkeypatch.context() as patch:
        patch.setattr(collect, "_check", None)  # any photo read now would be a crash
        again, events = run_job(ingest_folder(workspace, folder))
        assert (again.id, events) == (first.id, [])
    assert run_job(ingest_folder(workspace, folder, seed=1))[0].id != first.id
    write_files(folder, {"cats/new.jpg": make_photo(500)})
    changed = run_job(ingest_folder(workspace, folder))[0]
    assert changed.id != first.id and len(changed.photos) == 10
    shutil.rmtree(workspace.datasets / changed.id)
    assert run_job(ingest_folder(workspace, folder))[0].id != changed.id


def test_the_same_photos_have_the_same_fingerprint_and_another_seed_another(workspace, tmp_path):
    first = _ingest(workspace, tmp_path / "x", class_files(TWO))
    second = _ingest(workspace, tmp_path / "y", class_files(TWO))
    other = _ingest(workspace, tmp_path / "y", {}, seed=7)
    assert first.fingerprint == second.fingerprint != other.fingerprint


def test_a_photo_that_is_gone_or_changed_is_named(workspace, tmp_path):
    dataset = _ingest(workspace, tmp_path / "x", class_files(TWO))
    (tmp_path / "x" / "cats" / "photo 0.jpg").unlink()
    (tmp_path / "x" / "cats" / "photo 1.jpg").write_bytes(make_photo(800))
    for path, words in (
        ("cats/photo 0.jpg", "no longer exists"),
        ("cats/photo 1.jpg", "has changed"),
        ("../x", "has no photo"),
    ):
        with pytest.raises(UserError, match=words) as caught:
            dataset.read(path)
        assert path in caught.value.what


def test_stopping_leaves_nothing(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "_SECONDS_BETWEEN_EVENTS", 0.0)
    folder = write_files(tmp_path / "x", class_files({"cats": 40, "dogs": 40}))
    dataset, events = run_job(ingest_folder(workspace, folder, should_stop=lambda: True))
    assert dataset is None and events[-1].done < 80
    job = ingest_folder(workspace, folder)
    next(job), next(job)
    job.close()  # the listener went away
    assert list(workspace.datasets.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "code", "words"),
    [
        ("write_atomic", errno.ENOSPC, "is full"),
        ("write_atomic", errno.EACCES, "could not be saved"),
        ("write_json", errno.ENOSPC, "is full"),
    ],
)
def test_a_full_disk_ends_in_a_sentence_and_leaves_nothing(workspace, tmp_path, monkeypatch, place, code, words):
    def fail(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(saving, place, fail)
    with pytest.raises(UserError, match=words):
        _ingest(workspace, tmp_path / "x", class_files(TWO))
    assert list(workspace.datasets.iterdir()) == []


def test_a_workspace_that_cannot_be_written(workspace, tmp_path):
    workspace.datasets.rmdir()
    workspace.datasets.write_text("a file where the folder should be, which not even root can write into")
    with pytest.raises(UserError, match="could not be saved"):
        _ingest(workspace, tmp_path / "x", class_files(TWO))


@pytest.mark.parametrize("bad", ["../etc", "", "a/b", "x" * 300, ".known", "nothing-here", "a\0b"])
def test_ids_out_of_a_url_are_not_trusted(workspace, bad):
    with pytest.raises(UserError, match="There is no data set"):
        load_dataset(workspace, bad)


def test_damaged_data_sets_are_told_and_left_out_of_the_list(workspace, tmp_path):
    dataset = _ingest(workspace, tmp_path / "x", class_files(TWO))
    (workspace.datasets / "broken").mkdir()
    (workspace.datasets / "broken" / "dataset.json").write_text("{")
    (dataset.folder / "photos.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(UserError, match="is damaged"):
        load_dataset(workspace, dataset.id)
    assert [item.id for item in list_datasets(workspace)] == [dataset.id]
