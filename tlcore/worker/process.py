"""The process that does one job: `python -m tlcore.worker.process [--warm]` [TF].

It reads one line from its standard input, the job's folder, does the job if it still waits, and ends. With `--warm` it
has imported TensorFlow and compiled a first step before it reads that line, so the seconds this takes are not on the
user's clock. When that line never comes (the server is gone, or nobody trained for a quarter of an hour) it ends.
"""

import atexit
import os
import queue
import sys
import threading
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.jobs.line import Line
from tlcore.jobs.store import Job, open_job
from tlcore.worker.handlers import load_trainer
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace, open_workspace

LOG = "worker.log"
IDLE_SECONDS = 15 * 60
SLOT_SECONDS = 2  # a look at the lock, where only an exclusive one can be had, holds it for a moment


def main(arguments: list[str]) -> int:
    """Wait for a job and do it; returns the exit code."""
    orders: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda: orders.put(sys.stdin.readline()), daemon=True).start()
    if "--warm" in arguments:
        warm_up()
    try:
        folder = orders.get(timeout=IDLE_SECONDS).strip()
    except queue.Empty:
        return 0
    if not folder:
        return 0
    job = open_job(Path(folder))
    _log_into(job.folder / LOG)
    work(open_workspace(job.folder.parent.parent), job)
    return 0


def work(workspace: Workspace, job: Job) -> None:
    """Do a job that waits in the line; nothing where it does not any more, or another worker of its kind is at work.

    The slot of its kind is this process's until it ends: what it holds in memory goes only then.
    """
    line = Line(workspace)
    slot = FileLock(line.slot(job.kind))
    try:
        slot.acquire(timeout=SLOT_SECONDS)
    except Timeout:
        return
    atexit.register(slot.release)
    with line.beginning(job) as begun:
        if begun is not None:
            run_job(workspace, job, begun)


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


def _log_into(path: Path) -> None:
    """Send this process's output, TensorFlow's own included, into a file beside the run."""
    with open(path, "ab") as file:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
