"""Workers and servers are killed at every stage: a job is waiting or begun, never lost, never twice at work."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.faults.jobs import (
    ROOT,
    frozen,
    go_on,
    kill,
    new_import,
    spans,
    start_server,
    state,
    wait_for,
    wait_for_state,
    work_in_threads,
    worker_of,
)
from tests.small import write_small_folder
from tlcore.config import TrainConfig
from tlcore.data.ingest import ingest_folder
from tlcore.events import Died, Started, Stopped, run_to_end
from tlcore.jobs import queue, supervision
from tlcore.jobs.event_log import read_events
from tlcore.jobs.line import MOST_TRIES, Line
from tlcore.jobs.places import has_begun
from tlcore.jobs.queue import JobQueue
from tlcore.jobs.status import job_status
from tlcore.jobs.store import create_run, open_job, recommendation_job, request_stop
from tlcore.jobs.supervision import limit_minutes

STEPS = {
    "submit": ["interrupted", "queued"],
    "restart": ["finished", "queued"],
    "cancel": ["queued", "stopped"],
    "begin": ["queued", "interrupted", "finished"],
}
"""What a job is at before each step, and after it; `begin`: also in the middle of the work, and at its end."""


@pytest.fixture(scope="module")
def few(tmp_path_factory) -> Path:
    """As few photos as an import takes."""
    folder = write_small_folder(tmp_path_factory.mktemp("few") / "shapes", photos_per_class=3)
    shutil.rmtree(folder / "stripes")
    return folder


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> Path:
    """So many that an import can be stopped at work."""
    return write_small_folder(tmp_path_factory.mktemp("many") / "shapes", photos_per_class=100)


@pytest.fixture
def jobs(workspace):
    jobs = JobQueue(workspace)
    yield jobs
    jobs.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a child is made at each point by fork")
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_each_file_operation_leaves_a_job_waiting_or_begun(workspace, few, step, monkeypatch):
    command = [sys.executable, "-m", "tests.faults.crash_points", step, str(workspace.root), str(few)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) > 4 and not rows[-1]["killed"] and rows[-1]["code"] == 0
    states = [row["state"] for row in rows]
    assert list(dict.fromkeys(states)) == STEPS[step], "from one to the next, and never back or anything else"
    for row in rows:
        assert row["waits"] == (row["state"] == "queued"), row
        assert row["listed"] or not row["waits"], "who waits is found by the dispatcher"
        assert not row["locked"]
        assert row["waits"] or row["begun"] or step == "submit", "it is never neither"
    work_in_threads(monkeypatch)
    next_server = JobQueue(workspace)
    wait_for(
        lambda: all(Line(workspace).is_empty(kind) for kind in ("train", "import", "advice")), "the end of the line"
    )
    next_server.close()
    for row in rows:
        job = open_job(Path(row["folder"]))
        began = [event for event in read_events(job) if isinstance(event, Started)]
        if row["waits"]:
            assert state(job) == "finished" and len(began) == 1, "it was begun once, without anybody's doing"
        elif row["begun"] and row["state"] == "interrupted":
            assert isinstance(read_events(job)[-1], Died) and job_status(job).died, "and its death is noted"
        else:
            assert state(job) == row["state"]


@pytest.mark.parametrize("kind", ["train", "import", "advice"])
def test_a_killed_worker_is_noted_and_the_next_one_has_its_turn(workspace, jobs, few, many, kind):
    dataset = run_to_end(ingest_folder(workspace, few))
    job = {
        "train": lambda: create_run(workspace, dataset.id, TrainConfig(), "run"),
        "import": lambda: new_import(workspace, many),
        "advice": lambda: recommendation_job(workspace, dataset.id),
    }[kind]()
    jobs.restart(job)
    process = frozen(job)
    jobs.restart(job)
    assert state(job) == "running", "a press on what is at work does nothing"
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: job_status(job).died is not None, "the note")
    died = job_status(job).died
    assert state(job) == "interrupted" and died.signal == signal.SIGKILL and died.exit_code == 0
    assert died.peak_bytes > 10_000_000, "a Python takes as much"
    other = new_import(workspace, few)
    jobs.submit(other)
    wait_for_state(other, "finished")
    if kind != "train":  # which would take TensorFlow's seconds
        with open(job.folder / "events.jsonl", "a") as file:
            file.write('{"type": "progress", "do')  # what a kill in the middle of a line leaves
        assert state(open_job(job.folder)) == "interrupted"
        jobs.restart(job)
        wait_for_state(job, "finished")
        assert job_status(job).died is None
        assert (job.folder / "events-1.jsonl").exists(), "the first attempt is not lost"


def test_one_training_at_a_time_when_the_server_was_killed(workspace, few):
    """The next server finds the first training at work and lets the second wait; nobody opens a page."""
    dataset = run_to_end(ingest_folder(workspace, few))
    first, second = (create_run(workspace, dataset.id, TrainConfig(), name) for name in ("first", "second"))
    server = start_server(workspace, first, second)
    process = frozen(first)
    kill(server)
    assert state(second) == "queued", "it waits though no server lives"
    next_server = JobQueue(workspace)
    late = create_run(workspace, dataset.id, TrainConfig(), "late")
    next_server.submit(late)
    wait_for(lambda: next_server.position(late) == 2, "its place behind the one at work")
    assert next_server.waiting() == [second.id, late.id] and not has_begun(second)
    os.kill(process, signal.SIGKILL)
    os.kill(frozen(second), signal.SIGKILL)
    assert job_status(first).died == Died(0, 0, job_status(first).died.peak_bytes), "nobody saw how"
    assert not has_begun(late) or read_events(late)[0].time >= read_events(second)[0].time
    next_server.cancel(late)
    request_stop(late)
    wait_for(lambda: not job_status(late).active, "the end")
    next_server.close()


def test_a_server_killed_between_the_line_and_the_start_loses_nothing(workspace, few):
    """Its worker has the order and no server: it does the one job, and the next server does the other."""
    jobs = [new_import(workspace, few) for _ in range(2)]
    kill(start_server(workspace, *jobs))
    assert all(state(job) != "interrupted" for job in jobs)
    next_server = JobQueue(workspace)
    for job in jobs:
        wait_for_state(job, "finished")
    spans(jobs)
    next_server.close()


def test_two_servers_share_one_line(workspace, few):
    jobs = [new_import(workspace, few) for _ in range(4)]
    servers = [start_server(workspace, *jobs[:2]), start_server(workspace, *jobs[2:])]
    for job in jobs:
        wait_for_state(job, "finished")
    worked = spans(jobs)
    assert all(end <= start for (_, end), (start, _) in zip(worked, worked[1:])), "one at a time"
    for server in servers:
        kill(server)


def test_a_worker_that_cannot_be_started_ends_as_a_sentence_and_the_line_goes_on(workspace, jobs, few, monkeypatch):
    monkeypatch.setattr(queue, "RETRY_SECONDS", 0.05)
    for way in ("no program", "dies at once"):
        bad, good = new_import(workspace, few), new_import(workspace, few)
        with monkeypatch.context() as broken:
            if way == "no program":
                broken.setattr(sys, "executable", str(few / "no-such-python"))
            else:
                broken.setenv("PYTHONHOME", str(few))
            jobs.submit(bad)
            wait_for_state(bad, "failed")
        error = job_status(bad).error
        assert not error.bug and "could not start" in error.what and str(MOST_TRIES) in error.what
        assert not has_begun(bad) or not any(isinstance(event, Started) for event in read_events(bad))
        jobs.submit(good)
        wait_for_state(good, "finished")
        jobs.restart(bad)
        wait_for_state(bad, "finished")


def test_a_folder_that_vanishes_does_not_stop_the_line(workspace, jobs, few, many):
    running, waiting, last = (new_import(workspace, folder) for folder in (many, few, few))
    for job in (running, waiting, last):
        jobs.submit(job)
    process = frozen(running)
    shutil.rmtree(waiting.folder)
    shutil.rmtree(running.folder)
    os.kill(process, signal.SIGKILL)
    wait_for_state(last, "finished")
    assert not running.folder.exists() and not waiting.folder.exists(), "nobody makes them anew"


def test_a_workspace_that_vanishes_does_not_end_the_queue(workspace, jobs, few, many):
    job = new_import(workspace, many)
    jobs.submit(job)
    process = frozen(job)
    shutil.move(workspace.root, workspace.root.with_name("away"))
    go_on(process)
    assert jobs.waiting() == [] and jobs.position(job) == 0
    shutil.rmtree(workspace.root, ignore_errors=True)
    shutil.move(workspace.root.with_name("away"), workspace.root)
    other = new_import(workspace, few)
    jobs.submit(other)
    wait_for_state(other, "finished")


@pytest.mark.parametrize("asked_by", ["a person", "a limit"])
def test_a_worker_that_does_not_answer_a_stop_is_ended(workspace, jobs, few, many, monkeypatch, asked_by):
    monkeypatch.setattr(supervision, "STOP_PATIENCE_SECONDS", 0.3)
    (workspace.root / "settings.toml").write_text("run_minutes = 0.001\n")
    job = new_import(workspace, many, visitor="a" if asked_by == "a limit" else "")
    jobs.submit(job)
    frozen(job)
    if asked_by == "a person":
        request_stop(job)
    wait_for_state(job, "stopped")
    assert limit_minutes(job) == (0.001 if asked_by == "a limit" else None)
    assert isinstance(read_events(job)[-1], Stopped)
    other = new_import(workspace, few)
    jobs.submit(other)
    wait_for_state(other, "finished")


def test_a_stop_reaches_the_worker_of_a_server_that_is_gone(workspace, many, monkeypatch):
    monkeypatch.setattr(supervision, "STOP_PATIENCE_SECONDS", 0.3)
    job = new_import(workspace, many)
    server = start_server(workspace, job)
    frozen(job)
    kill(server)
    next_server = JobQueue(workspace)
    request_stop(job)
    wait_for_state(job, "stopped")
    wait_for(lambda: Line(workspace).is_empty("import"), "the end of the line")
    next_server.close()


def test_the_owner_has_no_limit_of_minutes(workspace, jobs, few, many):
    (workspace.root / "settings.toml").write_text("run_minutes = 0.00001\n")
    job = new_import(workspace, many)
    jobs.submit(job)
    process = frozen(job)
    wait_for(lambda: jobs.position(new_import(workspace, few)) == 0, "a look")
    go_on(process)
    wait_for_state(job, "finished")
    (workspace.root / "settings.toml").write_text("no limits\n")  # a mistake in the file is told, and the line goes on
    other = new_import(workspace, few, visitor="a")
    jobs.submit(other)
    wait_for_state(other, "failed")
    assert "settings.toml" in job_status(other).error.what
    (workspace.root / "settings.toml").unlink()
    third = new_import(workspace, few, visitor="a")
    jobs.submit(third)
    wait_for_state(third, "finished")


def test_taking_out_and_beginning_at_once_have_one_outcome(workspace, few, monkeypatch):
    """Taken out at every moment from the submission on: it has begun, or it was taken out, never both or neither."""
    work_in_threads(monkeypatch)
    jobs = JobQueue(workspace)
    for delay in range(40):
        job = new_import(workspace, few)
        jobs.submit(job)
        threading.Event().wait(delay / 1000)
        jobs.cancel(job)
        out = state(job) == "stopped"
        wait_for_state(job, "finished", "stopped")
        kinds = {type(event) for event in read_events(job)}
        assert (Stopped in kinds) == out and (Started in kinds) != out, delay
    jobs.close()


def test_a_worker_that_is_told_a_job_that_does_not_wait_does_nothing(workspace, jobs, few):
    job = new_import(workspace, few)
    jobs.submit(job)
    worker_of(job)
    wait_for_state(job, "finished")
    before = read_events(job)
    order = f"{job.folder}\n".encode()
    done = subprocess.run([sys.executable, "-m", "tlcore.worker"], input=order, cwd=ROOT, timeout=60)
    assert done.returncode == 0 and read_events(job) == before
