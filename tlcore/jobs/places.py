"""A job's place in the line, as its `queued.json` has it, and the order that the places make; line.py changes them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace

from tlcore.events import Failed, Finished, Started, Stopped
from tlcore.jobs.attempts import reset, resume
from tlcore.jobs.event_log import read_events
from tlcore.jobs.store import EVENTS, QUEUED, Job
from tlcore.workspace import read_json, write_json

AGAIN = {"restart": reset, "resume": resume}


@dataclass(frozen=True)
class Entry:
    """A job's place, as `queued.json` has it; a field that an older version did not write has its default.

    `order`: the later it came, the larger. `own`: its place among those of the same `visitor`. `since`: Unix seconds.
    `tries`: how many workers were started for it. `again`: "restart" or "resume" while the end of its earlier attempt
    is still to be taken back.
    """

    order: int = 0
    own: int = 0
    visitor: str = ""
    since: float = 0.0
    tries: int = 0
    again: str = ""


def in_turn(entries: Iterable[tuple[Entry, Job]], served: Sequence[str]) -> list[tuple[Entry, Job]]:
    """The order in which jobs will be begun: visitors take turns, and each one's jobs keep the order that he gave them.

    Args:
        served: the visitors whose jobs were begun, the one served last at the end; who is not in it comes first.
    """
    turn = {visitor: number for number, visitor in enumerate(served)}
    own: dict[str, list[tuple[Entry, Job]]] = {}
    for each in sorted(entries, key=lambda each: (each[0].own, each[0].order, each[1].created)):
        own.setdefault(each[0].visitor, []).append(each)
    came = {visitor: min((entry.order, job.created) for entry, job in jobs) for visitor, jobs in own.items()}
    visitors = sorted(own, key=lambda visitor: (turn.get(visitor, -1), came[visitor]))
    rounds = max(map(len, own.values()), default=0)
    return [own[visitor][n] for n in range(rounds) for visitor in visitors if n < len(own[visitor])]


def entry_of(job: Job) -> Entry | None:
    """The place of a job that waits; None for one that does not, or has begun."""
    try:
        values = read_json(job.folder / QUEUED)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):  # damaged: it waits all the same
        values = {}
    default = Entry(visitor=job.visitor)
    kinds = {field.name: type(getattr(default, field.name)) for field in fields(Entry)}
    found = values.items() if isinstance(values, dict) else ()
    entry = replace(default, **{name: value for name, value in found if type(value) is kinds.get(name)})
    return entry if entry.again or not has_begun(job) else None


def has_begun(job: Job) -> bool:
    """Whether somebody has begun this attempt at a job, or ended it before that."""
    if not (job.folder / EVENTS).exists():
        return False
    return any(isinstance(event, Started | Finished | Failed | Stopped) for event in read_events(job))


def write_entry(job: Job, entry: Entry) -> None:
    """Keep a job's place; the line is held. Raises UserError when the disk is full."""
    write_json(job.folder / QUEUED, asdict(entry))


def take_back(job: Job) -> None:
    """Do what `Line.add` noted in `again`, where that is still to be done; the line is held."""
    entry = entry_of(job)
    if entry is not None and entry.again in AGAIN:
        AGAIN[entry.again](job)
        write_entry(job, replace(entry, again=""))
