"""What a long job tells while it works: one frozen dataclass an event, and their wire form (one JSON line each).

Jobs yield events and know no listener. Whoever listens reads them from a generator or from `events.jsonl`.
"""

import json
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

ShouldStop = Callable[[], bool]  # a long job asks it every few photos or steps; true means: keep what is done, and end


def never() -> bool:
    """The `ShouldStop` of a caller who does not stop."""
    return False


@dataclass(frozen=True)
class Event:
    """The base of all events; `type` is the tag in the wire form."""

    type: ClassVar[str] = ""


@dataclass(frozen=True)
class Started(Event):
    """A process took the job up. `time`: Unix seconds; `process`: its process id."""

    type: ClassVar[str] = "started"
    time: float
    process: int


_RENAMED = {"said": "val_prediction_counts", "keeps": "best_epoch_so_far"}
_RENAMED_Result = TypeVar("Result")


def run_to_end(job: Generator["Event", None, Result], on_event: Callable[["Event"], object] | None = None) -> Result:
    """Run a generator of events to its end; returns its result.

    Args:
        on_event: is called with every event, in order.
    """
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            result: Result = end.value
            return result
        if on_event is not None:
            on_event(event)


_TYPES = {cls.type: cls for cls in (Started, Planned, Progress, EpochEnd, Evaluated, Finished, Stopped, Failed)}


def _of_today(row: dict[str, Any]) -> dict[str, Any]:
    """The row of an earlier version under the names of this one."""
    row = {_RENAMED.get(name, name): value for name, value in row.items()}
    return row | {"phase": "fine_tune"} if row.get("phase") == "open" else row


def encode(event: Event) -> str:
    """The event as one line of JSON, without the line break."""
    return json.dumps({"type": event.type, **asdict(event)}, ensure_ascii=False)


def decode(line: str) -> Event:
    """The event of a line that `encode` wrote; fields that a newer version added are ignored.

    Raises:
        ValueError: the line is not an event (a torn last line of a killed process, for example).
    """
    row = json.loads(line)
    if not isinstance(row, dict) or row.get("type") not in _TYPES:
        raise ValueError(f"Not an event: {line[:80]!r}")
    cls = _TYPES[row["type"]]
    row = _of_today(row)
    known = {field.name for field in fields(cls)}
    try:
        return cls(**{name: value for name, value in row.items() if name in known})
    except TypeError as error:
        raise ValueError(f"Incomplete event: {line[:80]!r}") from error
