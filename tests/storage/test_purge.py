"""Photos that were deleted out of a data set: there for a day and while a run needs them, and then gone everywhere."""

import time

import pytest

from tests.photos import class_files, run_job, write_files, write_zip
from tlcore.config import TrainConfig
from tlcore.data.dataset_list import list_datasets
from tlcore.data.edit_log import log_bytes
from tlcore.data.edits import bring_back, delete_class, delete_photos, leave_out, rotate, undo
from tlcore.data.ingest import ingest_folder, ingest_zip
from tlcore.data.manifest import load_dataset
from tlcore.data.thumbnails import Thumbnails
from tlcore.data.versions import load_current
from tlcore.errors import UserError
from tlcore.jobs.store import create_run
from tlcore.settings import OWN
from tlcore.storage.belongings import DATASET, belongings
from tlcore.storage.cleanup import clean
from tlcore.storage.purge import purge_deleted_photos
from tlcore.storage.trash import delete

DAY = 24 * 3600 + 60
FILES = class_files({"cats": 8, "dogs": 8, "birds": 8})


@pytest.fixture
def dataset(workspace, tmp_path):
    return run_job(ingest_zip(workspace, write_zip(tmp_path / "pets.zip", FILES)))[0]


def purge(workspace):
    return [each for each in clean(workspace, OWN, now=time.time() + DAY) if each.kind == "deleted photos"]


def test_a_deleted_photo_goes_for_good_after_a_day_and_one_left_out_stays(workspace, dataset):
    train = list(dataset.part("train")["path"])
    deleted, kept = train[0], train[-1]
    row = dataset.photos.set_index("path").loc[deleted]
    edited = leave_out(workspace, delete_photos(workspace, dataset, [deleted]), [kept])
    clean(workspace, OWN, now=time.time())
    assert load_dataset(workspace, dataset.id).read(deleted), "not at once"
    before, log = next(belongings(workspace, (DATASET,))), log_bytes(dataset.folder)
    (gone,) = purge(workspace)
    assert gone.bytes == row["bytes"] and purge(workspace) == []
    assert (
        not list(dataset.folder.rglob(f"*{row['sha256']}*")) and Thumbnails(dataset.folder).read(row["sha256"]) is None
    )
    after = next(belongings(workspace, (DATASET,)))
    log = log_bytes(dataset.folder) - log  # what is noted of it
    assert (before.photos - after.photos, before.bytes - after.bytes) == (1, row["bytes"] - log) and log > 0
    for an_id in (dataset.id, edited.id):
        version = load_dataset(workspace, an_id)
        assert deleted not in set(version.photos["path"]) and all(map(version.read, version.photos["path"]))
    now = load_current(workspace, dataset.id)
    assert list(now.left_out["path"]) == [kept]
    assert len(bring_back(workspace, now, [kept]).photos) == 23
    with pytest.raises(UserError, match="not among those"):
        bring_back(workspace, now, [deleted])


def test_a_photo_that_a_run_learned_from_stays_while_the_run_is_there(workspace, dataset):
    run = create_run(workspace, dataset.id, TrainConfig(), "pets")
    delete_class(workspace, dataset, "cats")
    assert purge(workspace) == [] and len(load_dataset(workspace, dataset.id).photos) == 24
    delete(workspace, run.id)
    assert list(purge_deleted_photos(workspace, OWN, time.time() + DAY)) == [], "the run may come back"
    assert purge(workspace) and load_dataset(workspace, dataset.id).labels == ("birds", "dogs")


def test_what_was_undone_in_time_stays(workspace, dataset):
    undo(workspace, delete_class(workspace, dataset, "cats"))
    assert purge(workspace) == [] and len(load_current(workspace, dataset.id).photos) == 24


def test_files_of_a_person_are_never_touched(workspace, tmp_path):
    folder = write_files(tmp_path / "pets", FILES)
    dataset = run_job(ingest_folder(workspace, folder))[0]
    path = dataset.part("train")["path"][0]
    turned = rotate(workspace, dataset, [path], 90)
    copy = turned.place(path)
    delete_photos(workspace, turned, [path])
    assert copy.is_file() and len(purge(workspace)) == 1
    assert not copy.exists(), "the turned copy was the data set's own"
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES


def test_a_copy_of_the_photo_that_stays_keeps_its_bytes(workspace, tmp_path):
    files = FILES | {"cats/copy.jpg": FILES["cats/photo 0.jpg"]}
    dataset = run_job(ingest_zip(workspace, write_zip(tmp_path / "pets.zip", files)))[0]
    delete_photos(workspace, dataset, ["cats/copy.jpg"])
    (gone,) = purge(workspace)
    assert gone.bytes == 0 and load_current(workspace, dataset.id).read("cats/photo 0.jpg") == files["cats/copy.jpg"]
    assert list_datasets(workspace)[0].num_photos == 24
