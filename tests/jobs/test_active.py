"""Jobs under way and how they stand: never as they were before, whatever happens to their files."""

import os
import shutil
import time
from collections.abc import Callable

import pytest
from filelock import FileLock

from tlcore.config import TrainConfig
from tlcore.events import EpochEnd, Evaluated, Event, Failed, Finished, Progress, StageKey, Started, Stopped
from tlcore.jobs import status
from tlcore.jobs.active import active_jobs
from tlcore.jobs.attempts import reset, resume
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.status import is_over, job_status
from tlcore.jobs.store import EVENTS, QUEUED, ImportSpec, Run, create_import, create_run
from tlcore.listing import SETTLED_NANOSECONDS
from tlcore.workspace import Workspace, write_json

STARTED = Started(1.0, 1)
EPOCH = EpochEnd(1, 2, 0.5, 0.5, 0.5, 0.5, 0.1)
DONE = (STARTED, EPOCH, Evaluated(1, 2, 3.0, 1.0, 2.0), Finished("run", 3.0))


def make(workspace: Workspace, events: tuple[Event, ...] = ()) -> Run:
    run = create_run(workspace, "photos-1", TrainConfig(), "leaves")
    write(run, *events)
    return run


def write(run: Run, *events: Event) -> None:
    log = EventLog(run)
    for event in events:
        log.write(event)


def settle(workspace: Workspace) -> None:
    """As if nothing had come or gone for long, so that lists are kept."""
    before = time.time_ns() - 2 * SETTLED_NANOSECONDS
    for folder in (workspace.runs, workspace.imports):
        os.utime(folder, ns=(before, before))


def active(workspace: Workspace) -> list[tuple[str, str]]:
    return [(job.id, now.state) for job, now in active_jobs(workspace)]


def queue_up(run: Run, lock: FileLock) -> None:
    write_json(run.folder / QUEUED, {"lock": str(lock.lock_file)})


STEPS: dict[str, tuple[tuple[Event, ...], Callable[[Run], object], str]] = {
    "an event comes": ((STARTED,), lambda run: write(run, Stopped("nothing")), "stopped"),
    "the last event comes": (DONE[:-1], lambda run: write(run, DONE[-1]), "finished"),
    "a failure comes": (DONE[:2], lambda run: write(run, Failed("No.", "Try again.")), "failed"),
    "it is begun again": (DONE, reset, "interrupted"),
    "it is continued": (DONE, resume, "interrupted"),
    "begun again and failed": (DONE, lambda run: (reset(run), write(run, STARTED, Failed("No.", "Go."))), "failed"),
    "its events are gone": (DONE, lambda run: (run.folder / EVENTS).unlink(), "interrupted"),
}


@pytest.mark.parametrize(("events", "change", "state"), STEPS.values(), ids=STEPS)
def test_a_status_is_that_of_the_files_as_they_are(workspace, events, change, state):
    run = make(workspace, events)
    job_status(run)
    settle(workspace)
    change(run)
    assert job_status(run).state == state


def test_a_status_follows_the_lock(workspace):
    run = make(workspace, DONE[:2])
    seen = [job_status(run).state]
    with FileLock(run.folder / LOCK):
        seen.append(job_status(run).state)
    seen.append(job_status(run).state)
    assert seen == ["interrupted", "running", "interrupted"]


def test_the_epochs_of_a_status_grow(workspace):
    run = make(workspace, DONE[:2])
    assert len(job_status(run).epochs) == 1
    write(run, EpochEnd(2, 2, 0.5, 0.5, 0.5, 0.5, 0.1))
    assert len(job_status(run).epochs) == 2


LAST: dict[str, tuple[str, bool]] = {
    "no events": ("", False),
    "begun": ('{"type": "started", "time": 1.0, "pid": 1}\n', False),
    "finished": ('{"type": "finished", "result": "a", "seconds": 1.0}\n', True),
    "torn": ('{"type": "finished", "result": "a", "sec', False),
    "a long failure": ('{"type": "failed", "what": "' + "x" * 4000 + '", "fix": "y"}\n', True),
    "finished, then more": (
        '{"type": "finished", "result": "a", "seconds": 1.0}\n{"type": "started", "time": 1.0, "pid": 1}\n',
        False,
    ),
}


@pytest.mark.parametrize(("text", "over"), LAST.values(), ids=LAST)
def test_a_job_is_over_when_its_last_event_says_so(workspace, text, over):
    run = make(workspace)
    (run.folder / EVENTS).write_text(text, encoding="utf-8")
    assert is_over(run) == over


def test_what_is_over_is_not_active_until_it_is_begun_again(workspace, tmp_path):
    over, other = make(workspace, DONE), make(workspace, DONE)
    settle(workspace)
    assert active(workspace) == []
    assert active(workspace) == []
    reset(over)
    with FileLock(tmp_path / "server.lock") as lock:
        queue_up(over, lock)
        assert active(workspace) == [(over.id, "queued")]
        settle(workspace)
        assert active(workspace) == [(over.id, "queued")]
    assert active(workspace) == [(over.id, "queued")], "it waits, whatever server lives"
    (over.folder / QUEUED).unlink()
    with FileLock(over.folder / LOCK):
        assert active(workspace) == [(over.id, "running")]
    write(over, *DONE)
    settle(workspace)
    assert active(workspace) == []
    resume(other)
    with FileLock(other.folder / LOCK):
        assert active(workspace) == [(other.id, "running")]


def test_new_and_removed_jobs_are_seen_at_once(workspace):
    settle(workspace)
    assert active(workspace) == []
    run, photos = make(workspace, (STARTED,)), create_import(workspace, ImportSpec("sample", "emoji"))
    with FileLock(run.folder / LOCK), FileLock(photos.folder / LOCK):
        assert active(workspace) == [(run.id, "running"), (photos.id, "running")]
    shutil.rmtree(run.folder)
    assert active(workspace) == []


def test_a_job_stays_active_when_progress_ends_its_file(workspace):
    run = make(workspace, (STARTED, Progress(StageKey.EXTRACT_FEATURES, 1, 2)))
    with FileLock(run.folder / LOCK):
        assert active(workspace) == [(run.id, "running")]
        settle(workspace)
        write(run, Progress(StageKey.EXTRACT_FEATURES, 2, 2))
        assert active(workspace) == [(run.id, "running")]


def test_a_worker_that_ends_while_one_looks_has_not_been_interrupted(workspace, monkeypatch):
    run = make(workspace, DONE[:-1])

    def look_late(path):
        write(run, DONE[-1])  # its last event, then its lock is free
        return is_locked(path)

    monkeypatch.setattr(status, "is_locked", look_late)
    assert job_status(run).state == "finished"
