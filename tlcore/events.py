"""What a long job reports while it works: one frozen dataclass an event, and their wire form (one JSON line each).

Jobs yield events and know no listener. Whoever listens reads them from a generator or from `events.jsonl`.
"""

import json
from collections.abc import Callable, Generator, Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from tlcore.checksums import check_line, with_line_checksum
from tlcore.errors import EncodingChoice, LayoutChoice

ShouldStop = Callable[[], bool]  # a long job asks it every few photos or steps; true means: keep what is done, and end


def never() -> bool:
    """The `ShouldStop` of a caller who does not stop."""
    return False


@dataclass(frozen=True)
class Event:
    """The base of all events; `type` is the tag in the wire form.

    `at`: Unix seconds when it was written into the job's folder, 0 where it was not, or by an older program. It is no
    part of what the event says, so events that differ in it are equal.
    """

    type: ClassVar[str] = ""
    at: float = field(default=0.0, kw_only=True, compare=False, repr=False)


@dataclass(frozen=True)
class Started(Event):
    """A process took the job up. `time`: Unix seconds; `process`: its process id."""

    type: ClassVar[str] = "started"
    time: float
    process: int


_RENAMED_FIELDS = {"said": "val_prediction_counts", "keeps": "best_epoch_so_far"}
_RENAMED_PHASES = {"open": "fine_tune"}
_RENAMED_STAGES = {
    "statistics": "adapt_batch_norm",
    "features": "extract_features",
    "both": "extract_features_and_activations",
    "learn": "fine_tune",
    "check": "verify",
}
"""Fields, phases and stages by the names that they had up to version 0.1.0: files may still have them."""

_UNITS = {
    "download": "bytes",
    "fine_tune": "steps",
    "cross_validate": "models",
    "score": "groups",
}  # of stages whose units are no photos


class StageKey(StrEnum):
    """The parts of long work, under the names that they have in events."""

    DOWNLOAD = "download"
    LIST = "list"  # the files in an archive
    READ = "read"  # files that are imported
    PREDICT = "predict"  # photos that somebody wants to know the classes of
    TEST = "test"  # photos that a finished model is tested on
    EXPORT = "export"  # photos that are written to a folder or a zip
    COMPARE = "compare"  # photos with one another, for the recommendation or a check
    MEASURE = "measure"  # the sharpness and light of photos, for a check
    LEARN_PARTS = "learn_parts"  # trainings on parts of the photos, for a learning curve
    ARRANGE = "arrange"  # photos on a map
    HIDE_PARTS = "hide_parts"  # of photos, for the search for shortcuts
    ADAPT_BATCH_NORM = "adapt_batch_norm"
    EXTRACT_FEATURES = "extract_features"
    EXTRACT_FEATURES_AND_ACTIVATIONS = "extract_features_and_activations"
    TRAIN_HEAD = "train_head"
    CACHE_ACTIVATIONS = "cache_activations"
    DECODE_PHOTOS = "decode_photos"
    FINE_TUNE = "fine_tune"
    FINAL_FEATURES = "final_features"  # what a network that was trained makes of the photos
    PACK = "pack"  # the model file is made
    VERIFY = "verify"
    CROSS_VALIDATE = "cross_validate"  # every photo is predicted by a model that did not learn from it
    SCORE = "score"  # groups of a classroom whose models are judged
    ADD_NETWORK = "add_network"  # one that somebody brought is read and kept
    PREPARE = "prepare"  # what a run does before a stage: load TensorFlow, build or convert the network


@dataclass(frozen=True)
class PlannedStage:
    """A stage of a run as it was planned.

    `total` units of work, of which `cached` were on disk already. `num_outputs`: how many things are cached of a unit,
    0 where nothing is. `certain`: False where more of it may turn out to be cached.
    """

    key: StageKey
    total: int
    cached: int
    num_outputs: int = 0
    certain: bool = True


@dataclass(frozen=True)
class Planned(Event):
    """What a run has before it: its stages in order, told at its start and when more is known."""

    type: ClassVar[str] = "planned"
    stages: tuple[PlannedStage, ...]

    def __post_init__(self) -> None:
        stages = (each if isinstance(each, PlannedStage) else _from_row(PlannedStage, each) for each in self.stages)
        object.__setattr__(self, "stages", tuple(replace(each, key=StageKey(each.key)) for each in stages))


@dataclass(frozen=True)
class Progress(Event):
    """`done` of `total` units of a stage; `unit`: "photos", "views" (of photos), "steps", "models", "groups", "bytes".

    `cached`: how many of those done were on disk when the stage began. `seconds_left` is that of the stage, None while
    nobody can know; `left`: that of the whole run, at least and at most, and `share`: how much of the whole run is done
    (0–1, never less than before), both from pipeline/eta.py. Older files do not tell `cached`, `left`, `share` and
    `unit`, and their `total` leaves out what was cached.
    """

    type: ClassVar[str] = "progress"
    stage: StageKey
    done: int
    total: int
    seconds_left: float | None = None
    left: tuple[float, float] | None = None
    cached: int = 0
    unit: str = ""
    share: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "stage", StageKey(_RENAMED_STAGES.get(self.stage, self.stage)))
        object.__setattr__(self, "unit", self.unit or _UNITS.get(self.stage, "photos"))
        object.__setattr__(self, "left", self.left and tuple(self.left))  # JSON knows no tuples


@dataclass(frozen=True)
class EpochEnd(Event):
    """The figures after one pass over the training photos: losses in nats, accuracies 0–1, seconds of this epoch.

    `epoch` of `epochs` counts through all phases of a run; `phase` is "head", or "fine_tune" while the network adapts;
    `elapsed`: seconds of work on the run until then, earlier attempts that it continues included;
    `val_prediction_counts`: how often each class was predicted on the validation photos, in the order of the labels;
    `best_epoch_so_far`: the epoch whose weights the run would have if this one were its last, 0 for none; `left`:
    seconds that the whole run still takes, at least and at most; `share`: as in `Progress`; `dtype_policy`: by which
    the network's layers computed while they were trained, "float32" or "mixed_bfloat16", "" where they were not. Older
    files do not have those six.
    """

    type: ClassVar[str] = "epoch"
    epoch: int
    epochs: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float
    phase: str = "head"
    elapsed: float = 0.0
    val_prediction_counts: tuple[int, ...] = ()
    best_epoch_so_far: int = 0
    left: tuple[float, float] | None = None
    share: float | None = None
    dtype_policy: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "val_prediction_counts", tuple(self.val_prediction_counts))  # JSON knows no tuples
        object.__setattr__(self, "left", self.left and tuple(self.left))


@dataclass(frozen=True)
class Diverged(Event):
    """The loss of this epoch was no longer a number, so that learning ended; what the epochs before gave is kept.

    `epoch` and `phase` as in `EpochEnd`, which this epoch has not.
    """

    type: ClassVar[str] = "diverged"
    epoch: int
    phase: str = "head"


@dataclass(frozen=True)
class Evaluated(Event):
    """The test figures are there; the model is still to be packed and checked.

    `seconds` count from the job's start, of which `seconds_features` and `seconds_training`; the seconds of earlier
    attempts that a resumed run continues are in them.
    """

    type: ClassVar[str] = "evaluated"
    test_correct: int
    test_total: int
    seconds: float
    seconds_features: float
    seconds_training: float


@dataclass(frozen=True)
class Packed(Event):
    """The model predicts from now on: its `.tflite` is checked and written. What else a run leaves is still made."""

    type: ClassVar[str] = "packed"


@dataclass(frozen=True)
class Finished(Event):
    """The job is done. `result`: the id of what it made (a run or a data set); `seconds` from the job's start.

    `stopped`: a person stopped it early, and what was learned until then was kept.
    """

    type: ClassVar[str] = "finished"
    result: str
    seconds: float
    stopped: bool = False


@dataclass(frozen=True)
class Stopped(Event):
    """A person stopped the job before there was a result; `kept` says in a sentence what is kept."""

    type: ClassVar[str] = "stopped"
    kept: str


@dataclass(frozen=True)
class Failed(Event):
    """The job could not go on. `bug` is True when it is the program's fault, then `what` holds the error.

    `number`: of a bug, the same on the page and in the log; "" otherwise, and in older files. `small_classes`: of an
    import, the classes with too few photos, where it could be done without them; `reasons`: sentences with all that led
    to it, where that is more than `what` says. `choices`: of an import, the ways to read the photos that a person has
    to choose from (`ImportSpec.layout`), the likeliest first; `encodings`: the same of the
    names in an archive (`ImportSpec.encoding`).
    """

    type: ClassVar[str] = "failed"
    what: str
    fix: str
    bug: bool = False
    number: str = ""
    small_classes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    choices: tuple[LayoutChoice, ...] = ()
    encodings: tuple[EncodingChoice, ...] = ()

    def __post_init__(self) -> None:
        for name in ("small_classes", "reasons"):  # JSON knows no tuples
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "choices", _from_rows(LayoutChoice, self.choices))
        object.__setattr__(self, "encodings", _from_rows(EncodingChoice, self.encodings))


@dataclass(frozen=True)
class Died(Event):
    """The job's process ended without a last event; whoever had started it wrote this.

    `signal`: the number of the signal that ended it, 0 for none (then `exit_code` is its own); both 0: nobody saw how.
    `peak_bytes`: the most resident memory that was seen of it, 0 where nobody looked. `memory_limit`: the bytes that
    the server allows a job, where it was ended for holding more; else 0.
    """

    type: ClassVar[str] = "died"
    signal: int
    exit_code: int
    peak_bytes: int = 0
    memory_limit: int = 0


Result = TypeVar("Result")
Value = TypeVar("Value", bound="PlannedStage | LayoutChoice | EncodingChoice | Event")


def run_to_end(job: Generator["Event", None, Result], on_event: Callable[["Event"], object] | None = None) -> Result:
    """Run a generator of events to its end; returns its result.

    Whatever is raised, by the job or by `on_event`, passes, and the job is closed: its locks and files are free then.

    Args:
        on_event: is called with every event, in order.
    """
    try:
        while True:
            try:
                event = next(job)
            except StopIteration as end:
                result: Result = end.value
                return result
            if on_event is not None:
                on_event(event)
    finally:
        job.close()


_TYPES = {
    cls.type: cls
    for cls in (Started, Planned, Progress, EpochEnd, Diverged, Evaluated, Packed, Finished, Stopped, Failed, Died)
}


def _with_current_names(row: dict[str, Any]) -> dict[str, Any]:
    """The row of an earlier version under the names of this one."""
    row = {_RENAMED_FIELDS[name]: value for name, value in row.items() if name in _RENAMED_FIELDS} | row
    return row | {"phase": _RENAMED_PHASES.get(row["phase"], row["phase"])} if "phase" in row else row


def _from_row(cls: type[Value], row: dict[str, Any]) -> Value:
    """A dataclass of the fields that it knows of a row of JSON."""
    known = {field.name for field in fields(cls)}
    return cls(**{name: value for name, value in row.items() if name in known})


def _from_rows(cls: type[Value], rows: Iterable[Any]) -> tuple[Value, ...]:
    """Dataclasses of rows of JSON; those that are dataclasses already stay."""
    return tuple(each if isinstance(each, cls) else _from_row(cls, each) for each in rows)


def encode(event: Event) -> str:
    """The event as one line of JSON with a checksum, without the line break."""
    line = json.dumps({"type": event.type, **asdict(event)}, ensure_ascii=False)
    return with_line_checksum(
        line.encode("utf-8", "backslashreplace").decode("utf-8")
    )  # halves of characters, in names


def decode(line: str) -> Event:
    """The event of a line that `encode` wrote; fields that a newer version added are ignored.

    Raises:
        ValueError: the line is not an event (a torn last line of a killed process, for example), or it is damaged.
    """
    check_line(line)
    try:
        row = json.loads(line)
    except RecursionError as error:
        raise ValueError(f"Not an event: {line[:80]!r}") from error
    if not isinstance(row, dict) or row.get("type") not in _TYPES:
        raise ValueError(f"Not an event: {line[:80]!r}")
    try:
        return _from_row(_TYPES[row["type"]], _with_current_names(row))
    except (TypeError, AttributeError) as error:
        raise ValueError(f"Incomplete event: {line[:80]!r}") from error
