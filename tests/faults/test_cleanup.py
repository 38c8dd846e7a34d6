"""Cleaning goes by ownership: whatever the clock says, nothing goes that somebody works on or has a use for."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from tests.photos import make_photo
from tlcore.config import TrainConfig
from tlcore.data import collect, incoming
from tlcore.data.dataset_list import list_datasets
from tlcore.data.drafts import draft_folder
from tlcore.data.ingest import ingest_incoming
from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.events import Evaluated, Failed, Finished, Started, Stopped, run_to_end
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import ImportSpec, create_import, create_run, request_stop
from tlcore.settings import HOSTED, OWN
from tlcore.storage import cleaner
from tlcore.storage.cleanup import CLEANING, clean
from tlcore.worker.runner import run_job
from tlcore.workspace import CHECKPOINT, PREVIOUS_CHECKPOINT, TRAINED, USED

PHOTOS = 120
NAP = 30 * 3600.0

posix = pytest.mark.skipif(os.name != "posix", reason="a process is put to sleep by a signal that only POSIX has")


def upload(workspace, number=PHOTOS, visitor=""):
    """An upload area with so many photos of two classes."""
    area = incoming.new_incoming(workspace, visitor)
    photos = [(f"{each}.jpg", make_photo(each), "cats" if each % 2 else "dogs") for each in range(number)]
    incoming.add_files(workspace, area, photos)
    return area


def import_of(workspace, area, visitor=""):
    return create_import(workspace, ImportSpec("incoming", area, "x"), visitor)


def age(root: Path, seconds: float) -> None:
    """Make everything below a folder look as if it had been changed so long ago."""
    for path in [*root.rglob("*"), root]:
        before = path.stat()
        os.utime(path, (before.st_atime - seconds, before.st_mtime - seconds))


def clean_elsewhere(workspace):
    """Clean in another process, as a server beside this one would, with the limits of a host."""
    script = (
        "import sys; from tlcore.settings import HOSTED; from tlcore.storage.cleanup import clean;"
        "from tlcore.workspace import open_workspace;"
        "[print(each.kind, each.id) for each in clean(open_workspace(sys.argv[1]), HOSTED)]"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(workspace.root)], capture_output=True, text=True, check=True
    )
    return done.stdout


def is_whole(dataset, number=PHOTOS):
    return len(dataset.photos) == number and all(map(dataset.read, dataset.photos["path"]))


def test_an_import_that_slept_between_two_photos_loses_none(workspace, monkeypatch):
    monkeypatch.setattr(collect, "_SECONDS_BETWEEN_EVENTS", 0)
    area = upload(workspace)
    events = ingest_incoming(workspace, area, "x")
    while next(events).done < PHOTOS // 2:
        pass
    age(workspace.root, NAP)
    assert "draft" not in clean_elsewhere(workspace)
    with draft_folder(workspace):  # another import begins, and looks for what the dead left
        assert is_whole(run_to_end(events))


WORKER = """
import sys, time
from tlcore.data import collect
from tlcore.jobs.store import load_import
from tlcore.worker.runner import run_job
from tlcore.workspace import open_workspace
collect._SECONDS_BETWEEN_EVENTS = 0
workspace = open_workspace(sys.argv[1])
def slowly(event):
    print(event.type, getattr(event, "done", ""), flush=True)
    time.sleep(0.02)
run_job(workspace, load_import(workspace, sys.argv[2]), slowly)
"""


def worker_at_half(workspace, job):
    """A process at an import, when it has read half of the photos."""
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(workspace.root), job.id], stdout=subprocess.PIPE, text=True
    )
    for line in worker.stdout:
        if line.split() == ["progress", str(PHOTOS // 2)]:
            return worker
    raise AssertionError("the import ended before")


@posix
def test_a_process_that_slept_thirty_hours_goes_on_where_it_was(workspace):
    area = upload(workspace, visitor="amber-fox")
    with worker_at_half(workspace, import_of(workspace, area, "amber-fox")) as worker:
        os.kill(worker.pid, signal.SIGSTOP)
        age(workspace.root, NAP)
        assert clean_elsewhere(workspace) == ""
        os.kill(worker.pid, signal.SIGCONT)
        worker.communicate(timeout=60)
    assert worker.returncode == 0
    (summary,) = list_datasets(workspace)
    assert is_whole(load_dataset(workspace, summary.id))
    assert not (workspace.incoming / area).exists(), "they have become a data set"


@posix
def test_a_killed_import_leaves_no_draft_and_all_of_its_uploads(workspace):
    area = upload(workspace)
    job = import_of(workspace, area)
    with worker_at_half(workspace, job) as worker:
        worker.kill()
    assert list(workspace.datasets.glob(".draft-*/photos"))
    assert clean_elsewhere(workspace).startswith("draft"), "its owner is dead, however young it is"
    assert not list(workspace.datasets.glob(".draft-*"))
    last = run_job(workspace, job)
    assert is_whole(load_dataset(workspace, last.result))


def test_photos_that_vanish_while_they_are_copied_end_in_a_sentence_and_cost_nothing(workspace, monkeypatch):
    monkeypatch.setattr(collect, "_SECONDS_BETWEEN_EVENTS", 0)
    area = upload(workspace)
    events = ingest_incoming(workspace, area, "x")
    while next(events).done < PHOTOS // 2:
        pass
    lost = next(workspace.datasets.glob(".draft-*/photos/*/*.jpg"))
    lost.unlink()
    with pytest.raises(UserError, match=f"1 of {PHOTOS} photos disappeared"):
        run_to_end(events)
    assert list_datasets(workspace) == [] and len(incoming.list_uploads(workspace, area)) == PHOTOS


def test_uploads_that_vanish_end_in_a_sentence(workspace, monkeypatch):
    monkeypatch.setattr(collect, "_SECONDS_BETWEEN_EVENTS", 0)
    area = upload(workspace)
    events = ingest_incoming(workspace, area, "x")
    next(events)
    incoming.file_path(workspace, area, PHOTOS).unlink()
    with pytest.raises(UserError, match="Some uploads disappeared"):
        run_to_end(events)
    assert list_datasets(workspace) == []


def test_uploads_go_after_the_result_was_saved_and_only_those_in_it(workspace):
    area = upload(workspace, 10)
    job, states = import_of(workspace, area), []

    def listen(event):
        if isinstance(event, Finished):
            states.append(len(incoming.list_uploads(workspace, area)))
            incoming.add_file(workspace, area, "late.jpg", make_photo(99), "cats")

    last = run_job(workspace, job, listen)
    assert states == [10] and is_whole(load_dataset(workspace, last.result), 10)
    assert [each.name for each in incoming.list_uploads(workspace, area)] == ["late.jpg"]


def test_uploads_stay_while_another_import_waits_for_them(workspace):
    area = upload(workspace, 10)
    first, second = import_of(workspace, area), import_of(workspace, area)
    with FileLock(second.folder / LOCK):
        run_job(workspace, first)
        assert len(incoming.list_uploads(workspace, area)) == 10
    assert is_whole(load_dataset(workspace, run_job(workspace, second).result), 10)
    assert not (workspace.incoming / area).exists()


UPLOADS = [
    ("fresh", None, True, "somebody has just added photos"),
    ("old", None, False, "nobody has come back for an hour"),
    ("old, used", None, True, "a page showed it a moment ago"),
    ("old", "at work", True, "an import works on it, and may have slept"),
    ("old", "failed", False, "an import that has ended needs it no more"),
    ("old", "stopped", False, "nor does one that was stopped"),
]


@pytest.mark.parametrize(("state", "importing", "stays", "reason"), UPLOADS)
@pytest.mark.parametrize("visitor", ["amber-fox", ""])
def test_abandoned_uploads_go_and_no_others(workspace, state, importing, stays, reason, visitor):
    area = upload(workspace, 4, visitor)
    folder = workspace.incoming / area
    job = import_of(workspace, area, visitor) if importing else None
    if "old" in state:
        age(workspace.root, NAP)
    if "used" in state:
        (folder / USED).touch()
    if job is None or importing == "at work":
        with FileLock(workspace.root / "x.lock" if job is None else job.folder / LOCK):
            clean(workspace, HOSTED)
    else:
        log = EventLog(job)
        log.write(Failed("x", "y") if importing == "failed" else Stopped("x"))
        clean(workspace, HOSTED)
    assert folder.exists() == stays, reason


CHECKPOINTS = [
    ([Finished("x", 1.0)], False, False, "nothing is left to go on with"),
    ([Finished("x", 1.0, stopped=True)], True, True, "a person stopped it and may continue"),
    ([Failed("x", "y")], False, True, "it may be continued once that is mended"),
    ([Evaluated(1, 2, 1.0, 0.5, 0.5)], False, True, "it was killed while the model was packed"),
    ([], False, True, "it was killed"),
]


@pytest.mark.parametrize(("events", "asked", "stays", "reason"), CHECKPOINTS)
def test_checkpoints_end_with_their_run(workspace, events, asked, stays, reason):
    run = create_run(workspace, "data-1", TrainConfig(), "x")
    for event in [Started(time.time(), 1), *events]:
        EventLog(run).write(event)
    if asked:
        request_stop(run)
    left = [CHECKPOINT, PREVIOUS_CHECKPOINT, TRAINED, ".next-checkpoint.npz.ab12.part"]
    for name in left:
        (run.folder / name).touch()
    clean(workspace, OWN)
    assert {(run.folder / name).exists() for name in left} == {stays}, reason


@pytest.mark.parametrize(
    ("last", "now", "awake", "reason"),
    [
        (None, 1_000, False, "the server has just been started"),
        (1_000, 1_600, True, "ten minutes later"),
        (1_000, 2_100, True, "a little late"),
        (1_000, 1_000 + NAP, False, "the computer slept"),
        (1_000, 400, False, "somebody set the clock back"),
    ],
)
def test_nothing_goes_by_age_just_after_a_sleep(workspace, last, now, awake, reason):
    assert cleaner.was_awake(last, now, 600) == awake, reason
    area = upload(workspace, 2)
    age(workspace.root, 400 * 24 * 3600)
    cleaner.Cleaner(workspace, clean).look(by_age=awake)
    assert (workspace.incoming / area).exists() != awake


def test_one_process_cleans_at_a_time(workspace):
    area = upload(workspace, 2)
    age(workspace.root, NAP)
    with FileLock(workspace.root / CLEANING):
        assert clean_elsewhere(workspace) == ""
    assert area in clean_elsewhere(workspace)


def test_a_dry_run_tells_the_same_and_removes_nothing(workspace):
    area = upload(workspace, 2)
    run = create_run(workspace, "data-1", TrainConfig(), "x")
    EventLog(run).write(Finished("x", 1.0))
    (run.folder / CHECKPOINT).touch()
    age(workspace.root, NAP)
    told = clean(workspace, HOSTED, dry_run=True)
    assert {each.kind for each in told} == {"uploads", "checkpoint"}
    assert (workspace.incoming / area).exists() and (run.folder / CHECKPOINT).exists()
    assert clean(workspace, HOSTED) == told


def test_a_draft_of_an_earlier_version_stays_while_an_import_is_at_work(workspace):
    draft = workspace.datasets / ".draft-0123456789abcdef"
    draft.mkdir()
    job = import_of(workspace, upload(workspace, 2))
    age(workspace.root, NAP)
    with FileLock(job.folder / LOCK):
        clean(workspace, HOSTED)
        assert draft.exists()
    clean(workspace, HOSTED)
    assert not draft.exists()


def test_a_cleaner_looks_again_and_ends(workspace):
    found = cleaner.Cleaner(workspace, clean, minutes=0.001)
    found.start()
    run = create_run(workspace, "data-1", TrainConfig(), "x")
    EventLog(run).write(Finished("x", 1.0))
    (run.folder / CHECKPOINT).touch()
    deadline = time.monotonic() + 30
    while (run.folder / CHECKPOINT).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    found.stop()
    assert not (run.folder / CHECKPOINT).exists()
