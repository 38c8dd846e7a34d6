"""A program of the tests: does a run in one forked child a step, each of which is killed at another touch of the disk.

    python -m tests.faults.killed_steps WORKSPACE RUN

TensorFlow is loaded once, before the forks. The run must have its figures and no model. For each step there is a copy
of the workspace, WORKSPACE-0 and so on, as the kill at this step left it; the last one was not killed.
"""

import os
import shutil
import signal
import sys
from pathlib import Path

from tlcore.jobs.attempts import resume
from tlcore.jobs.store import load_run
from tlcore.worker.handlers import load_trainer
from tlcore.worker.runner import run_job
from tlcore.workspace import open_workspace

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
MOST_STEPS = 100


def die_at(step: int, folder: Path) -> None:
    """Kill this process just before its touch number `step` of a file in the folder: a write, a rename, a removal."""
    left = step + 1

    def hook(event: str, arguments: tuple) -> None:
        nonlocal left
        if event not in ("open", "os.rename", "os.remove", "os.mkdir", "shutil.rmtree"):
            return
        writes = event != "open" or (isinstance(arguments[2], int) and arguments[2] & WRITES)
        path = str(arguments[0])
        if writes and path.startswith(str(folder)) and not path.endswith((".jsonl", ".lock", ".reserve", "/stop")):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def pack(root: Path, run_id: str, step: int) -> None:
    """Continue the run, to be killed on the way."""
    workspace = open_workspace(root)
    run = load_run(workspace, run_id)
    resume(run)
    die_at(step, run.folder)
    run_job(workspace, run)


def main() -> None:
    root, run_id = Path(sys.argv[1]), sys.argv[2]
    load_trainer()
    for step in range(MOST_STEPS):
        copy = root.with_name(f"{root.name}-{step}")
        shutil.copytree(root, copy)
        child = os.fork()
        if child == 0:
            try:
                pack(copy, run_id, step)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return
    raise SystemExit("It never came to its end.")


if __name__ == "__main__":
    main()
