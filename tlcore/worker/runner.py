"""Running one job in this process: take its lock, run its generator, write its events. The worker, the Python API and
the command line all do it here; which generator does which kind of job is told in handlers.py.
"""

import os
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.errors import UserError
from tlcore.events import Event, Failed, Started
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import EventLog, Job, stop_requested
from tlcore.worker.handlers import HANDLERS
from tlcore.workspace import Workspace

LOCK_SECONDS = 10  # a page that looks whether the lock is free holds it for a moment


def run_job(
    workspace: Workspace,
    job: Job,
    on_event: Callable[[Event], object] | None = None,
    on_bug: Callable[[Exception], object] = traceback.print_exception,
) -> Event:
    """Do a job to its end and return its last event: Finished, Stopped or Failed.

    Args:
        on_event: is called with every event, after it was written into the job's folder.
        on_bug: is called with an error that is the program's own fault; the last event is then a `Failed` that is a
            `bug`. By default its traceback goes to standard error, which is the job's log in a worker.

    Raises:
        nothing of the job's own, but whatever `on_event` raises, and KeyboardInterrupt. The lock is free afterwards.
    """
    report = on_event if on_event is not None else lambda event: None
    log = EventLog(job)
    lock = FileLock(job.folder / LOCK, timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        last: Event = Failed("Another process works on this already.", "Wait until it has ended.")
        report(last)
        return last
    try:
        for event in _guarded(workspace, job, on_bug):
            log.write(event)
            report(event)
            last = event
    finally:
        lock.release()
    return last


def _guarded(workspace: Workspace, job: Job, on_bug: Callable[[Exception], object]) -> Iterator[Event]:
    """The job's events between a Started and exactly one last event, whatever happens."""
    yield Started(time.time(), os.getpid())
    try:
        yield from HANDLERS[job.kind](workspace, job, stop_requested(job))
    except UserError as error:
        yield Failed(error.what, error.fix)
    except MemoryError:
        yield Failed("The memory of this machine was not enough.", "Choose a smaller image size or fewer photos.")
    except Exception as error:  # the page must hear of a bug too; the whole story goes to `on_bug`
        on_bug(error)
        place = traceback.extract_tb(error.__traceback__)[-1]
        yield Failed(
            f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})",
            "This is a fault of the program, not yours.",
            bug=True,
        )
