"""The process that does one job: `python -m tlcore.worker.process [--warm | --warm-import FOLDER]` [TF].

It reads one line from its standard input, the job's folder, does the job if it still waits, and ends. With `--warm` it
has imported TensorFlow and compiled a first step before it reads that line, with `--warm-import` it has started what
decodes photos for the workspace in that folder, so the seconds this takes are not on the user's clock. When that line
never comes (the server is gone, or nobody asked for a quarter of an hour) it ends. TERM and HUP ask the job to stop and
keep what there is. The exit code is 0 wherever the job's folder says how it ended, and `EXIT_UNRECORDED` where that
could not be written.
"""

import atexit
import os
import queue
import sys
import threading
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.errors import UserError
from tlcore.events import Event
from tlcore.jobs.event_log import read_events
from tlcore.jobs.line import Line
from tlcore.jobs.store import EXIT_UNRECORDED, Job, open_job
from tlcore.jobs.worker_memory import let_system_choose
from tlcore.listing import is_deleted
from tlcore.storage.deletion import delete_marked
from tlcore.storage.pending import finish_deletions
from tlcore.worker.handlers import load_trainer
from tlcore.worker.interrupt import stopping_on_signals
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace, open_workspace

LOG = "worker.log"
IDLE_SECONDS = 15 * 60
SLOT_SECONDS = 2  # a look at the lock, where only an exclusive one can be had, holds it for a moment


def main(arguments: list[str]) -> int:
    """Wait for a job and do it; returns the exit code."""
    let_system_choose()
    orders: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda: orders.put(sys.stdin.readline()), daemon=True).start()
    if "--warm" in arguments:
        warm_up()
    elif "--warm-import" in arguments:
        warm_up_import(open_workspace(Path(arguments[-1])))
    try:
        folder = orders.get(timeout=IDLE_SECONDS).strip()
    except queue.Empty:
        return 0
    if not folder:
        return 0
    try:
        job = open_job(Path(folder))
        workspace = open_workspace(job.folder.parent.parent)
    except UserError:  # it was deleted while it waited: there is nothing to do, and no place to say so
        return 0
    _log_into(job.folder / LOG)
    with stopping_on_signals(job):
        last = work(workspace, job)
    written = last is None or read_events(job)[-1:] == [last] or not job.folder.is_dir()
    if is_deleted(job.folder):
        _leave(workspace)
    return 0 if written else EXIT_UNRECORDED


def _leave(workspace: Workspace) -> None:
    """After a job that was deleted while it was at work: take it away. The cleaner does what is not possible now."""
    with suppress(UserError, OSError, Timeout):
        finish_deletions(workspace)
        delete_marked(workspace)


def work(workspace: Workspace, job: Job) -> Event | None:
    """Do a job that waits in the line; nothing where it does not any more, or another worker of its kind is at work.

    Returns its last event, None where nothing was done. The slot of its kind is this process's until it ends: what it
    holds in memory goes only then.
    """
    line = Line(workspace)
    slot = FileLock(line.slot(job.kind))
    try:
        slot.acquire(timeout=SLOT_SECONDS)
    except Timeout:
        return None
    atexit.register(slot.release)
    with line.beginning(job) as begun:
        return run_job(workspace, job, begun) if begun is not None else None


def warm_up() -> None:
    """Import what training needs and run one tiny training, so that Keras has set itself up: some seconds."""
    import numpy as np

    load_trainer()
    from tlcore.config import TrainConfig
    from tlcore.evaluation.metrics import class_table
    from tlcore.training.head import Examples, train_head

    examples = Examples(np.zeros((4, 8), np.float32), np.array([0, 1, 0, 1], np.int32))
    list(train_head(examples, examples, 2, TrainConfig(epochs=1)))
    class_table(["a"], ["a"], ["a", "b"])


def warm_up_import(workspace: Workspace) -> None:
    """Load what an import needs, and start the first of the processes that decode: half a second."""
    import pyarrow.parquet  # noqa: F401 - pandas imports it when the first table is written

    from tlcore.data.decoder import shared_decoder
    from tlcore.settings import load_limits

    with suppress(UserError):  # the import will say what is wrong with the settings, or the system
        shared_decoder(load_limits(workspace)).warm_up()


def _log_into(path: Path) -> None:
    """Send this process's output, TensorFlow's own included, into a file beside the run; to nowhere on a full disk."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    except OSError:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
