"""Editing what `load_dataset` returns, as a person at a Python prompt does."""

import pytest

import tlcore
from tests.photos import class_files, write_files
from tlcore.api.editing import EditableDataset


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "home"))
    return tlcore.load_dataset(write_files(tmp_path / "pets", class_files({"cats": 8, "dogs": 8})))


def test_each_edit_returns_the_newer_version_and_leaves_the_old_one(data, tmp_path):
    path = data.part("train")["path"][0]
    label = data.photos.set_index("path").at[path, "label"]
    other = next(each for each in data.labels if each != label)
    moved = data.relabel(path, other)
    assert isinstance(moved, EditableDataset) and (moved.version, data.version) == (2, 1)
    turned = moved.rotate([path], 90).drop(moved.part("train")["path"][5:6])
    assert len(turned.left_out) == 1 and len(turned.bring_back(turned.left_out["path"]).photos) == 16
    grouped = turned.set_groups(lambda each: each[-5] if each[-5] in "01" else None)
    assert grouped.photos["group"].notna().sum() >= 3
    assert set(grouped.compare(1)["what"]) >= {"class", "rotated", "group"}
    assert grouped.undo().redo().id == grouped.id == grouped.history()[-1].dataset_id
    more = grouped.add(write_files(tmp_path / "more", class_files({"birds": 3}, seed=4)))
    assert more.labels == ("birds", "cats", "dogs")
    target = more.export(tmp_path / "out.zip")
    assert tlcore.load_dataset(target).labels == more.labels


def test_an_id_means_the_current_version_and_a_number_any_other(data):
    moved = data.rename_class("cats", "felines")
    assert tlcore.load_dataset(data.id).id == moved.id
    assert tlcore.load_dataset(f"{data.id}@1").labels == ("cats", "dogs")
    assert tlcore.load_dataset(moved.id).go_to(1).id == data.id == tlcore.load_dataset(data.id).id
    assert isinstance(tlcore.rename_class(data.id, "dogs", "hounds"), EditableDataset)
    with pytest.raises(tlcore.UserError, match="no version 9"):
        tlcore.load_dataset(f"{data.id}@9")
