"""Another attempt at a job: from the beginning, from a checkpoint, or only to pack its model.

The events of earlier attempts are kept, each under its number.
"""

from pathlib import Path

from tlcore.events import EpochEnd, Evaluated, Finished, Packed, Planned, encode
from tlcore.jobs.event_log import RESERVE, read_events
from tlcore.jobs.store import EVENTS, STOP, Job
from tlcore.listing import tell_of_change
from tlcore.workspace import CHECKPOINT, PREVIOUS_CHECKPOINT, TRAINED, write_atomic

_LEFTOVERS = ("*checkpoint*.npz", ".*.part", TRAINED, RESERVE)
"""Checkpoints under all their names, what a kill left of a file half-written, and the room for the last event."""

EARLIER = "events-{}.jsonl"  # with the number of the attempt, from 1


def reset(job: Job) -> None:
    """Make a job ready to be worked on from the beginning; the earlier attempt's events are kept under a number."""
    (job.folder / STOP).unlink(missing_ok=True)
    remove_checkpoints(job.folder)
    _archive_events(job)
    tell_of_change(job.folder)  # it was over, and is so no longer


def can_resume(job: Job) -> bool:
    """Whether a training left a checkpoint that it can be continued from."""
    return any((job.folder / name).exists() for name in (CHECKPOINT, PREVIOUS_CHECKPOINT))


def checkpoints(folder: Path) -> list[Path]:
    """What a training could be continued from, in the folder of a run, and what a finished one needs no more."""
    return [path for pattern in _LEFTOVERS for path in folder.glob(pattern)]


def remove_checkpoints(folder: Path) -> None:
    """Take away what a training could be continued from."""
    for path in checkpoints(folder):
        path.unlink(missing_ok=True)


def can_finish(job: Job) -> bool:
    """Whether a training has learned all that it will, and only its model is still to be packed."""
    return (job.folder / TRAINED).exists() and not any(isinstance(event, Finished) for event in read_events(job))


def resume(job: Job) -> None:
    """Make a training ready to be continued: its epochs are kept, its end is taken back.

    Where only the model is still to be packed, its test figures are kept too.
    """
    (job.folder / STOP).unlink(missing_ok=True)
    kept = (EpochEnd, Planned, Evaluated) if can_finish(job) else (EpochEnd,)
    if Evaluated not in kept:  # a kill after the end may have left it
        (job.folder / TRAINED).unlink(missing_ok=True)
    events = [event for event in read_events(job) if isinstance(event, kept)]
    _archive_events(job, keep=True)  # a kill before the next line takes no epoch away
    lines = "".join(encode(event) + "\n" for event in events)
    write_atomic(job.folder / EVENTS, lines.encode("utf-8"))
    tell_of_change(job.folder)


def _archive_events(job: Job, keep: bool = False) -> None:
    """Give this attempt's events the number of an earlier one; `keep`: leave them in `EVENTS` as well."""
    events, earlier = job.folder / EVENTS, job.folder / EARLIER.format(1 + num_earlier_attempts(job))
    if events.exists() and keep:
        write_atomic(earlier, events.read_bytes())
    elif events.exists():
        events.rename(earlier)


def num_earlier_attempts(job: Job) -> int:
    """How many attempts at this job came before the one in `EVENTS`."""
    return len(list(job.folder.glob(EARLIER.format("*"))))


def take_back_figures(job: Job) -> None:
    """Before a run that had its test figures learns again: its events say no more that it has any."""
    events = [event for event in read_events(job) if not isinstance(event, Planned | Evaluated | Packed)]
    write_atomic(job.folder / EVENTS, "".join(encode(event) + "\n" for event in events).encode("utf-8"))
