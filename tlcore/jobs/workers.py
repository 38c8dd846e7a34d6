"""Worker processes as the server sees them: start one, tell it its job, see how it ends. They run `tlcore.worker`.

A worker outlives its server. One that an earlier server started is seen through the job's lock and its process id.
"""

import os
import signal
import subprocess
import sys
import sysconfig
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import psutil

import tlcore
from tlcore.access import TOKEN_VARIABLE
from tlcore.events import Started
from tlcore.jobs.event_log import read_events
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.small_machine import frugal_environment
from tlcore.jobs.store import Job

LOG_BYTES = 1_000_000


@dataclass(frozen=True)
class Exit:
    """How a process ended: by a signal (its number, else 0) or with an exit code of its own; both 0: nobody saw how."""

    signal: int = 0
    code: int = 0


class Process(Protocol):
    """A worker, whoever started it."""

    @property
    def pid(self) -> int:
        """Its process id, 0 while nobody knows."""

    def exit(self) -> Exit | None:
        """How it ended; None while it lives."""


class OwnWorker:
    """A worker that this process started; it waits for its order."""

    def __init__(self, log: Path, *options: str) -> None:
        """Start it. `log`: what it prints before it has a job goes there.

        Raises:
            OSError: the system cannot start a process: there is no Python, or no memory.
        """
        with _open_log(log) as file:
            self._process = subprocess.Popen(
                # -P: a file in the folder that the server was started in is never imported as a module of that name.
                [sys.executable, "-P", "-m", "tlcore.worker", *options],
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=file,
                start_new_session=True,  # Ctrl-C in the server's terminal ends the server only
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
                env=worker_environment(),
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, job: Job) -> None:
        """Tell it which job to do. Raises OSError where it has ended."""
        assert self._process.stdin is not None  # it was started with a pipe
        with self._process.stdin as orders:
            orders.write(f"{job.folder}\n".encode())

    def exit(self) -> Exit | None:
        code = self._process.poll()
        if code is None:
            return None
        return Exit(signal=-code) if code < 0 else Exit(code=code)

    def kill(self) -> None:
        """End it and what it started, and wait for that."""
        if self.exit() is None:
            kill(self.pid)
            self._process.wait()
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def leave(self) -> None:
        """Let it work on, watched by nobody; its process id is freed when it ends."""
        threading.Thread(target=self._process.wait, daemon=True).start()


class AdoptedWorker:
    """The worker of a job that another server began; only the lock and the job's events tell of it."""

    def __init__(self, job: Job) -> None:
        self._job = job

    @property
    def pid(self) -> int:
        started = [event for event in read_events(self._job) if isinstance(event, Started)]
        return started[-1].process if started else 0

    def exit(self) -> Exit | None:
        return None if is_locked(self._job.folder / LOCK) else Exit()

    def leave(self) -> None:
        """There is nothing to let go of."""


def kill(pid: int) -> None:
    """Kill a worker and what it started; one that is gone, or that nobody knows, is left alone."""
    if pid <= 0:
        return
    try:
        if hasattr(os, "killpg") and os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            psutil.Process(pid).kill()
    except (ProcessLookupError, psutil.NoSuchProcess):
        return


def worker_environment() -> dict[str, str]:
    """The environment in which a new Python finds the very `tlcore` that runs here, whatever folder it starts in.

    An installed one is found anyway, and its folder must not come before the standard library, as PYTHONPATH does.
    """
    environment = frugal_environment() | os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}
    environment.pop(TOKEN_VARIABLE, None)  # which Streamlit puts back when its file of secrets changes
    place = str(Path(tlcore.__file__).resolve().parents[1])
    if place not in {str(Path(sysconfig.get_path(key)).resolve()) for key in ("purelib", "platlib")}:
        environment["PYTHONPATH"] = os.pathsep.join([place, *filter(None, [os.environ.get("PYTHONPATH")])])
    return environment


def _open_log(path: Path) -> IO[bytes]:
    """The log for what workers print before they have a job, emptied when it has grown; nowhere on a full disk."""
    try:
        path.parent.mkdir(exist_ok=True)
        grown = path.exists() and path.stat().st_size > LOG_BYTES
        return open(path, "wb" if grown else "ab")
    except OSError:
        return open(os.devnull, "wb")
