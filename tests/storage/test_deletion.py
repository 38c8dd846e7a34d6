""" "Delete everything I made here": all of it, nothing of anybody else's, and nothing half."""

import threading
import time
from collections import Counter

import numpy as np
import pytest
from filelock import FileLock

from tests.photos import make_photo, run_job
from tests.small import write_small_folder
from tlcore import workspace as workspace_module
from tlcore.comparison.store import create_comparison, list_comparisons
from tlcore.config import TrainConfig
from tlcore.data import incoming
from tlcore.data.augment import Augmentation, Views
from tlcore.data.dataset_list import list_datasets
from tlcore.data.ingest import ingest_folder, ingest_incoming
from tlcore.data.manifest import load_dataset
from tlcore.data.samples import ingest_sample
from tlcore.errors import UserError
from tlcore.features.activations import ImageCache, open_features
from tlcore.features.store import FeatureKind, FeatureStore
from tlcore.jobs.line import Line
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import ImportSpec, create_import, create_run, list_imports, list_runs, recommendation_job
from tlcore.listing import DELETED
from tlcore.serving.bundle import load_bundle
from tlcore.serving.predict import ImageClassifier
from tlcore.settings import HOSTED, OWN
from tlcore.storage import forgetting
from tlcore.storage.belongings import DATASET, RUN, belongings, belongings_of
from tlcore.storage.cleanup import clean
from tlcore.storage.deletion import delete_everything
from tlcore.storage.forgetting import note_photos
from tlcore.storage.usage import usage
from tlcore.worker import runner
from tlcore.workspace import TRASH, read_json, touch_used, write_json

FOX, OWL = "amber-fox", "blue-owl"


def upload(workspace, visitor, number=8):
    area = incoming.new_incoming(workspace, visitor)
    photos = [(f"{each}.jpg", make_photo(each), "cats" if each % 2 else "dogs") for each in range(number)]
    incoming.add_files(workspace, area, photos)
    return area


def fill(workspace, visitor):
    """One of everything; the photos are the same for every visitor."""
    spec = ImportSpec("incoming", upload(workspace, visitor), "x")
    made = create_import(workspace, spec, visitor)
    dataset = load_dataset(workspace, runner.run_job(workspace, made).result)
    upload(workspace, visitor)
    recommendation_job(workspace, dataset.id)
    run_job(ingest_sample(workspace, "emoji", visitor=visitor))
    create_run(workspace, dataset.id, TrainConfig(), "alone", visitor)
    create_comparison(workspace, dataset.id, [TrainConfig(), TrainConfig(seed=1)], "x", visitor)
    return dataset


def kinds(workspace, visitor):
    return Counter(each.kind for each in belongings_of(workspace, visitor))


ALL = {"data set": 2, "uploads": 1, "import": 1, "recommendation": 1, "run": 3, "race": 1}


def test_all_of_it_goes_and_nothing_of_anybody_elses(workspace):
    fill(workspace, FOX)
    others, owners = fill(workspace, OWL), fill(workspace, "")
    before = usage(workspace, FOX)
    gone = delete_everything(workspace, FOX)
    assert (gone.datasets, gone.uploads, gone.runs, gone.comparisons, gone.still_ending) == (2, 1, 3, 1, 0)
    assert (gone.datasets, gone.runs) == (before.datasets, before.runs) and gone.bytes > 0
    assert kinds(workspace, FOX) == {} and not usage(workspace, FOX)
    assert kinds(workspace, OWL) == ALL
    assert not list((workspace.root / TRASH).iterdir())
    for kept in (others, owners):
        assert all(map(kept.read, kept.photos["path"])), "the same photos, by their hash"
    emoji = next(each for each in list_datasets(workspace) if each.sample and each.visitor == OWL)
    sample = load_dataset(workspace, emoji.id)
    assert all(map(sample.read, sample.photos["path"]))
    assert delete_everything(workspace, FOX).datasets == 0, "a second press"


def test_somebody_must_be_named(workspace):
    fill(workspace, "")
    with pytest.raises(ValueError):
        delete_everything(workspace, "")
    assert len(list_datasets(workspace)) == 2


def test_a_model_learned_from_the_same_photos_still_answers(workspace, tmp_path):
    folder = write_small_folder(tmp_path / "shapes")
    runs = {}
    for visitor in (FOX, OWL):
        dataset = run_job(ingest_folder(workspace, folder, visitor=visitor))[0]
        runs[visitor] = create_run(workspace, dataset.id, TrainConfig(image_size=96, epochs=2), "x", visitor)
        assert runner.run_job(workspace, runs[visitor]).type == "finished"
    delete_everything(workspace, FOX)
    assert [run.id for run in list_runs(workspace)] == [runs[OWL].id]
    assert len(ImageClassifier(load_bundle(runs[OWL].folder)).probabilities(make_photo(1))) == 3


def test_what_is_at_work_stops_first(workspace):
    dataset = fill(workspace, FOX)
    run = create_run(workspace, dataset.id, TrainConfig(), "x", FOX)
    lock = FileLock(run.folder / LOCK, thread_local=False)
    lock.acquire()

    def work():
        while not (run.folder / "stop").exists():
            time.sleep(0.01)
        assert run.folder.exists(), "nothing goes from under a process"
        lock.release()

    worker = threading.Thread(target=work)
    worker.start()
    gone = delete_everything(workspace, FOX, wait_seconds=30)
    worker.join()
    assert gone.still_ending == 0 and kinds(workspace, FOX) == {}


def test_what_does_not_end_in_time_goes_when_it_has(workspace):
    dataset = fill(workspace, FOX)
    run = create_run(workspace, dataset.id, TrainConfig(), "x", FOX)
    with FileLock(run.folder / LOCK):
        assert delete_everything(workspace, FOX, wait_seconds=0).still_ending == 1
        clean(workspace, HOSTED)
        assert kinds(workspace, FOX) == {"run": 1} and (run.folder / DELETED).exists()
    clean(workspace, HOSTED, by_age=False)
    assert kinds(workspace, FOX) == {}


def test_a_kill_in_between_leaves_no_half_thing(workspace, monkeypatch):
    fill(workspace, FOX)

    def killed(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(workspace_module, "_delete", killed)
    number = len(list(belongings(workspace)))
    with pytest.raises(KeyboardInterrupt):
        delete_everything(workspace, FOX)
    left = list(belongings(workspace))
    assert len(left) == number - 1, "it is out of the way, though not yet deleted"
    monkeypatch.undo()
    clean(workspace, HOSTED)
    assert not list((workspace.root / TRASH).iterdir())


def rows_of(workspace, dataset):
    """A feature store, decoded photos and views, with a row for each photo of a data set."""
    sha256s = list(dict.fromkeys(dataset.photos["sha256"]))
    features = FeatureStore(workspace, FeatureKind("net", 96, "center-crop", 4))
    features.append(sha256s, np.ones((len(sha256s), 4), np.float32))
    views = open_features(workspace, FeatureKind("net", 96, "center-crop", 4), Views(Augmentation(zoom=0.1), 3, 0))
    views.append([(sha256, 2) for sha256 in sha256s], np.ones((len(sha256s), 4), np.float32))
    views.close()
    photos = ImageCache(workspace, 8, "center-crop")
    photos.append(sha256s, np.ones((len(sha256s), 8, 8, 3), np.uint8))
    return photos


def known(workspace, sha256s):
    """How many of these photos the feature store has a row for."""
    store = FeatureStore(workspace, FeatureKind("net", 96, "center-crop", 4))
    return len(sha256s) - len(store.missing(sha256s))


@pytest.mark.parametrize("in_use", [False, True])
def test_what_was_computed_of_photos_that_nobody_else_has_is_forgotten(workspace, in_use):
    mine = run_job(ingest_incoming(workspace, upload(workspace, FOX, 12), "x", visitor=FOX))[0]
    others = run_job(ingest_incoming(workspace, upload(workspace, OWL, 8), "x", visitor=OWL))[0]
    cache = rows_of(workspace, mine)
    if not in_use:
        cache.close()
    shared, alone = set(others.photos["sha256"]), set(mine.photos["sha256"]) - set(others.photos["sha256"])
    assert len(alone) == 4
    delete_everything(workspace, FOX)
    assert known(workspace, sorted(alone)) == 0 and known(workspace, sorted(shared)) == 8
    kinds_left = [path.name for path in (workspace.root / "activations").iterdir() if path.is_dir()]
    used_now = ["photos-8px-center-crop-pixels2"] if in_use else []
    assert kinds_left == used_now, "pixels go unless a training reads them now"
    cache.close()
    clean(workspace, HOSTED)
    assert not [path for path in (workspace.root / "activations").iterdir() if path.is_dir()]
    assert not list((workspace.root / "forget").iterdir()), "and nothing is left to be forgotten"
    fresh = FeatureStore(workspace, FeatureKind("net", 96, "center-crop", 4))
    fresh.append(sorted(alone), np.full((4, 4), 2, np.float32))
    assert fresh.read(sorted(alone)).tolist() == [[2] * 4] * 4 and fresh.read(sorted(shared)).tolist() == [[1] * 4] * 8


def test_photos_that_came_back_before_they_were_forgotten_are_kept(workspace):
    mine = run_job(ingest_incoming(workspace, upload(workspace, FOX), "x", visitor=FOX))[0]
    rows_of(workspace, mine).close()
    note_photos(workspace, [mine.folder])
    run_job(ingest_incoming(workspace, upload(workspace, OWL), "x", visitor=OWL))
    delete_everything(workspace, FOX)
    assert known(workspace, list(mine.photos["sha256"])) == 8


@pytest.mark.parametrize(("limits", "days", "stays"), [(HOSTED, 2, True), (HOSTED, 4, False), (OWN, 400, True)])
def test_features_that_nobody_opened_for_days_go_on_a_host(workspace, limits, days, stays):
    run = create_run(workspace, "data-1", TrainConfig(), "x")
    FeatureStore(workspace, FeatureKind("net", 96, "center-crop", 4))
    later = time.time() + days * 24 * 3600
    with FileLock(run.folder / LOCK):
        clean(workspace, limits, now=later)
        assert list(workspace.features.iterdir()), "not while anybody computes with one"
    clean(workspace, limits, now=later)
    assert bool(list(workspace.features.iterdir())) == stays


DAYS = 3 * 24 * 3600 + 60

KEPT = [
    ([], {}, "nobody has come back for days"),
    (["data set"], {"data set", "recommendation"}, "it was looked at"),
    (["run"], {"data set", "recommendation", "run", "race"}, "a run is of no use without its photos, nor is its race"),
    (["race"], {"data set", "recommendation", "run", "race"}, "a race without its runs says nothing"),
]


@pytest.mark.parametrize(("used", "kept", "reason"), KEPT)
def test_what_is_needed_by_something_in_use_stays(workspace, used, kept, reason):
    dataset = run_job(ingest_incoming(workspace, upload(workspace, FOX), "x", visitor=FOX))[0]
    recommendation_job(workspace, dataset.id)
    create_comparison(workspace, dataset.id, [TrainConfig(), TrainConfig(seed=1)], "x", FOX)
    later = time.time() + DAYS
    for each in belongings_of(workspace, FOX):
        if each.kind in used:
            touch_used(each.folder)
            _use_at(each.folder, later - 60)
    clean(workspace, HOSTED, now=later)
    assert set(kinds(workspace, FOX)) == set(kept), reason


def _use_at(folder, when):
    import os

    os.utime(folder / "used", (when, when))


def test_an_earlier_data_set_stays_while_a_newer_one_has_its_photos(workspace):
    base = run_job(ingest_incoming(workspace, upload(workspace, FOX), "x", visitor=FOX))[0]
    area = incoming.new_incoming(workspace, OWL)
    incoming.add_file(workspace, area, "new.jpg", make_photo(99), "cats")
    more = run_job(ingest_incoming(workspace, area, "y", base=base.id, visitor=OWL))[0]
    later = time.time() + DAYS
    touch_used(more.folder)
    _use_at(more.folder, later)
    clean(workspace, HOSTED, now=later)
    assert {each.id for each in list_datasets(workspace)} == {base.id, more.id}


def test_what_waits_does_not_begin(workspace):
    dataset = fill(workspace, FOX)
    line = Line(workspace)
    for visitor in (FOX, OWL):
        with line.locked():
            line.add(create_run(workspace, dataset.id, TrainConfig(), "x", visitor))
    delete_everything(workspace, FOX)
    assert [job.visitor for job in line.waiting("train")] == [OWL]


def test_what_waits_stays_whether_or_not_a_server_lives(workspace):
    dataset = run_job(ingest_incoming(workspace, upload(workspace, FOX), "x", visitor=FOX))[0]
    run, line = create_run(workspace, dataset.id, TrainConfig(), "x", FOX), Line(workspace)
    with line.locked():
        line.add(run)
    clean(workspace, HOSTED, now=time.time() + 100 * DAYS)
    assert run.folder.exists() and [each.id for each in list_datasets(workspace)] == [dataset.id]
    line.cancel(run)
    clean(workspace, HOSTED, now=time.time() + 100 * DAYS)
    assert kinds(workspace, FOX) == {}


@pytest.mark.parametrize("kind", ["run", "import"])
def test_what_is_at_work_stays_with_all_that_it_needs(workspace, kind):
    dataset = run_job(ingest_incoming(workspace, upload(workspace, FOX), "x", visitor=FOX))[0]
    if kind == "run":
        job = create_run(workspace, dataset.id, TrainConfig(), "x", FOX)
    else:
        job = create_import(workspace, ImportSpec("incoming", upload(workspace, FOX), "y", base=dataset.id), FOX)
    with FileLock(job.folder / LOCK):
        clean(workspace, HOSTED, now=time.time() + 100 * DAYS)
        assert [each.id for each in list_datasets(workspace)] == [dataset.id]
        assert job.folder.exists()
    clean(workspace, HOSTED, now=time.time() + 100 * DAYS)
    assert kinds(workspace, FOX) == {}


def test_the_owners_things_never_go_by_age(workspace):
    fill(workspace, "")
    clean(workspace, HOSTED, now=time.time() + 1000 * DAYS)
    assert len(list_datasets(workspace)) == 2 and len(list_runs(workspace)) == 3
    assert len(list_imports(workspace)) == 1 and len(list_comparisons(workspace)) == 1


def test_a_note_is_read_once_and_a_changed_one_again(workspace):
    made = create_run(workspace, "data-1", TrainConfig(), "x", FOX)
    assert [each.visitor for each in belongings(workspace, (RUN,))] == [FOX]
    write_json(made.folder / "job.json", read_json(made.folder / "job.json") | {"visitor": OWL})
    assert [each.visitor for each in belongings(workspace, (RUN,))] == [OWL]
    (made.folder / "job.json").write_text("{")
    assert list(belongings(workspace, (RUN, DATASET))) == []


def test_a_full_disk_keeps_nothing_from_being_deleted(workspace, monkeypatch):
    area = upload(workspace, FOX)
    run_job(ingest_incoming(workspace, area, "x", visitor=FOX))

    def full(path, value):
        raise UserError("The disk is full.")

    monkeypatch.setattr(forgetting, "write_json", full)
    deleted = delete_everything(workspace, FOX)
    assert deleted.datasets == 1 and not list_datasets(workspace) and not belongings_of(workspace, FOX)
