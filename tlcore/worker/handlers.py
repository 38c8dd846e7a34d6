"""Doing a job in this process: take its lock, run its generator, write its events. For worker and terminal alike."""

import gc
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.advice.recommend import run_recommendation
from tlcore.data.ingest import ingest_path
from tlcore.data.manifest import Dataset
from tlcore.data.samples import ingest_sample
from tlcore.data.uploads import ingest_incoming
from tlcore.errors import UserError
from tlcore.events import Event, Failed, Finished, ShouldStop, Started, Stopped
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import EventLog, ImportSpec, Job, Run, stop_requested
from tlcore.workspace import Workspace

LOCK_SECONDS = 10  # a page that looks whether the lock is free holds it for a moment


def work(workspace: Workspace, job: Job, listener: Callable[[Event], None] = lambda event: None) -> Event:
    """Do a job to its end and return its last event; nothing is raised but what a person's Ctrl-C raises.

    Args:
        listener: is told every event as well; the terminal draws its progress bars with it.
    """
    log, last = EventLog(job), None
    lock = FileLock(job.folder / LOCK, timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        return Failed("Another process works on this already.", "Wait until it has ended.")
    try:
        for event in _guarded(workspace, job):
            log.write(event)
            listener(event)
            last = event
    finally:
        lock.release()
    return last


def _guarded(workspace: Workspace, job: Job) -> Iterator[Event]:
    """The job's events between a Started and exactly one last event, whatever happens."""
    yield Started(time.time(), os.getpid())
    try:
        yield from _events(workspace, job, stop_requested(job))
    except UserError as error:
        yield Failed(error.what, error.fix)
    except MemoryError:
        yield Failed("The memory of this machine was not enough.", "Choose a smaller image size or fewer photos.")
    except Exception as error:  # the page must hear of a bug too; the whole story goes into the log
        traceback.print_exc()
        place = traceback.extract_tb(error.__traceback__)[-1]
        yield Failed(
            f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})",
            "This is a fault of the program, not yours.",
            bug=True,
        )


def _events(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """The generator of this kind of job."""
    if isinstance(job, Run):
        load_trainer()  # imports TensorFlow; an import of photos must not wait for that
        from tlcore.pipeline.train import train_run

        yield from train_run(workspace, job, should_stop)
    elif job.kind == "advice":
        yield from run_recommendation(workspace, job, should_stop)
    else:
        yield from import_photos(workspace, ImportSpec(**job.spec), should_stop)


def load_trainer() -> None:
    """Import what a training needs, TensorFlow included: seconds, the first time.

    A million objects come with it, and all stay as long as the process. Python's collector of cycles would go through
    them again and again, while they come and when the process ends; without that both take a second less.
    """
    if "tlcore.pipeline.train" in sys.modules:
        return
    was_on = gc.isenabled()
    gc.disable()
    try:
        import tlcore.pipeline.train  # noqa: F401
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def import_photos(workspace: Workspace, spec: ImportSpec, should_stop: ShouldStop) -> Iterator[Event]:
    """Make a data set of an `ImportSpec`; the last event is Finished with its id, or Stopped."""
    start = time.perf_counter()
    if spec.kind == "sample":
        dataset = yield from ingest_sample(workspace, spec.value, seed=spec.seed, should_stop=should_stop)
    elif spec.kind == "folder":
        dataset = yield from ingest_path(
            workspace, Path(spec.value), name=spec.name, seed=spec.seed, should_stop=should_stop
        )
    else:
        dataset = yield from ingest_incoming(
            workspace, spec.value, name=spec.name, seed=spec.seed, base=spec.base, should_stop=should_stop
        )
    if not isinstance(dataset, Dataset):
        yield Stopped("Nothing was changed; your photos are where they were.")
        return
    yield Finished(dataset.id, time.perf_counter() - start)
    if spec.kind == "incoming":
        shutil.rmtree(workspace.incoming / spec.value, ignore_errors=True)
