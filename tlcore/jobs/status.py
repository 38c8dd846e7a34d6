"""What a job's files say about it now: waiting, at work, ended and how; store.py has the files.

Nothing is kept in memory, so every process sees the same, whoever works on the job. When the worker dies (a kill, a
crash, no memory), the system frees its lock and the job is "interrupted"; `JobQueue.resume` or `restart` takes it up.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tlcore.events import Died, Diverged, EpochEnd, Evaluated, Event, Failed, Finished, Progress, Started, Stopped
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.store import QUEUED, Job, read_events
from tlcore.workspace import read_json

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class JobStatus:
    """What a job's files say about it now.

    `state`: "queued", "running", "finished", "stopped" (nothing came of it), "failed", "interrupted" (its process
    ended without a word), or of a run "tested": it has its test figures, and ended before its model was packed.
    `died`: how its process ended, where somebody saw it. `diverged`: where the loss was no longer a number.
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

    @property
    def usable(self) -> bool:
        """Whether a run's test figures are there; its model is, too, once it has `finished`."""
        return self.evaluated is not None

    @property
    def missing_epochs(self) -> tuple[int, ...]:
        """The epochs that were told before the last one and are not there: their lines were damaged on the disk."""
        known = {end.epoch for end in self.epochs}
        return tuple(number for number in range(1, max(known, default=0)) if number not in known)

    @property
    def active(self) -> bool:
        return self.state in ("queued", "running")


def job_status(job: Job) -> JobStatus:
    """Read the state of a job off its files."""
    working = is_locked(job.folder / LOCK)  # before the events: a worker writes its last one while it holds the lock
    last: dict[type[Event], Event] = {}
    epochs: dict[int, EpochEnd] = {}
    for event in read_events(job):
        last[type(event)] = event
        if isinstance(event, EpochEnd):  # a resumed training repeats the epochs after its checkpoint
            epochs = {number: end for number, end in epochs.items() if number < event.epoch} | {event.epoch: event}
    return JobStatus(
        _state(job, last, working),
        _last(last, Progress),
        tuple(epochs.values()),
        _last(last, Evaluated),
        _last(last, Finished),
        _last(last, Failed),
        _last(last, Stopped),
        _last(last, Died),
        _last(last, Diverged),
    )


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
    if Started not in last and _waits_in_a_living_queue(job):
        return "queued"
    return without.get("interrupted", "interrupted")


def _waits_in_a_living_queue(job: Job) -> bool:
    try:
        return is_locked(Path(read_json(job.folder / QUEUED)["lock"]))
    except (OSError, ValueError, KeyError):
        return False
