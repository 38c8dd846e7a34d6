"""The line of jobs that wait, on disk: who waits, whose turn it is, and how a job leaves it. No process owns it.

A job waits while its folder has `queued.json` and it has not begun. Under `queue/<kind>/` in the workspace lies an
empty file with the id of each job in the line or at work, so that nobody has to look through all folders. It is made
before `queued.json` and removed after it, so a kill at any moment leaves nothing that is not found.

Every change is made under one lock, `queue/line.lock`; a worker holds it from the look whether its job still waits
until that has begun. So a job is begun or canceled or started again, never two of these. queue.py starts the workers.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.errors import UserError
from tlcore.events import Event, Failed, Stopped
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.places import Entry, entry_of, in_turn, take_back, write_entry
from tlcore.jobs.store import QUEUED, STOP, Job, Run, open_job
from tlcore.workspace import Workspace, disk_error, is_id, read_json, write_json

FOLDER = "queue"
KINDS = ("train", "import", "advice", "check", "analysis", "network", "scoring")
NOT_BEGUN = "It hadn’t started yet."
MOST_SERVED = 1000  # visitors whose last turn is remembered
LINE_SECONDS = 30  # a change takes some milliseconds; no page may wait without end
MOST_TRIES = 3  # workers that are started for a job before it is given up
NO_WORKER = Failed(
    f"This could not start, although it was tried {MOST_TRIES} times.",
    "Close other programs if memory is short, then restart it.",
)


class Line:
    """The jobs of one workspace that wait or are worked on for its servers."""

    def __init__(self, workspace: Workspace) -> None:
        self._folder = workspace.root / FOLDER
        self._parents = {
            "train": workspace.runs,
            "import": workspace.imports,
            "advice": workspace.recommendations,
            "check": workspace.checks,
            "analysis": workspace.analyses,
            "network": workspace.additions,
            "scoring": workspace.scorings,
        }

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the line still: what is looked up and written inside is one step.

        Raises:
            UserError: the workspace is gone, or cannot be written, or a worker hangs while it begins.
        """
        lock = self._lock()
        try:
            self._folder.mkdir(exist_ok=True)
            lock.acquire(timeout=LINE_SECONDS)
        except Timeout as error:
            raise UserError("The queue is busy.", "Try again in a moment.") from error
        except OSError as error:
            raise disk_error(self._folder, error) from error
        try:
            yield
        finally:
            lock.release()

    def slot(self, kind: str) -> Path:
        """The lock that a worker holds for as long as it works: one a kind, whichever server started it."""
        return self._folder / f"{kind}.lock"

    def server_lock(self, kind: str) -> Path:
        """The lock of the server that starts and watches the workers of a kind just now."""
        return self._folder / f"{kind}-server.lock"

    def jobs(self, kind: str) -> list[Job]:
        """The jobs of a kind in the line or at work, in no order; a folder that is gone is passed over."""
        return [job for job_id in self._ids(kind) if (job := self._load(kind, job_id)) is not None]

    def is_empty(self, kind: str) -> bool:
        """Whether no job of a kind waits or is at work."""
        return not self._ids(kind)

    def waiting(self, kind: str) -> list[Job]:
        """The jobs of a kind that wait, in the order in which they will be begun.

        Visitors take turns: next is one of the visitor who was served least recently, and of his the first.
        """
        return [job for _, job in in_turn(self._entries(kind), self._served(kind))]

    def has_correction_of(self, job: Job) -> bool:
        """Whether a training that corrects this one, which is at work for a server, waits for its turn."""
        return job.id in self._ids(job.kind) and any(
            isinstance(other, Run) and other.before == job.id for other in self.waiting(job.kind)
        )

    def add(self, job: Job, again: str = "") -> None:
        """Put a job at the end; the line is held. A job that waits already, or has begun, must not come here.

        Args:
            again: "restart" or "resume": how the end of its earlier attempt is taken back. It is noted before it is
                done, so that after a kill in between it is done by whoever finds the note.

        Raises:
            UserError: the disk is full or cannot be written; the job is not in the line then.
        """
        entries = [entry for entry, _ in self._entries(job.kind)]
        order = 1 + max((entry.order for entry in entries), default=0)
        own = 1 + max((entry.own for entry in entries), default=0)
        try:
            self._list(job.kind, job.id)
            write_entry(job, Entry(order, own, job.visitor, time.time(), 0, again))
            take_back(job)
        except OSError as error:
            raise disk_error(self._folder / job.kind, error) from error
        except UserError:
            self._leave(job)
            raise

    def hand_out(self, kind: str) -> Job | None:
        """The job whose turn it is, for which a worker is to be started now; None where nobody waits.

        A job for which workers were started `MOST_TRIES` times, and none of them began it, is ended: `give_back` and
        `beginning` say how else it goes on.
        """
        with self.locked():
            for job in self.waiting(kind):
                entry = entry_of(job)
                if entry is None:  # its folder is gone since
                    continue
                if entry.tries >= MOST_TRIES:
                    self._end(job, NO_WORKER)
                    continue
                try:
                    write_entry(job, replace(entry, tries=entry.tries + 1))
                except UserError as error:
                    self._end(job, Failed(error.what, error.fix))
                    continue
                return job
        return None

    def give_back(self, job: Job, failed: bool) -> int:
        """After a worker has ended: how often it was tried, where the job still waits; 0 where it was begun.

        Args:
            failed: whether the worker could not work; else this try does not count.
        """
        with self.locked():
            entry = entry_of(job)
            if entry is None:
                return 0
            if not failed:
                write_entry(job, replace(entry, tries=max(0, entry.tries - 1)))
            return entry.tries

    def move_to_front(self, job: Job) -> None:
        """Let a waiting job go before the others of the same visitor."""
        with self.locked():
            entry = entry_of(job)
            if entry is not None:
                first = min(each.own for each, _ in self._entries(job.kind))  # only those of one visitor are compared
                write_entry(job, replace(entry, own=first - 1))

    def _end(self, job: Job, last: Event) -> None:
        """Take a job that waits out of the line, with its last event; the line is held.

        Where the disk is full the event is lost, but the job does not stay.
        """
        try:
            EventLog(job).write(last)
        except UserError:
            pass
        finally:
            self._leave(job)

    def forget(self, job: Job) -> None:
        """A job's end was seen; the line is held."""
        (self._folder / job.kind / job.id).unlink(missing_ok=True)

    def cancel(self, job: Job) -> bool:
        """End a job that waits; False where it had begun, and so is left alone."""
        with self.locked():
            waits = entry_of(job) is not None
            if waits:
                take_back(job)
                self._end(job, Stopped(NOT_BEGUN))
            return waits

    def tidy(self, kind: str) -> None:
        """Take out what was asked to stop while it waits, and what is gone."""
        jobs = self.jobs(kind)
        gone = set(self._ids(kind)) - {job.id for job in jobs}
        if gone or any((job.folder / STOP).exists() and entry_of(job) is not None for job in jobs):
            with self.locked():
                for job in jobs:
                    self._obey_stop(job)
                for job_id in gone:
                    if self._load(kind, job_id) is None:
                        (self._folder / kind / job_id).unlink(missing_ok=True)

    def _obey_stop(self, job: Job) -> None:
        take_back(job)  # before the look for a stop, which it takes away
        if (job.folder / STOP).exists() and entry_of(job) is not None:
            self._end(job, Stopped(NOT_BEGUN))

    @contextmanager
    def beginning(self, job: Job) -> Iterator[Callable[[Event], None] | None]:
        """For a worker: hold the line while a job begins, or give None where it is not to be begun any more.

        What is given is to be called with the job's events; from the first on the job is out of the line.
        """
        lock = self._lock()

        def begun(event: Event) -> None:
            if lock.is_locked:
                self._note_turn(job)
                (job.folder / QUEUED).unlink(missing_ok=True)
                lock.release()

        with lock:
            self._obey_stop(job)
            yield begun if entry_of(job) is not None else None

    def recover(self, kind: str) -> None:
        """At a server's start: list what waits (an older version kept no list), and do what a kill left undone."""
        with self.locked():
            parent = self._parents[kind]
            for folder in parent.iterdir() if parent.is_dir() else ():
                if (folder / QUEUED).exists():
                    self._list(kind, folder.name)
            for job in self.jobs(kind):
                with suppress(UserError):  # its worker will say it again
                    take_back(job)

    def _lock(self) -> FileLock:
        return FileLock(self._folder / "line.lock", poll_interval=0.005)

    def _list(self, kind: str, job_id: str) -> None:
        listed = self._folder / kind / job_id
        listed.parent.mkdir(parents=True, exist_ok=True)
        listed.touch()

    def _entries(self, kind: str) -> list[tuple[Entry, Job]]:
        """The jobs of a kind that wait, with their places, in no order."""
        return [(entry, job) for job in self.jobs(kind) if (entry := entry_of(job)) is not None]

    def _ids(self, kind: str) -> list[str]:
        try:
            return [name for name in os.listdir(self._folder / kind) if is_id(name)]
        except OSError:  # nobody has waited yet, or the workspace is gone
            return []

    def _load(self, kind: str, job_id: str) -> Job | None:
        try:
            return open_job(self._parents[kind] / job_id)
        except UserError:
            return None

    def _leave(self, job: Job) -> None:
        (job.folder / QUEUED).unlink(missing_ok=True)
        self.forget(job)

    def _served(self, kind: str) -> list[str]:
        """The visitors whose jobs of a kind were begun, the one served last at the end."""
        try:
            return [str(visitor) for visitor in read_json(self._folder / "served.json")[kind]]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _note_turn(self, job: Job) -> None:
        served = {kind: self._served(kind) for kind in KINDS}
        others = [visitor for visitor in served[job.kind] if visitor != job.visitor]
        served[job.kind] = [*others, job.visitor][-MOST_SERVED:]
        try:
            write_json(self._folder / "served.json", served)
        except UserError:  # a full disk: the order is a little less fair
            return
