"""Mending a data set: each edit makes a version, nothing is lost, and what was not touched stays in its part."""

import json
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.photos import class_files, make_halves, make_photo, run_job, write_files, write_zip
from tlcore.api.editing import editable
from tlcore.data import edit_log
from tlcore.data.dataset_list import list_datasets
from tlcore.data.edit_log import PYTHON, edited_by
from tlcore.data.edits import (
    bring_back,
    compare_versions,
    delete_photos,
    history,
    leave_out,
    merge_classes,
    move_to_part,
    redo,
    relabel,
    relabel_each,
    reorder_classes,
    rotate,
    set_groups,
    split_off,
    undo,
)
from tlcore.data.images import load_upright, thumbnail
from tlcore.data.ingest import ingest_folder, ingest_zip
from tlcore.data.manifest import SPLITS, load_dataset
from tlcore.data.versions import current_version, go_to
from tlcore.errors import TooFewPhotos, UserError
from tlcore.workspace import read_json

CLASSES = {"cats": 8, "dogs": 8, "birds": 8}


@pytest.fixture
def dataset(workspace, tmp_path):
    return run_job(ingest_zip(workspace, write_zip(tmp_path / "pets.zip", class_files(CLASSES))))[0]


def parts(dataset):
    return dict(zip(dataset.photos["path"], dataset.photos["split"]))


def counts(dataset):
    return dataset.photos["label"].value_counts().to_dict()


def paths_of(dataset, label, part=None):
    rows = dataset.photos[dataset.photos["label"] == label]
    return list(rows["path"] if part is None else rows["path"][rows["split"] == part])


EDITS = [
    (lambda w, d: relabel(w, d, paths_of(d, "cats")[:2], "dogs"), {"cats": 6, "dogs": 10, "birds": 8}, "relabelled"),
    (lambda w, d: relabel(w, d, paths_of(d, "cats"), "dogs"), {"dogs": 16, "birds": 8}, "all of a class"),
    (
        lambda w, d: relabel_each(w, d, {paths_of(d, "cats")[0]: "dogs", paths_of(d, "dogs")[0]: "birds"}),
        {"cats": 7, "dogs": 8, "birds": 9},
        "each to another class, as one edit",
    ),
    (lambda w, d: leave_out(w, d, paths_of(d, "cats", "train")[:2]), {"cats": 6, "dogs": 8, "birds": 8}, "left out"),
    (lambda w, d: leave_out(w, d, paths_of(d, "cats")), {"dogs": 8, "birds": 8}, "a class left out"),
    (lambda w, d: move_to_part(w, d, paths_of(d, "cats", "train")[:1], "test"), CLASSES, "in another part"),
    (lambda w, d: rotate(w, d, paths_of(d, "cats")[:3], 90), CLASSES, "turned"),
    (lambda w, d: merge_classes(w, d, ["cats", "dogs"], "pets"), {"pets": 16, "birds": 8}, "merged"),
    (
        lambda w, d: split_off(w, d, paths_of(d, "cats")[:4], "kittens"),
        {**CLASSES, "cats": 4, "kittens": 4},
        "split off",
    ),
    (lambda w, d: reorder_classes(w, d, ["dogs", "cats", "birds"]), CLASSES, "in another order"),
    (lambda w, d: set_groups(w, d, {path: path[-5] for path in d.photos["path"]}, True, 0), CLASSES, "in groups"),
]


@pytest.mark.parametrize(("edit", "expected", "reason"), EDITS, ids=[case[2] for case in EDITS])
def test_an_edit_makes_a_version_and_undo_and_redo_move_between_them(workspace, dataset, edit, expected, reason):
    edited = edit(workspace, dataset)
    assert counts(edited) == expected and set(edited.labels) == set(expected), reason
    assert edited.id == f"{dataset.id}@2" == current_version(workspace, dataset.id)
    assert all(map(edited.read, edited.photos["path"])), "every photo is there"
    assert all(edited.thumbnails.read(sha256) for sha256 in edited.photos["sha256"])
    loaded = load_dataset(workspace, edited.id)
    assert loaded.photos.equals(edited.photos) and loaded.left_out.equals(edited.left_out), "as it is read again"
    assert (loaded.labels, loaded.fingerprint) == (edited.labels, edited.fingerprint)
    (listed,) = list_datasets(workspace)
    assert (listed.id, listed.num_photos, set(listed.labels)) == (edited.id, len(edited.photos), set(expected))
    assert len(edited.photos) + len(edited.left_out) == 24, "no photo is lost"
    before = undo(workspace, edited)
    assert before.id == dataset.id and before.photos.equals(dataset.photos) and before.labels == dataset.labels
    assert [each.undone for each in history(workspace, before)] == [True]
    again = redo(workspace, before)
    assert again.photos.equals(edited.photos) and again.id == edited.id
    assert load_dataset(workspace, dataset.id).photos.equals(dataset.photos), "a run on it still has what it learned"


def test_what_was_not_touched_keeps_its_part(workspace, dataset):
    before = parts(dataset)
    edited = relabel(workspace, dataset, paths_of(dataset, "cats", "train")[:3], "dogs")
    edited = leave_out(workspace, edited, paths_of(edited, "birds", "train")[:2])
    edited = split_off(workspace, edited, paths_of(edited, "dogs"), "hounds")
    moved = [path for path, part in parts(edited).items() if part != before[path]]
    assert not moved, "a photo that moves to another class keeps its part"
    edited = leave_out(workspace, edited, paths_of(edited, "cats", "test"))
    now = parts(edited)
    filled = [path for path in now if now[path] != before[path]]
    assert len(filled) == 1 and before[filled[0]] == "train" and now[filled[0]] == "test", "as few as can be"
    assert set(edited.photos["split"][edited.photos["label"] == "cats"]) == set(SPLITS)


def test_copies_move_together(workspace, tmp_path):
    files = class_files(CLASSES)
    files["cats/copy.jpg"] = files["cats/photo 0.jpg"]
    dataset = run_job(ingest_zip(workspace, write_zip(tmp_path / "pets.zip", files)))[0]
    more = move_to_part(workspace, dataset, paths_of(dataset, "cats", "train")[:2], "test")
    for goal in ("test", "train"):
        moved = move_to_part(workspace, more, ["cats/copy.jpg"], goal)
        assert parts(moved)["cats/copy.jpg"] == parts(moved)["cats/photo 0.jpg"] == goal


def test_a_photo_comes_back_where_it_was(workspace, dataset):
    path = paths_of(dataset, "cats", "train")[0]
    without = leave_out(workspace, dataset, [path])
    assert list(without.left_out["path"]) == [path]
    back = bring_back(workspace, without, [path])
    assert back.photos.equals(dataset.photos) and back.left_out.empty


REFUSED = [
    (lambda w, d: relabel(w, d, ["x.jpg"], "dogs"), "no photo x.jpg", "an unknown photo"),
    (lambda w, d: relabel(w, d, paths_of(d, "cats")[:1], "fish"), "no class “fish”", "an unknown class"),
    (lambda w, d: leave_out(w, d, paths_of(d, "cats")[:6]), "only 2 different photos", "too few are left"),
    (lambda w, d: relabel(w, d, paths_of(d, "cats")[:6], "dogs"), "only 2 different photos", "too few stay"),
    (lambda w, d: split_off(w, d, paths_of(d, "cats")[:2], "x"), "x would have only 2", "too few for a class"),
    (lambda w, d: split_off(w, d, paths_of(d, "cats")[:3], "Dogs"), "already a class", "a name that is taken"),
    (
        lambda w, d: move_to_part(w, d, paths_of(d, "cats", "test"), "train"),
        "no photo left for testing",
        "a part emptied",
    ),
    (lambda w, d: move_to_part(w, d, paths_of(d, "cats")[:1], "exam"), "no part “exam”", "an unknown part"),
    (lambda w, d: rotate(w, d, paths_of(d, "cats")[:1], 45), "45 degrees", "an odd angle"),
    (lambda w, d: reorder_classes(w, d, ["cats", "dogs"]), "every class once", "a class is missing"),
    (lambda w, d: merge_classes(w, d, ["cats"], "cats"), "at least two", "one class to merge"),
    (lambda w, d: merge_classes(w, d, ["cats", "dogs", "birds"], "all"), "two classes are needed", "one class is left"),
    (lambda w, d: bring_back(w, d, paths_of(d, "cats")[:1]), "not among those", "it was not left out"),
    (
        lambda w, d: (leave_out(w, d, paths_of(d, "cats")[:1]), leave_out(w, d, paths_of(d, "cats")[:1])),
        "before",
        "twice",
    ),
    (lambda w, d: undo(w, d), "nothing to undo", "nothing was changed"),
    (lambda w, d: redo(w, d), "nothing to redo", "nothing was undone"),
    (lambda w, d: set_groups(w, d, dict.fromkeys(paths_of(d, "cats"), "one"), True), "only 1 group", "too few groups"),
    (lambda w, d: load_dataset(w, f"{d.id}@7"), "no version 7", "a version that never was"),
]


@pytest.mark.parametrize(("edit", "words", "reason"), REFUSED, ids=[case[2] for case in REFUSED])
def test_what_cannot_be_done_is_one_sentence(workspace, dataset, edit, words, reason):
    with pytest.raises(UserError, match=words):
        edit(workspace, dataset)
    assert not list(workspace.datasets.glob(".draft-*")), "nothing half-made stays"
    assert load_dataset(workspace, current_version(workspace, dataset.id))


def test_a_new_edit_after_an_undo_drops_what_could_be_redone_and_loses_nothing(workspace, dataset):
    second = relabel(workspace, dataset, paths_of(dataset, "cats")[:1], "dogs")
    undo(workspace, second)
    third = leave_out(workspace, dataset, paths_of(dataset, "cats")[:1])
    assert third.id == f"{dataset.id}@3" and [each.version for each in history(workspace, third)] == [3]
    with pytest.raises(UserError, match="nothing to redo"):
        redo(workspace, third)
    assert load_dataset(workspace, second.id).photos.equals(second.photos), "a run may have learned from it"
    assert go_to(workspace, second.id).id == current_version(workspace, dataset.id) == second.id


def test_an_edit_of_an_earlier_version_is_made_to_the_current_one(workspace, dataset):
    relabel(workspace, dataset, paths_of(dataset, "cats")[:1], "dogs")
    edited = leave_out(workspace, dataset, paths_of(dataset, "birds")[:1])
    assert counts(edited) == {"cats": 7, "dogs": 9, "birds": 7}


@pytest.mark.parametrize("degrees", [90, 180, 270])
@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_a_turned_photo_is_seen_turned_and_the_original_stays(workspace, tmp_path, degrees, kind):
    files = class_files({"cats": 5, "dogs": 5})
    for number in range(1, 9):
        files[f"cats/halves {number}.jpg"] = make_halves(number)
    files["cats/drawing.png"] = make_halves(1, "PNG")
    files["cats/other.webp"] = make_halves(1, "WEBP")
    files["cats/other.bmp"] = make_photo(77, image_format="BMP")
    folder = write_files(tmp_path / "pets", files)
    zipped = write_zip(tmp_path / "pets.zip", files)
    dataset = run_job(ingest_folder(workspace, folder) if kind == "folder" else ingest_zip(workspace, zipped))[0]
    chosen = [path for path in files if "halves" in path or "other" in path or "drawing" in path]
    edited = rotate(workspace, dataset, chosen, degrees)
    turns = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
    for path in chosen:
        wanted = load_upright(dataset.read(path)).transpose(turns[degrees])
        seen = load_upright(edited.read(path))
        assert seen.size == wanted.size and np.array_equal(seen, wanted), path
        row = edited.photos.set_index("path").loc[path]
        assert (row["width"], row["height"]) == seen.size
        small = Image.open(BytesIO(edited.thumbnails.read(row["sha256"]))).convert("RGB")
        square = thumbnail(edited.read(path), 240)
        assert np.abs(np.asarray(small, int) - np.asarray(Image.open(BytesIO(square)).convert("RGB"), int)).mean() < 3
    assert {path: (folder / path).read_bytes() for path in files} == files, "the person's folder is untouched"
    back = rotate(workspace, edited, chosen, 360 - degrees)
    for path in chosen:
        assert np.array_equal(load_upright(back.read(path)), load_upright(dataset.read(path)))


def test_what_differs_between_two_versions(workspace, dataset):
    first, second = paths_of(dataset, "cats")[:2]
    edited = relabel(workspace, dataset, [first], "dogs")
    edited = delete_photos(workspace, edited, [second])
    edited = rotate(workspace, edited, [first], 90)
    rows = compare_versions(workspace, dataset, edited.id)
    assert [tuple(row) for row in rows.itertuples(index=False)] == [
        (first, "class", "cats", "dogs"),
        (first, "rotated", "", ""),
        (second, "left out", "cats", ""),
    ]
    assert compare_versions(workspace, edited, edited).empty


def test_groups_stay_on_one_side_and_a_class_with_two_says_so(workspace, dataset):
    groups = {path: path.split(" ")[1][0] for path in dataset.photos["path"]}
    edited = set_groups(workspace, dataset, groups, True, 0)
    assert (edited.photos.groupby("group")["split"].nunique() == 1).all()
    assert (edited.photos.groupby("label")["split"].nunique() == 3).all()
    with pytest.raises(TooFewPhotos) as caught:
        set_groups(workspace, dataset, {path: str(int(group) % 2) for path, group in groups.items()}, True)
    assert "2 groups" in str(caught.value)
    kept = set_groups(workspace, dataset, groups, False)
    assert parts(kept) == parts(edited), "only the names of the groups"
    assert set_groups(workspace, kept, {}, False).photos["group"].isna().all()


def test_the_log_can_be_read_by_a_person(workspace, dataset):
    edited = relabel(workspace, dataset, paths_of(dataset, "cats")[:1], "dogs")
    (line,) = (edited.folder / "edits.jsonl").read_text(encoding="utf-8").splitlines()
    values = json.loads(line)
    assert values["change"] == {"kind": "photos relabelled", "label": "cats", "name": "dogs", "photos": 1}
    assert values["paths"] == paths_of(dataset, "cats")[:1]


def test_an_edit_bears_the_name_of_who_made_it(workspace, dataset):
    with edited_by("ann"):
        first = relabel(workspace, dataset, paths_of(dataset, "cats")[:1], "dogs")
    second = relabel(workspace, first, paths_of(first, "cats")[:1], "dogs")
    third = editable(second).relabel(paths_of(second, "cats")[:1], "dogs")
    with edited_by("ann"):
        fourth = editable(third).relabel(paths_of(third, "cats")[:1], "dogs")
    assert [each.by for each in history(workspace, fourth)] == ["ann", None, PYTHON, "ann"]


def test_a_log_that_is_full_takes_no_more_edits_and_can_still_be_undone(workspace, dataset, monkeypatch):
    edited = relabel(workspace, dataset, paths_of(dataset, "cats")[:1], "dogs")
    before = read_json(dataset.folder / "dataset.json")["bytes"]
    assert read_json(dataset.folder / "head.json")["bytes"] > before, "the log counts as what its maker keeps"
    monkeypatch.setattr(edit_log, "MOST_LOG_BYTES", 10)
    with pytest.raises(UserError, match="history is full"):
        relabel(workspace, edited, paths_of(edited, "cats")[:1], "dogs")
    assert undo(workspace, edited).id == dataset.id
