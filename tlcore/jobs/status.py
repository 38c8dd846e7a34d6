"""What a job's files say about it now: waiting, at work, ended and how; store.py has the files.

The files alone tell, so every process sees the same, whoever works on the job. A job that waits does so whether or not
a server lives: the next one takes it up. When the worker dies (a kill, a crash, no memory), the system frees its lock
and the job is "interrupted"; `JobQueue.resume` or `restart` takes it up.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from tlcore.events import (
    Died,
    Diverged,
    EpochEnd,
    Evaluated,
    Event,
    Failed,
    Finished,
    Packed,
    Progress,
    Started,
    Stopped,
    decode,
)
from tlcore.jobs.event_log import read_events_in
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.store import EVENTS, QUEUED, Job

E = TypeVar("E", bound=Event)
OVER = (Finished, Failed, Stopped)
"""The events after which nobody works on a job."""

Mark = tuple[int, int, int]
"""Which state of which file: inode, size, time of the last change in nanoseconds."""

_TAIL_BYTES = 16_384  # more than the longest of those events takes


@dataclass(frozen=True)
class JobStatus:
    """What a job's files say about it now.

    `state`: "queued", "running", "finished", "stopped" (nothing came of it), "failed", "interrupted" (its process
    ended without a word), or of a run "tested": it has its test figures, and ended before its model was packed.
    `died`: how its process ended, where somebody saw it. `diverged`: where the loss was no longer a number. `packed`: a
    run's model predicts. `started`, `updated`: Unix seconds when it was begun, and when its last event was written; 0
    where no event tells it.
    """

    state: str
    last_progress: Progress | None
    epochs: tuple[EpochEnd, ...]
    evaluated: Evaluated | None
    finished: Finished | None
    error: Failed | None
    stopped: Stopped | None
    died: Died | None = None
    diverged: Diverged | None = None
    packed: Packed | None = None
    started: float = 0.0
    updated: float = 0.0

    @property
    def usable(self) -> bool:
        """Whether a run's test figures are there; its model is, too, once it `predicts`."""
        return self.evaluated is not None

    @property
    def predicts(self) -> bool:
        """Whether a run's model is there, checked: photos can be predicted. All files of it are when it `finished`."""
        return self.packed is not None or self.finished is not None

    @property
    def missing_epochs(self) -> tuple[int, ...]:
        """The epochs that were told before the last one and are not there: their lines were damaged on the disk."""
        known = {end.epoch for end in self.epochs}
        return tuple(number for number in range(1, max(known, default=0)) if number not in known)

    @property
    def active(self) -> bool:
        return self.state in ("queued", "running")


def job_status(job: Job) -> JobStatus:
    """Read the state of a job off its files; its events only where they are not those that were read before."""
    told = _told(job)
    working = False
    if not told.over:
        working = is_locked(job.folder / LOCK)
        told = _told(job)  # once more: a worker writes its last event while it holds the lock
    return _status(told, _state(job, told.last, working))


def status_after(events: Iterable[Event]) -> JobStatus:
    """How a job stood when these had happened, as long as its process lived: to replay it."""
    told = _tell(events)
    ends = ((Finished, "finished"), (Failed, "failed"), (Stopped, "stopped"))
    return _status(told, next((state for kind, state in ends if kind in told.last), "running"))


def _status(told: "_Told", state: str) -> JobStatus:
    last = told.last
    return JobStatus(
        state,
        _last(last, Progress),
        told.epochs,
        _last(last, Evaluated),
        _last(last, Finished),
        _last(last, Failed),
        _last(last, Stopped),
        _last(last, Died),
        _last(last, Diverged),
        _last(last, Packed),
        started.time if (started := _last(last, Started)) is not None else 0.0,
        told.updated,
    )


def is_over(job: Job) -> bool:
    """Whether the last thing that was written about a job is that it finished, failed or was stopped.

    Reads the end of a file only, and for a job that has ended nothing changes until somebody begins it again.
    """
    try:
        with open(job.folder / EVENTS, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            line = file.read().rstrip(b"\n").rsplit(b"\n", 1)[-1]
        return isinstance(decode(line.decode("utf-8")), OVER)
    except (OSError, ValueError):
        return False


@dataclass(frozen=True)
class _Told:
    """What the events of a job say: the last one of each kind, its epochs, and when the last one was written."""

    last: dict[type[Event], Event]
    epochs: tuple[EpochEnd, ...]
    updated: float = 0.0

    @property
    def over(self) -> bool:
        return any(kind in self.last for kind in OVER)


def _told(job: Job) -> _Told:
    """What a job's events say now."""
    mark = mark_of(job)
    return _read(job.folder, mark) if mark else _Told({}, ())


def mark_of(job: Job) -> Mark | None:
    """Which state the file of a job's events is in; None where there is none."""
    try:
        seen = os.stat(f"{job.folder}/{EVENTS}")
    except OSError:
        return None
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


@lru_cache(maxsize=256)
def _read(folder: Path, mark: Mark) -> _Told:
    """What the events in a folder say, while the file is the same; read after it was looked at, so never less."""
    return _tell(read_events_in(folder))


def _tell(events: Iterable[Event]) -> _Told:
    last: dict[type[Event], Event] = {}
    epochs: dict[int, EpochEnd] = {}
    for event in events:
        if isinstance(event, Started):
            last.pop(Died, None)  # it is worked on once more
        last[type(event)] = event
        if isinstance(event, EpochEnd):  # a resumed training repeats the epochs after its checkpoint
            epochs = {number: end for number, end in epochs.items() if number < event.epoch} | {event.epoch: event}
    return _Told(last, tuple(epochs.values()), max((event.at for event in last.values()), default=0.0))


def _last(events: dict[type[Event], Event], kind: type[E]) -> E | None:
    """The last event of a kind."""
    event = events.get(kind)
    return event if isinstance(event, kind) else None


def _state(job: Job, last: dict[type[Event], Event], working: bool) -> str:
    without = {} if Evaluated not in last else dict.fromkeys(("failed", "stopped", "interrupted"), "tested")
    for event_type, state in ((Finished, "finished"), (Failed, "failed"), (Stopped, "stopped")):
        if event_type in last:
            return without.get(state, state)
    if working:
        return "running"
    if Started not in last and (job.folder / QUEUED).exists():
        return "queued"
    return without.get("interrupted", "interrupted")
