"""Running one job in this process: take its lock, run its generator, write its events. The worker, the Python API and
the command line all do it here; which generator does which kind of job is the table in handlers.py.
"""

import os
import sys
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.errors import TooFewPhotos, UndecidedEncoding, UndecidedLayout, UserError
from tlcore.events import Event, Failed, Started
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import Job, stop_requested
from tlcore.messages.bugs import bug_report, new_bug_number
from tlcore.messages.endings import memory_failure, system_failure
from tlcore.worker.handlers import HANDLERS
from tlcore.workspace import Workspace, disk_error

LOCK_SECONDS = 10  # a page that looks whether the lock is free holds it for a moment
OUT_OF_MEMORY = ("ResourceExhaustedError",)  # TensorFlow's, by its name: it may not be imported here


def run_job(
    workspace: Workspace,
    job: Job,
    on_event: Callable[[Event], object] | None = None,
    on_bug: Callable[[Exception], object] | None = None,
) -> Event:
    """Do a job to its end and return its last event: Finished, Stopped or Failed.

    Args:
        on_event: is called with every event, after it was written into the job's folder.
        on_bug: is called with an error that is the program's own fault; the last event is then a `Failed` that is a
            `bug`. By default its report goes to standard error, which is the job's log in a worker.

    Raises:
        nothing of the job's own, but whatever `on_event` raises, and KeyboardInterrupt. The lock is free afterwards.
    """
    report = on_event if on_event is not None else lambda event: None
    lock = FileLock(job.folder / LOCK, timeout=LOCK_SECONDS)
    try:
        _acquire(lock, job)
    except UserError as error:
        last: Event = Failed(error.what, error.fix)
        report(last)
        return last
    log = EventLog(job)
    log.reserve()
    try:
        return _record(_guarded(workspace, job, on_bug), log, report)
    finally:
        log.release()
        with suppress(OSError):
            lock.release()


def _acquire(lock: FileLock, job: Job) -> None:
    """Take the job's lock.

    Raises:
        UserError: another process has it, the disk is full, or the job's folder is gone.
    """
    if not job.folder.is_dir():  # taking the lock would make it again
        raise UserError("The folder of this job no longer exists.", "It has been deleted. Start a new one.")
    try:
        lock.acquire()
    except Timeout:
        raise UserError("Another process is already working on this.", "Wait until it has ended.") from None
    except OSError as error:
        raise disk_error(job.folder / LOCK, error) from error


def _record(events: Generator[Event, None, None], log: EventLog, report: Callable[[Event], object]) -> Event:
    """Write and report events until the last one; where one cannot be written, that is how the job ends."""
    last: Event = Failed("", "")
    try:
        for last in events:
            log.write(last)
            report(last)
    except UserError as error:
        with suppress(UserError, OSError):
            events.close()  # what was computed may meet the same disk
        log.release()  # room for this line
        last = Failed(error.what, error.fix)
        with suppress(UserError):
            log.write(last)
        report(last)
    return last


def _guarded(
    workspace: Workspace, job: Job, on_bug: Callable[[Exception], object] | None
) -> Generator[Event, None, None]:
    """The job's events between a Started and exactly one last event, whatever happens."""
    yield Started(time.time(), os.getpid())
    try:
        yield from HANDLERS[job.kind](workspace, job, stop_requested(job))
    except TooFewPhotos as error:
        yield Failed(error.what, error.fix, small_classes=error.classes, reasons=error.reasons)
    except UndecidedLayout as error:
        yield Failed(error.what, error.fix, choices=error.choices)
    except UndecidedEncoding as error:
        yield Failed(error.what, error.fix, encodings=error.choices)
    except UserError as error:
        yield Failed(error.what, error.fix, reasons=error.reasons)
    except Exception as error:  # the page must hear of a bug too; the whole story goes to `on_bug`
        yield _failed(job, error, on_bug)


def _failed(job: Job, error: Exception, on_bug: Callable[[Exception], object] | None) -> Failed:
    """The end that an error means: no memory, a disk or a folder that fails, else a bug with its number."""
    if isinstance(error, MemoryError) or type(error).__name__ in OUT_OF_MEMORY:
        found = memory_failure(job)
        return Failed(found.what, found.fix)
    number = new_bug_number()
    known = system_failure(error) if isinstance(error, OSError) else None
    if on_bug is None:
        with suppress(OSError, ValueError):  # the log may lie on a full disk, or have been closed
            sys.stderr.write(bug_report(number, error))
            sys.stderr.flush()
    elif known is None:
        on_bug(error)
    if known is not None:
        return Failed(known.what, known.fix)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return Failed(
        f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})",
        "This is a bug in the program, not something you did.",
        bug=True,
        number=number,
    )
