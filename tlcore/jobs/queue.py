"""The queue in front of the workers: one training, one import and one advice at a time, all in their own processes.

Each kind of job has a `concurrent.futures` executor with one thread; the thread takes the job that is first in line,
starts a worker process, waits for it and so reaps it. The line itself is a plain list, so its order can be seen and
changed. Nothing here is needed to follow a job: that is read off its folder (store.py), and a job goes on when this
process ends. What was still waiting then is taken up by the next `JobQueue` of the workspace.
"""

import concurrent.futures.thread
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from filelock import FileLock

import tlcore
from tlcore.events import Failed, Started, Stopped
from tlcore.jobs.status import is_locked, job_status
from tlcore.jobs.store import (
    QUEUED,
    STOP,
    EventLog,
    Job,
    list_imports,
    list_recommendations,
    list_runs,
    read_events,
    reset,
    resume,
)
from tlcore.workspace import Workspace, new_id, write_json

POLL_SECONDS = 0.1
STOP_PATIENCE_SECONDS = 20  # a worker that does not answer a stop by then is ended
NOT_BEGUN = "It had not begun yet."
WARM_VARIABLE = "TRANSFERLAB_WARM"  # "0" saves 600 MB on a small machine; training then starts some seconds later

_PROJECT = Path(tlcore.__file__).parent.parent  # `-m tlcore…` finds the package from here


class JobQueue:
    """Takes jobs of one workspace and sees that they are worked on, in order. Make one a server process."""

    def __init__(self, workspace: Workspace) -> None:
        self._lanes = {kind: ThreadPoolExecutor(1, thread_name_prefix=kind) for kind in ("train", "import", "advice")}
        self._line: list[Job] = []
        self._working: dict[str, list[str]] = {kind: [] for kind in self._lanes}
        self._guard = threading.Lock()
        self._warm_worker: subprocess.Popen | None = None
        servers = workspace.root / "servers"
        servers.mkdir(exist_ok=True)
        self._alive = FileLock(servers / f"{new_id('server')}.lock", thread_local=False)
        self._alive.acquire()
        self._take_over(workspace, servers)

    def submit(self, job: Job) -> None:
        """Put a job at the end of its queue."""
        with self._guard:
            self._line.append(job)
            write_json(job.folder / QUEUED, {"lock": str(self._alive.lock_file)})
        self._lanes[job.kind].submit(self._process_next, job.kind)

    def restart(self, job: Job) -> None:
        """Work on an interrupted, stopped or failed job once more; a job that is being worked on is left alone."""
        if not job_status(job).active:
            reset(job)
            self.submit(job)

    def go_on(self, job: Job) -> None:
        """Continue an interrupted or stopped training from its last epoch, where `can_resume` says that it can."""
        if not job_status(job).active:
            resume(job)
            self.submit(job)

    def position(self, job: Job) -> int:
        """How many jobs of its kind come before it, the one in work included; 0 when it is its turn."""
        with self._guard:
            ids = [other.id for other in self._line if other.kind == job.kind]
            return ids.index(job.id) + len(self._working[job.kind]) if job.id in ids else 0

    def line(self, kind: str = "train") -> list[str]:
        """The ids of the jobs that wait, the next one first."""
        with self._guard:
            return [job.id for job in self._line if job.kind == kind]

    def cancel(self, job: Job) -> None:
        """End a job that waits, before it has begun; one in work is left alone."""
        with self._guard:
            if job.id not in [other.id for other in self._line]:
                return
            self._line = [other for other in self._line if other.id != job.id]
        EventLog(job).write(Stopped(NOT_BEGUN))
        (job.folder / QUEUED).unlink(missing_ok=True)

    def move_to_front(self, job: Job) -> None:
        """Let a waiting job go before all others that wait."""
        with self._guard:
            waiting = [other for other in self._line if other.id == job.id]
            self._line = waiting + [other for other in self._line if other.id != job.id]

    def warm(self) -> None:
        """Start a trainer that has TensorFlow loaded and waits; does nothing when one waits already."""
        if os.environ.get(WARM_VARIABLE, "1") == "0":
            return
        with self._guard:
            if self._warm_worker is None or self._warm_worker.poll() is not None:
                self._warm_worker = _start_worker("--warm")

    def close(self) -> None:
        """End the waiting trainer and free the queue's lock; jobs in work go on."""
        with self._guard:
            if self._warm_worker is not None:
                _end(self._warm_worker)
        for lane in self._lanes.values():
            lane.shutdown(wait=False, cancel_futures=True)
        self._alive.release()

    def _take_over(self, workspace: Workspace, servers: Path) -> None:
        """Queue again what was waiting in servers that are gone."""
        for job in reversed([*list_recommendations(workspace), *list_imports(workspace), *list_runs(workspace)]):
            begun = any(isinstance(event, Started) for event in read_events(job))
            if (job.folder / QUEUED).exists() and not begun and job_status(job).state == "interrupted":
                self.submit(job)
        for path in servers.glob("*.lock"):
            if not is_locked(path):
                path.unlink(missing_ok=True)

    def _process_next(self, kind: str) -> None:
        """Start a worker for the job that is first in line and wait until it has ended."""
        with self._guard:
            job = next((job for job in self._line if job.kind == kind), None)
            if job is None or _is_ending():  # taken out; or left to the next server
                return
            self._line.remove(job)
            self._working[kind].append(job.id)
        try:
            if (job.folder / STOP).exists():
                EventLog(job).write(Stopped(NOT_BEGUN))
                return
            worker = self._take_worker(job)
            worker.stdin.write(f"{job.folder}\n".encode())
            worker.stdin.close()
            self._wait(worker, job)
        except OSError as error:
            EventLog(job).write(Failed(f"The training process could not be started ({error}).", "Start it again."))
        finally:
            with self._guard:
                self._working[kind].remove(job.id)
                if job.id not in [other.id for other in self._line]:  # it may have been started again meanwhile
                    (job.folder / QUEUED).unlink(missing_ok=True)

    def _take_worker(self, job: Job) -> subprocess.Popen:
        """The warm trainer for a training; a fresh process for the rest."""
        with self._guard:
            warm, usable = self._warm_worker, job.kind == "train"
            if usable and warm is not None and warm.poll() is None:
                self._warm_worker = None
                return warm
        return _start_worker()

    def _wait(self, worker: subprocess.Popen, job: Job) -> None:
        """Until the worker has ended, or this server does; a worker that does not answer a stop in time is ended."""
        asked = None
        while worker.poll() is None and not _is_ending():
            time.sleep(POLL_SECONDS)
            if asked is None and (job.folder / STOP).exists():
                asked = time.monotonic()
            if asked is not None and time.monotonic() - asked > STOP_PATIENCE_SECONDS:
                if not job_status(job).evaluated:  # else it has answered and is packing what was learned
                    _end(worker)
                asked = time.monotonic()


def _is_ending() -> bool:
    """Whether this process is on its way out and waits for its executors' threads; nothing public tells."""
    return getattr(concurrent.futures.thread, "_shutdown", False)


def _start_worker(*options: str) -> subprocess.Popen:
    """A worker process that waits for its order; it outlives the server."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}
    return subprocess.Popen(
        [sys.executable, "-m", "tlcore.worker", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=environment,
        cwd=_PROJECT,
    )


def _end(worker: subprocess.Popen) -> None:
    """Kill a worker and what it started."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(worker.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    else:
        worker.kill()
    worker.wait()
