"""A version that an edit has just made is the same as one that is read from the disk, and counts while that is so."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.photos import class_files, write_files, write_zip
from tlcore.api.editing import editable
from tlcore.data import edits, made_versions
from tlcore.data.edit_log import append_purged
from tlcore.data.ingest import ingest_zip
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.errors import UserError
from tlcore.events import run_to_end
from tlcore.naming import give_name
from tlcore.workspace import Workspace


@pytest.fixture
def dataset(workspace, tmp_path) -> Dataset:
    return run_to_end(ingest_zip(workspace, write_zip(tmp_path / "pets.zip", class_files({"cats": 8, "dogs": 8}))))


def first(dataset: Dataset, label: str) -> list[str]:
    return list(dataset.photos["path"][dataset.photos["label"] == label])[:2]


def add(workspace: Workspace, dataset: Dataset) -> Dataset:
    folder = dataset.folder.parent.parent / "more"
    write_files(folder, class_files({"cats": 2, "dogs": 2}, seed=9))
    return editable(dataset).add(folder, progress=False)


Edit = Callable[[Workspace, Dataset], Dataset]
EDITS: tuple[tuple[str, Edit], ...] = (
    ("relabel", lambda place, data: edits.relabel(place, data, first(data, "cats"), "dogs")),
    ("left out", lambda place, data: edits.leave_out(place, data, first(data, "cats"))),
    ("moved", lambda place, data: edits.move_to_part(place, data, first(data, "cats")[:1], "test")),
    ("rotated", lambda place, data: edits.rotate(place, data, first(data, "cats"), 90)),
    ("renamed", lambda place, data: edits.rename_class(place, data, "cats", "tigers")),
    ("reordered", lambda place, data: edits.reorder_classes(place, data, ("dogs", "cats"))),
    ("grouped", lambda place, data: edits.set_groups(place, data, dict.fromkeys(first(data, "cats"), "x"), False)),
    ("added", add),
)


@pytest.mark.parametrize(("name", "edit"), EDITS, ids=[name for name, _ in EDITS])
def test_what_an_edit_made_is_what_is_read(workspace, dataset, name, edit):
    before = edits.leave_out(workspace, dataset, first(dataset, "dogs")[:1])
    made = edit(workspace, before)
    kept = load_dataset(workspace, made.id)
    assert kept is made_versions.find(made.folder, made.version), "it was not read"
    append_purged(made.folder, (), 0)
    read = load_dataset(workspace, made.id)
    assert read is not kept, "the log has another line since"
    for frame in ("photos", "left_out", "report"):
        pd.testing.assert_frame_equal(getattr(kept, frame), getattr(read, frame))
    compared = set(Dataset.__dataclass_fields__) - {"photos", "left_out", "report"}
    assert {each: getattr(kept, each) for each in compared} == {each: getattr(read, each) for each in compared}


def damage(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


CHANGED = (
    ("dataset.json", "damaged"),
    ("photos.parquet", "damaged"),
    ("edits.jsonl", "damaged"),
    ("", "another name"),
)


@pytest.mark.parametrize(("file", "reason"), CHANGED)
def test_it_does_not_count_once_its_files_have_changed(workspace, dataset, file, reason):
    made = edits.leave_out(workspace, dataset, first(dataset, "dogs"))
    if not file:
        give_name(made.folder, "renamed")
        assert load_dataset(workspace, made.id).name == "renamed", reason
        return
    damage(made.folder / file)
    with pytest.raises(UserError, match="damaged|no version"):
        load_dataset(workspace, made.id)
