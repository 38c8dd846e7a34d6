"""Running a job: its events are written and reported, it has exactly one end, and its lock is free afterwards."""

import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.events import Failed, Finished, Progress, Started
from tlcore.jobs.event_log import read_events
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import (
    ImportSpec,
    analysis_job,
    check_job,
    create_addition,
    create_import,
    create_run,
    recommendation_job,
    scoring_job,
)
from tlcore.worker import runner
from tlcore.worker.handlers import HANDLERS
from tlcore.worker.runner import run_job

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def job(workspace):
    return create_run(workspace, "none", TrainConfig(), "x")


def works(workspace, job, should_stop):
    yield Progress("read", 1, 1)
    yield Finished("x", 1.0)


def raising(error):
    def handler(workspace, job, should_stop):
        yield Progress("read", 1, 1)
        raise error

    return handler


def is_free(job) -> bool:
    with FileLock(job.folder / LOCK, timeout=0):
        return True


def test_events_are_written_before_they_are_reported(workspace, job, monkeypatch):
    monkeypatch.setitem(HANDLERS, "train", works)
    reported = []

    def on_event(event):
        reported.append(event)
        assert read_events(job) == reported

    assert run_job(workspace, job, on_event) == Finished("x", 1.0)
    assert [type(event) for event in reported] == [Started, Progress, Finished] and is_free(job)


@pytest.mark.parametrize(
    ("error", "what", "bug", "reason"),
    [
        (UserError("Too few.", "Add some."), "Too few.", False, "a person's mistake"),
        (MemoryError(), "This training ran out of memory.", False, "no fault of the program"),
        (ZeroDivisionError("by nobody"), "ZeroDivisionError: by nobody (test_runner.py, line", True, "a bug"),
    ],
)
def test_whatever_is_raised_there_is_one_end(workspace, job, monkeypatch, capsys, error, what, bug, reason):
    monkeypatch.setitem(HANDLERS, "train", raising(error))
    last = run_job(workspace, job)
    assert isinstance(last, Failed) and last.what.startswith(what) and last.bug == bug, reason
    assert [type(event) for event in read_events(job)] == [Started, Progress, Failed] and is_free(job)
    log = capsys.readouterr().err
    assert bool(log) == bool(last.number) == bug and log.startswith(f"Bug {last.number}\n" if bug else ""), "one number"
    bugs = []
    run_job(workspace, job, on_bug=bugs.append)
    assert bugs == ([error] if bug else []) and not capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt, LookupError])
def test_what_the_listener_raises_ends_the_job_and_frees_its_lock(workspace, job, monkeypatch, error):
    monkeypatch.setitem(HANDLERS, "train", works)

    def on_event(event):
        raise error

    with pytest.raises(error):
        run_job(workspace, job, on_event)
    assert is_free(job)


def test_a_job_that_another_process_works_on_is_left_alone(workspace, job, monkeypatch):
    monkeypatch.setattr(runner, "LOCK_SECONDS", 0)
    reported = []
    with FileLock(job.folder / LOCK):
        last = run_job(workspace, job, reported.append)
    assert isinstance(last, Failed) and "Another process" in last.what and reported == [last]
    assert read_events(job) == [], "the story of the job is the other one's"


def test_there_is_a_handler_for_every_kind_of_job(workspace, job):
    jobs = (
        job,
        create_import(workspace, ImportSpec("sample", "emoji")),
        recommendation_job(workspace, "emoji-1"),
        check_job(workspace, "emoji-1", ""),
        analysis_job(workspace, job, "learning-curve"),
        create_addition(workspace, "x.keras", {"path": "x.keras"}),
        scoring_job(workspace, "20260101-0000", "5b"),
    )
    assert {each.kind for each in jobs} == set(HANDLERS)


def test_a_worker_that_gets_no_order_ends():
    command = [sys.executable, "-m", "tlcore.worker"]
    done = subprocess.run(command, input=b"", cwd=ROOT, capture_output=True, timeout=120)
    assert done.returncode == 0 and not done.stderr
