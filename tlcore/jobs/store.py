"""Jobs on disk: one folder each, readable by a person and by any tool (docs/run-format.md).

A job is a training run, an import of photos, the recommendation for a data set, or a check of its photos. Its folder
holds `job.json` (what is to be done, never changed), `name.json` where a person renamed it, `events.jsonl` (what has
happened), `job.lock` (held by the process that works on it) and, when a person asked for it, `stop`. The state of a job
is read off these files; nothing else knows it, so pages and processes may come and go.
"""

import errno
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from tlcore.checksums import DamagedFile
from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.events import EpochEnd, Evaluated, Event, Finished, Packed, Planned, Progress, ShouldStop, decode, encode
from tlcore.listing import FolderList, is_deleted, tell_of_change
from tlcore.naming import given_name
from tlcore.workspace import (
    CHECKPOINT,
    PREVIOUS_CHECKPOINT,
    TRAINED,
    Workspace,
    disk_error,
    is_id,
    new_id,
    read_json,
    write_atomic,
    write_json,
)

JOB, EVENTS, STOP, QUEUED = "job.json", "events.jsonl", "stop", "queued.json"
LEFTOVERS = ("*checkpoint*.npz", ".*.part")
"""Checkpoints under all their names, and what a kill left of a file half-written."""

EARLIER = "events-{}.jsonl"  # with the number of the attempt, from 1
EXIT_UNRECORDED = 74  # of a worker that could not write how its job ended; EX_IOERR of sysexits.h
RESERVE, RESERVE_BYTES = ".reserve", 16_384
PROGRESS_SECONDS = 0.2  # more often nobody can see it


@dataclass(frozen=True)
class Job:
    """A job's folder and what its `job.json` says. `kind`: "train", "import", "advice" or "check"; `created`: Unix
    seconds.

    `visitor`: the public name of who asked for it, "" where nobody did in a browser. `is_renamed`: whether `name`
    is one that somebody gave it later (naming.py).
    """

    id: str
    folder: Path
    kind: str
    name: str
    created: float
    spec: dict[str, Any]
    visitor: str = ""
    is_renamed: bool = False


@dataclass(frozen=True)
class Run(Job):
    """A training run."""

    @property
    def dataset_id(self) -> str:
        return str(self.spec["dataset"])

    @property
    def config(self) -> TrainConfig:
        return TrainConfig.from_dict(self.spec["config"])


@dataclass(frozen=True)
class ImportSpec:
    """What an import makes a data set of.

    `kind`: "sample" (value: its key), "folder" (a path on this machine), or "incoming" (the id of an upload area).
    `base`: a data set whose photos come along with their split. `without`: classes that are left out. `layout`: how the
    folders are to be read, a `LayoutChoice.key`; "" where that is clear. `encoding`: of the names in archives that do
    not say it; "" to find out.
    """

    kind: str
    value: str
    name: str | None = None
    seed: int = 0
    base: str | None = None
    without: tuple[str, ...] = ()
    layout: str = ""
    encoding: str = ""


def create_run(workspace: Workspace, dataset_id: str, config: TrainConfig, name: str, visitor: str = "") -> Run:
    """Make the folder of a new run; it waits until someone works on it."""
    spec = {"dataset": dataset_id, "config": config.to_dict()}
    run_id = _create(workspace.runs, "train", name, spec, visitor=visitor)
    return load_run(workspace, run_id)


def create_import(workspace: Workspace, spec: ImportSpec, visitor: str = "") -> Job:
    """Make the folder of a new import."""
    job_id = _create(workspace.imports, "import", spec.name or spec.value, asdict(spec), visitor=visitor)
    return load_import(workspace, job_id)


def recommendation_job(workspace: Workspace, dataset_id: str) -> Job:
    """The job that finds out what a data set needs: one a data set, made when it is asked for first.

    Its id is that of the data set. It waits until someone works on it; `load_recommendation` reads what came of it.

    Raises:
        UserError: no data set can have this id, or the disk is full.
    """
    return _job_of_dataset(workspace.recommendations, "advice", dataset_id)


def check_job(workspace: Workspace, dataset_id: str, visitor: str) -> Job:
    """The job that looks for photos to correct or leave out: one for all versions of a data set, made when asked for.

    Args:
        dataset_id: of the first version, which is the job's id too. visitor: whose the data set is.

    Raises:
        UserError: no data set can have this id, or the disk is full.
    """
    return _job_of_dataset(workspace.checks, "check", dataset_id, visitor)


def _job_of_dataset(parent: Path, kind: str, dataset_id: str, visitor: str = "") -> Job:
    """The one job of a kind for a data set, made where there is none yet, or a kill left its folder without a job.json.

    Of two visitors who ask at the same moment, one may clear away what the other was writing.
    """
    if not is_id(dataset_id):
        raise _unknown(dataset_id)
    folder = parent / dataset_id
    with suppress(UserError):
        return open_job(folder)
    try:
        _create(parent, kind, dataset_id, {"dataset": dataset_id}, dataset_id, visitor)
    except UserError as refused:
        try:
            return open_job(folder)
        except UserError:
            raise refused from None
    return open_job(folder)


def _create(parent: Path, kind: str, name: str, spec: dict[str, Any], job_id: str = "", visitor: str = "") -> str:
    """Make the folder of a job, under a new id where none is given; returns the id."""
    created = time.time()
    new = job_id or new_id(time.strftime("%Y%m%d-%H%M", time.localtime(created)))
    folder = parent / new
    try:
        folder.mkdir(parents=True, exist_ok=bool(job_id))
    except OSError as error:
        raise disk_error(folder, error) from error
    write_json(folder / JOB, {"kind": kind, "name": name, "created": created, "spec": spec, "visitor": visitor})
    return new


def load_run(workspace: Workspace, run_id: str) -> Run:
    """The run of this id.

    Raises:
        UserError: there is no such run in the workspace.
    """
    job = load_job(workspace.runs, run_id)
    if not isinstance(job, Run):
        raise _unknown(run_id)
    return job


def load_import(workspace: Workspace, job_id: str) -> Job:
    """The import of this id; raises UserError when there is none."""
    return load_job(workspace.imports, job_id)


def load_job(parent: Path, job_id: str) -> Job:
    """The job of this id in one of the workspace's folders of jobs, such as `runs`; the id may come from a URL."""
    if not is_id(job_id) or is_deleted(parent / job_id):
        raise _unknown(job_id)
    return open_job(parent / job_id)


def open_job(folder: Path) -> Job:
    """The job in a folder."""
    try:
        values = read_json(folder / JOB)
        cls = Run if values["kind"] == "train" else Job
        given, visitor = given_name(folder), str(values.get("visitor", ""))
        name = given or values["name"]
        return cls(folder.name, folder, values["kind"], name, values["created"], values["spec"], visitor, bool(given))
    except DamagedFile as error:
        what = f"The run “{folder.name}” is damaged: its {JOB} can't be read."
        raise UserError(what, "Start a new run. Your photos are not affected.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unknown(folder.name) from error


def _unknown(job_id: str) -> UserError:
    return UserError(f"There is no run “{job_id[:80]}” here.", "It may have been deleted, or its id may be incomplete.")


def list_runs(workspace: Workspace) -> list[Run]:
    """All runs, newest first; folders that are not whole are passed over."""
    return [job for job in list_jobs(workspace.runs) if isinstance(job, Run)]


def list_imports(workspace: Workspace) -> list[Job]:
    """All imports, newest first."""
    return list(list_jobs(workspace.imports))


def list_jobs(parent: Path) -> tuple[Job, ...]:
    """The jobs in `workspace.runs` or `.imports`, newest first; the very same tuple while none came, went or was
    begun again."""
    return _listed(parent).values()


@lru_cache(maxsize=8)
def _listed(parent: Path) -> FolderList[Job]:
    return FolderList(parent, _whole_job, lambda job: job.created)


def _whole_job(folder: Path) -> Job | None:
    try:
        return open_job(folder)
    except UserError:
        return None


def read_events(job: Job, file: str = EVENTS) -> list[Event]:
    """What has happened so far; a line that a killed process left half-written is passed over.

    Args:
        file: of an earlier attempt, `EARLIER`, in place of this one's.
    """
    return read_events_in(job.folder, file)


def read_events_in(folder: Path, file: str = EVENTS) -> list[Event]:
    """As `read_events`, of the job in a folder."""
    try:
        text = (folder / file).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    events = []
    for line in text.split("\n"):  # a name in an event may hold what `splitlines` takes for a line's end
        try:
            events.append(decode(line))
        except ValueError:
            continue
    return events


def request_stop(job: Job, reason: str = "") -> None:
    """Ask whoever works on the job, or will, to stop and keep what there is. Who asked first is remembered.

    Args:
        reason: "" where a person asked; else why, as `stop_reason` gives it back.
    """
    try:
        with open(job.folder / STOP, "x", encoding="utf-8") as file:
            file.write(reason)
    except FileExistsError:
        return


def stop_reason(job: Job) -> str:
    """Why the job was asked to stop: "limit:30" after the 30 minutes that are allowed, "" where a person asked."""
    try:
        return (job.folder / STOP).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def stop_requested(job: Job) -> ShouldStop:
    """The `ShouldStop` of a job."""
    path = job.folder / STOP
    return path.exists


def reset(job: Job) -> None:
    """Make a job ready to be worked on from the beginning; the earlier attempt's events are kept under a number."""
    (job.folder / STOP).unlink(missing_ok=True)
    remove_checkpoints(job)
    (job.folder / TRAINED).unlink(missing_ok=True)
    _archive_events(job)
    tell_of_change(job.folder)  # it was over, and is so no longer


def can_resume(job: Job) -> bool:
    """Whether a training left a checkpoint that it can be continued from."""
    return any((job.folder / name).exists() for name in (CHECKPOINT, PREVIOUS_CHECKPOINT))


def remove_checkpoints(job: Job) -> None:
    """Take away what a training could be continued from."""
    for pattern in LEFTOVERS:
        for path in job.folder.glob(pattern):
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


class EventLog:
    """Appends events to a job's `events.jsonl`, progress no more often than a person can see.

    A line that a killed process left half-written is ended first, or the next event would be lost with it. `reserve`
    puts some bytes aside on the disk, so that how a job ended can be written when the disk is full.
    """

    def __init__(self, job: Job) -> None:
        self._path = job.folder / EVENTS
        self._reserve = job.folder / RESERVE
        self._last_progress = 0.0

    def reserve(self) -> None:
        """Put room for the last event aside; where there is none, there is none to be given up either."""
        with suppress(OSError):
            self._reserve.write_bytes(bytes(RESERVE_BYTES))

    def release(self) -> None:
        """Give up what was put aside."""
        with suppress(OSError):
            self._reserve.unlink(missing_ok=True)

    def write(self, event: Event) -> None:
        """Append an event.

        Raises:
            UserError: it could not be written; progress is passed over then, since what matters meets the same disk.
        """
        if isinstance(event, Progress):
            now = time.monotonic()
            if event.cached < event.done < event.total and now - self._last_progress < PROGRESS_SECONDS:
                return
            self._last_progress = now
        try:
            _append(self._path, encode(replace(event, at=round(time.time(), 3))) + "\n")
        except OSError as error:
            if not isinstance(event, Progress):
                raise disk_error(self._path, error) from error


def _append(path: Path, line: str) -> None:
    """Add a line whole or not at all, on a line of its own even after one that a killed process left half-written."""
    with open(path, "a+b", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 1))
        data = (b"" if file.read(1) in (b"", b"\n") else b"\n") + line.encode()
        try:
            if file.write(data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        except OSError:
            with suppress(OSError):
                file.truncate(end)
            raise
