"""Ending a process at each thing that it does on disk in turn: `python -m tests.faults.crash_points STEP ROOT FOLDER`.

For n = 1, 2, … a child makes a fresh job and does STEP, and is killed just before its n-th file operation below ROOT;
the last child gets through. Prints a JSON object a line: what the job's files were at after each kill.

The job itself does next to nothing: what is killed here is what the queue and the worker do for every job.
"""

import json
import os
import signal
import sys
from pathlib import Path

from filelock import FileLock

from tests.faults.jobs import short_work
from tlcore.jobs.line import Line
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.places import entry_of, has_begun
from tlcore.jobs.queue import JobQueue
from tlcore.jobs.status import job_status
from tlcore.jobs.store import ImportSpec, Job, create_import, open_job
from tlcore.worker.handlers import HANDLERS
from tlcore.worker.process import work
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace, open_workspace

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"}
MOST = 400


def kill_at(number: int, root: Path) -> None:
    """From now on, kill this process just before its `number`-th change of a file below `root`."""
    left, place = number, str(root)

    def watch(event: str, arguments: tuple) -> None:
        nonlocal left
        writes = event == "open" and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
        if (writes or event in CHANGES) and str(arguments[0]).startswith(place):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def submit(workspace: Workspace, queue: JobQueue, job: Job) -> None:
    queue.submit(job)


def restart(workspace: Workspace, queue: JobQueue, job: Job) -> None:
    queue.restart(job)


def cancel(workspace: Workspace, queue: JobQueue, job: Job) -> None:
    queue.cancel(job)


def begin(workspace: Workspace, queue: JobQueue, job: Job) -> None:
    work(workspace, job)


STEPS = {"submit": submit, "restart": restart, "cancel": cancel, "begin": begin}


def prepare(step: str, workspace: Workspace, queue: JobQueue, folder: Path) -> Job:
    """A fresh job, as it is before the step."""
    job = create_import(workspace, ImportSpec("folder", str(folder)))
    if step == "restart":
        run_job(workspace, job)
    if step in ("cancel", "begin"):
        queue.submit(job)
    return job


def main(step: str, root: Path, folder: Path) -> int:
    workspace = open_workspace(root)
    HANDLERS["import"] = short_work
    line = Line(workspace)
    (root / "queue").mkdir(exist_ok=True)
    watcher = FileLock(line.server_lock("import"))  # held by another server, so no queue takes anything up here
    watcher.acquire()
    for number in range(1, MOST):
        path, answers = os.pipe()
        child = os.fork()
        if not child:
            queue = JobQueue(workspace)
            job = prepare(step, workspace, queue, folder)
            os.write(answers, str(job.folder).encode())
            kill_at(number, root)
            STEPS[step](workspace, queue, job)
            os._exit(0)
        os.close(answers)
        with open(path) as reader:
            job = open_job(Path(reader.read()))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        line.recover(job.kind)
        found = {
            "killed": code == -signal.SIGKILL,
            "code": code,
            "folder": str(job.folder),
            "state": job_status(job).state,
            "waits": entry_of(job) is not None,
            "begun": has_begun(job),
            "listed": job.id in [each.id for each in line.jobs(job.kind)],
            "locked": is_locked(job.folder / LOCK) or is_locked(line.slot(job.kind)),
        }
        print(json.dumps(found), flush=True)
        if not found["killed"]:
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
