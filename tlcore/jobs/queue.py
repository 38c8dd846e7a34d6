"""The queue in front of the workers: one training, one import and one recommendation at a time, each in a process.

Each kind of job has a `concurrent.futures` executor with one thread; the thread takes the first job that waits, starts
a worker process, waits for it and so reaps it. The jobs that wait are a plain list, so its order can be seen and
changed. Nothing here is needed to follow a job: that is read off its folder (store.py), and a job goes on when this
process ends. What was still waiting then is taken up by the next `JobQueue` of the workspace.
"""

import concurrent.futures.thread
import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from filelock import FileLock

import tlcore
from tlcore.events import Failed, Started, Stopped
from tlcore.jobs.locks import SERVERS, is_locked
from tlcore.jobs.status import job_status
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

KINDS = ("train", "import", "advice")
POLL_SECONDS = 0.1
STOP_PATIENCE_SECONDS = 20  # a worker that does not answer a stop by then is ended
NOT_BEGUN = "It had not begun yet."
WARM_VARIABLE = "TRANSFERLAB_WARM"  # "0" saves 600 MB on a small machine; training then starts some seconds later


class JobQueue:
    """Takes jobs of one workspace and sees that they are worked on, in order. Make one a server process."""

    def __init__(self, workspace: Workspace) -> None:
        self._executors = {kind: ThreadPoolExecutor(1, thread_name_prefix=kind) for kind in KINDS}
        self._waiting: list[Job] = []
        self._running: dict[str, list[str]] = {kind: [] for kind in KINDS}
        self._mutex = threading.Lock()
        self._warm_worker: subprocess.Popen[bytes] | None = None
        servers = workspace.root / SERVERS
        servers.mkdir(exist_ok=True)
        self._server_lock = FileLock(servers / f"{new_id('server')}.lock", thread_local=False)
        self._server_lock.acquire()
        self._submit_abandoned(workspace, servers)

    def submit(self, job: Job) -> None:
        """Put a job at the end of its queue."""
        with self._mutex:
            self._waiting.append(job)
            write_json(job.folder / QUEUED, {"lock": str(self._server_lock.lock_file)})
        self._executors[job.kind].submit(self._run_next, job.kind)

    def restart(self, job: Job) -> None:
        """Work on an interrupted, stopped or failed job once more; a job that is being worked on is left alone."""
        if not job_status(job).active:
            reset(job)
            self.submit(job)

    def resume(self, job: Job) -> None:
        """Continue an interrupted or stopped training from its last epoch, where `can_resume` says that it can."""
        if not job_status(job).active:
            resume(job)
            self.submit(job)

    def position(self, job: Job) -> int:
        """How many jobs of its kind come before it, the running one included; 0 when it is its turn."""
        with self._mutex:
            ids = [other.id for other in self._waiting if other.kind == job.kind]
            return ids.index(job.id) + len(self._running[job.kind]) if job.id in ids else 0

    def waiting(self, kind: str = "train") -> list[str]:
        """The ids of the jobs that wait, the next one first."""
        with self._mutex:
            return [job.id for job in self._waiting if job.kind == kind]

    def cancel(self, job: Job) -> None:
        """End a job that waits, before it has begun; a running one is left alone."""
        with self._mutex:
            if job.id not in [other.id for other in self._waiting]:
                return
            self._waiting = [other for other in self._waiting if other.id != job.id]
        EventLog(job).write(Stopped(NOT_BEGUN))
        (job.folder / QUEUED).unlink(missing_ok=True)

    def move_to_front(self, job: Job) -> None:
        """Let a waiting job go before all others that wait."""
        with self._mutex:
            first = [other for other in self._waiting if other.id == job.id]
            self._waiting = first + [other for other in self._waiting if other.id != job.id]

    def warm_up(self) -> None:
        """Start a trainer that has TensorFlow loaded and waits; does nothing when one waits already."""
        if os.environ.get(WARM_VARIABLE, "1") == "0":
            return
        with self._mutex:
            if self._warm_worker is None or self._warm_worker.poll() is not None:
                self._warm_worker = _start_worker("--warm")

    def close(self) -> None:
        """End the warm trainer and free the server's lock; running jobs go on."""
        with self._mutex:
            if self._warm_worker is not None:
                _end(self._warm_worker)
        for executor in self._executors.values():
            executor.shutdown(wait=False, cancel_futures=True)
        self._server_lock.release()

    def _submit_abandoned(self, workspace: Workspace, servers: Path) -> None:
        """Queue again what was waiting in servers that are gone."""
        for job in reversed([*list_recommendations(workspace), *list_imports(workspace), *list_runs(workspace)]):
            begun = any(isinstance(event, Started) for event in read_events(job))
            if (job.folder / QUEUED).exists() and not begun and job_status(job).state in ("interrupted", "tested"):
                self.submit(job)
        for path in servers.glob("*.lock"):
            if not is_locked(path):
                path.unlink(missing_ok=True)

    def _run_next(self, kind: str) -> None:
        """Start a worker for the first job that waits and wait until it has ended."""
        with self._mutex:
            job = next((job for job in self._waiting if job.kind == kind), None)
            if job is None or _interpreter_is_ending():  # canceled; or left to the next server
                return
            self._waiting.remove(job)
            self._running[kind].append(job.id)
        try:
            if (job.folder / STOP).exists():
                EventLog(job).write(Stopped(NOT_BEGUN))
                return
            worker = self._take_worker(job)
            _send(worker, job)
            self._wait_for(worker, job)
        except OSError as error:
            EventLog(job).write(Failed(f"The training process could not be started ({error}).", "Start it again."))
        finally:
            with self._mutex:
                self._running[kind].remove(job.id)
                if job.id not in [other.id for other in self._waiting]:  # it may have been started again meanwhile
                    (job.folder / QUEUED).unlink(missing_ok=True)

    def _take_worker(self, job: Job) -> subprocess.Popen[bytes]:
        """The warm trainer for a training; a fresh process for the rest."""
        with self._mutex:
            warm, usable = self._warm_worker, job.kind == "train"
            if usable and warm is not None and warm.poll() is None:
                self._warm_worker = None
                return warm
        return _start_worker()

    def _wait_for(self, worker: subprocess.Popen[bytes], job: Job) -> None:
        """Until the worker has ended, or this server does; a worker that does not answer a stop in time is ended."""
        asked = None
        while worker.poll() is None and not _interpreter_is_ending():
            time.sleep(POLL_SECONDS)
            if asked is None and (job.folder / STOP).exists():
                asked = time.monotonic()
            if asked is not None and time.monotonic() - asked > STOP_PATIENCE_SECONDS:
                if not job_status(job).evaluated:  # else it has answered and is packing what was learned
                    _end(worker)
                asked = time.monotonic()


def _interpreter_is_ending() -> bool:
    """Whether this process is on its way out and waits for its executors' threads.

    There is no public way to ask: `threading.main_thread()` counts as alive until these threads have ended. Where the
    private name goes, a server that is to end waits for its workers; tests/jobs/test_queue.py notices.
    """
    return bool(getattr(concurrent.futures.thread, "_shutdown", False))


def _start_worker(*options: str) -> subprocess.Popen[bytes]:
    """A worker process that waits for its order; it outlives the server.

    `-P`: a file in the folder that the server was started in is never taken for a module of the same name.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tlcore.worker", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in the server's terminal ends the server only
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
        env=worker_environment(),
    )


def worker_environment() -> dict[str, str]:
    """The environment in which a new Python finds the very `tlcore` that runs here, whatever folder it starts in.

    An installed one is found anyway, and its folder must not come before the standard library, as PYTHONPATH does.
    """
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}
    place = str(Path(tlcore.__file__).resolve().parents[1])
    if place not in {str(Path(sysconfig.get_path(key)).resolve()) for key in ("purelib", "platlib")}:
        environment["PYTHONPATH"] = os.pathsep.join([place, *filter(None, [os.environ.get("PYTHONPATH")])])
    return environment


def _send(worker: subprocess.Popen[bytes], job: Job) -> None:
    """Tell a waiting worker which job to do."""
    assert worker.stdin is not None  # it was started with a pipe
    with worker.stdin as orders:
        orders.write(f"{job.folder}\n".encode())


def _end(worker: subprocess.Popen[bytes]) -> None:
    """Kill a worker and what it started."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(worker.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    else:
        worker.kill()
    worker.wait()
