"""What the tests of the queue share: cheap real jobs, workers frozen at work, workers that are no process of their own,
and waiting for what will come."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tlcore
from tlcore.events import Event, Finished, Progress, Started
from tlcore.jobs import queue
from tlcore.jobs.event_log import read_events
from tlcore.jobs.line import Line
from tlcore.jobs.locks import is_locked
from tlcore.jobs.status import job_status
from tlcore.jobs.store import ImportSpec, Job, create_import
from tlcore.worker.handlers import HANDLERS
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace

ROOT = Path(tlcore.__file__).resolve().parents[1]
SERVER = """
import sys, time
from pathlib import Path
from tlcore.jobs.queue import JobQueue
from tlcore.jobs.store import open_job
from tlcore.workspace import Workspace
queue = JobQueue(Workspace(Path(sys.argv[1])))
for folder in sys.argv[2:]:
    queue.submit(open_job(Path(folder)))
print("submitted", flush=True)
time.sleep(600)
"""


def wait_for(condition, what="it", seconds=120):
    """Until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} never came"
        time.sleep(0.02)


def state(job: Job) -> str:
    return job_status(job).state


def wait_for_state(job: Job, *states: str) -> None:
    wait_for(lambda: state(job) in states, f"{states} of {job.folder}, which is {state(job)},")


def new_import(workspace: Workspace, folder: Path, visitor: str = "") -> Job:
    return create_import(workspace, ImportSpec("folder", str(folder)), visitor=visitor)


def worker_of(job: Job) -> int:
    """The process of the worker, once it has begun."""
    wait_for(lambda: any(isinstance(event, Started) for event in read_events(job)), "its start")
    return [event.process for event in read_events(job) if isinstance(event, Started)][-1]


def frozen(job: Job) -> int:
    """The process of the worker, stopped in the middle of its work for as long as a test wants, with its locks."""
    process = worker_of(job)
    while True:
        os.kill(process, signal.SIGSTOP)
        assert state(job) == "running", "it was too fast to be stopped at work"
        if not is_locked(job.folder.parents[1] / "queue" / "line.lock"):
            return process
        go_on(process)
        time.sleep(0.002)


def go_on(process: int) -> None:
    os.kill(process, signal.SIGCONT)


def start_server(workspace: Workspace, *jobs: Job) -> subprocess.Popen:
    """A process with a queue of the workspace into which it has put these jobs."""
    command = [sys.executable, "-c", SERVER, str(workspace.root), *(str(job.folder) for job in jobs)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None and server.stdout.readline() == "submitted\n"
    return server


def kill(server: subprocess.Popen) -> None:
    server.kill()
    server.communicate()


def spans(jobs: list[Job]) -> list[tuple[float, float]]:
    """From when to when each finished job was worked on, in order; each was begun exactly once."""
    found = []
    for job in jobs:
        events = read_events(job)
        [start] = [event.time for event in events if isinstance(event, Started)]
        [end] = [event.seconds for event in events if isinstance(event, Finished)]
        found.append((start, start + end))
    return sorted(found)


def into_the_line(workspace: Workspace, job: Job) -> None:
    """Let a job wait, for a worker that the test starts itself."""
    line = Line(workspace)
    with line.locked():
        line.add(job)


def short_work(workspace: Workspace, job: Job, should_stop: Callable[[], bool]) -> Iterator[Event]:
    """A handler for where it does not matter what a job does: it tells how far it is, and writes a file meanwhile."""
    yield Progress("read", 1, 2)
    (job.folder / "made.txt").write_text("half")
    yield Progress("read", 2, 2)
    yield Finished("a result", 0.0)


class ThreadWorker:
    """A worker that is a thread of the tests: where it does not matter that it is a process, which takes seconds."""

    pid = 0  # nobody kills it

    def __init__(self, log: Path, *options: str) -> None:
        self._workspace = Workspace(log.parents[1])
        self._thread = threading.Thread()

    def send(self, job: Job) -> None:
        self._thread = threading.Thread(target=self._work, args=(job,), daemon=True)
        self._thread.start()

    def _work(self, job: Job) -> None:
        """As worker/process.py, but for the slot of its kind, which a worker has until its process ends."""
        with Line(self._workspace).beginning(job) as begun:
            if begun is not None:
                run_job(self._workspace, job, begun)

    def exit(self) -> queue.Exit | None:
        return None if self._thread.is_alive() else queue.Exit()

    def kill(self) -> None:
        self._thread.join()

    def leave(self) -> None:
        """It goes on."""


def work_in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on queues of this process have such workers, and imports do nothing much."""
    monkeypatch.setattr(queue, "OwnWorker", ThreadWorker)
    monkeypatch.setitem(HANDLERS, "import", short_work)
