"""Which generator does which kind of job: one table. runner.py runs it, jobs/ has the folders."""

import gc
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from tlcore.advice.recommend import run_recommendation
from tlcore.data.ingest import ingest_path
from tlcore.data.samples import ingest_sample
from tlcore.data.uploads import ingest_incoming
from tlcore.errors import require_package
from tlcore.events import Event, Finished, ShouldStop, Stopped
from tlcore.jobs.store import ImportSpec, Job, Run
from tlcore.workspace import Workspace

Handler = Callable[[Workspace, Job, ShouldStop], Iterator[Event]]
"""Does a job: yields its events, the last one Finished or Stopped; raises UserError where the job cannot be done."""


def train(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Do a training run."""
    assert isinstance(job, Run), job.kind
    load_trainer()
    from tlcore.pipeline.train import train_run  # brings TensorFlow; an import of photos must not wait for that

    yield from train_run(workspace, job, should_stop)


def import_photos(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Make a data set of what a job's `ImportSpec` names; the last event is Finished with its id, or Stopped."""
    start, spec = time.perf_counter(), ImportSpec(**job.spec)
    if spec.kind == "sample":
        dataset = yield from ingest_sample(
            workspace, spec.value, seed=spec.seed, should_stop=should_stop, visitor=job.visitor
        )
    elif spec.kind == "folder":
        dataset = yield from ingest_path(workspace, Path(spec.value), spec.name, spec.seed, should_stop, job.visitor)
    else:
        dataset = yield from ingest_incoming(
            workspace, spec.value, spec.name or spec.value, spec.seed, spec.base, should_stop, job.visitor
        )
    if dataset is None:
        yield Stopped("Nothing was changed; your photos are where they were.")
        return
    yield Finished(dataset.id, time.perf_counter() - start)
    if spec.kind == "incoming":
        shutil.rmtree(workspace.incoming / spec.value, ignore_errors=True)


HANDLERS: dict[str, Handler] = {"train": train, "import": import_photos, "advice": run_recommendation}
"""What does a job, by its `kind`."""


def check_trainer() -> None:
    """Find out in a moment whether a training is possible here.

    Raises:
        UserError: TensorFlow is not installed.
    """
    require_package("tensorflow", "TensorFlow", "Training", "train")


def load_trainer(quietly: bool = False) -> None:
    """Import what a training needs, TensorFlow included: seconds, the first time.

    A million objects come with it, and all stay as long as the process. Python's collector of cycles would go through
    them again and again, while they come and when the process ends; without that both take a second less.

    Args:
        quietly: keep off standard error what TensorFlow's C++ prints about processors meanwhile. Not for a worker: its
            log is where one looks when TensorFlow ends the process.

    Raises:
        UserError: TensorFlow is not installed.
    """
    if "tlcore.pipeline.train" in sys.modules:
        return
    check_trainer()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported: warnings and errors only
    was_on = gc.isenabled()
    gc.disable()
    try:
        with _standard_error_silenced() if quietly else nullcontext():
            import tlcore.pipeline.train  # noqa: F401
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


@contextmanager
def _standard_error_silenced() -> Iterator[None]:
    """Send what any code of this process writes to standard error to nowhere; what Python raises is not lost."""
    try:
        kept = os.dup(2)
    except OSError:  # a program without a console has none
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(silence)
        os.close(kept)
