"""Data sets as they were changed before there was an edit log: each change made another one, which `replaces` it."""

import shutil
import time

import pytest

from tests.compatibility.test_workspace import workspace as workspace_0_1_0  # noqa: F401
from tests.photos import class_files, run_job, write_zip
from tlcore.config import TrainConfig
from tlcore.data.dataset_list import list_datasets
from tlcore.data.edits import history, relabel, undo
from tlcore.data.ingest import ingest_zip
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import current_version
from tlcore.errors import UserError
from tlcore.jobs.store import create_run
from tlcore.messages.deletions import undoable_message
from tlcore.settings import OWN
from tlcore.storage.cleanup import clean
from tlcore.storage.renaming import rename
from tlcore.storage.trash import delete, restore
from tlcore.storage.undoable import list_undoable
from tlcore.workspace import new_id, read_json, write_json

DAY = 24 * 3600 + 60


@pytest.fixture
def replaced(workspace, tmp_path):
    """A data set, and the one that a renamed class made of it: the same files by hard links."""
    files = class_files({"cats": 6, "dogs": 6})
    first = run_job(ingest_zip(workspace, write_zip(tmp_path / "pets.zip", files)))[0]
    newer = workspace.datasets / new_id("pets")
    shutil.copytree(first.folder, newer)
    change = {"kind": "class deleted", "label": "birds", "name": "", "photos": 6}
    values = read_json(newer / "dataset.json")
    values |= {"replaces": [first.id], "base": first.id, "change": change, "created": time.time()}
    write_json(newer / "dataset.json", values)
    return workspace, first, load_dataset(workspace, newer.name)


def test_only_the_newest_is_in_the_list_and_stands_for_the_others(replaced):
    workspace, first, newer = replaced
    assert [each.id for each in list_datasets(workspace)] == [newer.id] == [current_version(workspace, first.id)]
    rename(workspace, first.id, "Animals")
    assert {load_dataset(workspace, each.id).name for each in (first, newer)} == {"Animals"}


def test_an_edit_of_the_earlier_one_is_made_to_the_newest(replaced):
    workspace, first, newer = replaced
    path = first.photos["path"][first.photos["label"] == "cats"].iloc[0]
    edited = relabel(workspace, first, [path], "dogs")
    assert edited.id == f"{newer.id}@2" and len(history(workspace, first)) == 1
    assert undo(workspace, edited).id == newer.id


def test_the_change_is_undone_as_before(replaced):
    workspace, first, newer = replaced
    (found,) = list_undoable(workspace, OWN, time.time())
    assert (found.id, undoable_message(found)) == (first.id, "class birds of pets deleted (6 photos)")
    restore(workspace, first.id)
    assert [each.id for each in list_datasets(workspace)] == [first.id]
    restore(workspace, newer.id)
    create_run(workspace, newer.id, TrainConfig(), "pets")
    with pytest.raises(UserError, match="trained on the changed photos"):
        restore(workspace, first.id)


def test_the_earlier_one_goes_when_nothing_needs_it(replaced):
    workspace, first, newer = replaced
    run = create_run(workspace, first.id, TrainConfig(), "pets")
    clean(workspace, OWN, now=time.time() + DAY)
    assert load_dataset(workspace, first.id), "the run learned from it"
    gone = delete(workspace, newer.id)
    assert {an_id for _, an_id in gone.parts} == {first.id, newer.id, run.id}
    restore(workspace, newer.id)
    delete(workspace, run.id)
    clean(workspace, OWN, now=time.time() + DAY)
    clean(workspace, OWN, now=time.time() + DAY)
    assert not first.folder.exists() and all(map(newer.read, newer.photos["path"]))


def test_a_data_set_of_version_0_1_0_can_be_edited(workspace_0_1_0):  # noqa: F811
    (summary,) = list_datasets(workspace_0_1_0)
    dataset = load_dataset(workspace_0_1_0, summary.id)
    path = dataset.part("train")["path"][0]
    other = next(label for label in dataset.labels if label != dataset.photos.set_index("path").at[path, "label"])
    edited = relabel(workspace_0_1_0, dataset, [path], other)
    assert load_dataset(workspace_0_1_0, edited.id).photos.equals(edited.photos)
    assert undo(workspace_0_1_0, edited).photos.equals(dataset.photos)
