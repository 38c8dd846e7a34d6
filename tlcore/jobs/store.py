"""Jobs on disk: one folder each, readable by a person and by any tool (docs/run-format.md).

A job is a training run, an import of photos, the recommendation for a data set, a check of its photos, an analysis of a
finished run, a network that somebody brings, or the scoring of a classroom. Its folder holds `job.json` (what is to be
done, never changed), `name.json` where a person renamed it, `events.jsonl` (what has happened), `job.lock` (held by the
process that works on it) and, when a person asked for it, `stop`. The state of a job is read off these files; nothing
else knows it, so pages and processes may come and go.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tlcore.checksums import DamagedFile
from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.events import ShouldStop
from tlcore.listing import FolderList, is_deleted
from tlcore.naming import given_name
from tlcore.workspace import (
    Workspace,
    disk_error,
    is_id,
    new_id,
    read_json,
    write_json,
)

JOB, EVENTS, STOP, QUEUED = "job.json", "events.jsonl", "stop", "queued.json"

EXIT_UNRECORDED = 74  # of a worker that could not write how its job ended; EX_IOERR of sysexits.h


@dataclass(frozen=True)
class Job:
    """A job's folder and what its `job.json` says. `kind`: "train", "import", "advice", "check", "analysis", "network"
    or "scoring"; `created`: Unix seconds.

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

    @property
    def workspace(self) -> Workspace:
        """The workspace that it lies in, as every job does: <root>/<kind of jobs>/<id>."""
        return Workspace(self.folder.parent.parent)


@dataclass(frozen=True)
class EnsembleSpec:
    """What an ensemble is made of: ids of finished runs, how they are combined (a method of evaluation/ensemble.py),
    and the weights that were asked for: "out-of-fold", "equal", or a number a run."""

    runs: tuple[str, ...]
    method: str
    weights: str | tuple[float, ...]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "EnsembleSpec":
        """The spec as a `job.json` has it."""
        weights = values["weights"]
        return cls(tuple(values["runs"]), values["method"], weights if isinstance(weights, str) else tuple(weights))


@dataclass(frozen=True)
class Run(Job):
    """A training run, or an ensemble of some, which is a run like any other from its test figures on."""

    @property
    def dataset_id(self) -> str:
        return str(self.spec["dataset"])

    @property
    def config(self) -> TrainConfig:
        return TrainConfig.from_dict(self.spec["config"])

    @property
    def before(self) -> str:
        """The id of the run whose mistakes were corrected for this one; "" where it is a run of its own."""
        return str(self.spec.get("before", ""))

    @property
    def ensemble(self) -> EnsembleSpec | None:
        """What it combines; None where it is a training. `config` is then that of the best of them."""
        values = self.spec.get("ensemble")
        return None if values is None else EnsembleSpec.from_dict(values)


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


def create_run(
    workspace: Workspace,
    dataset_id: str,
    config: TrainConfig,
    name: str,
    visitor: str = "",
    before: str = "",
    ensemble: EnsembleSpec | None = None,
) -> Run:
    """Make the folder of a new run; it waits until someone works on it.

    Args:
        before: the id of the run whose mistakes were corrected for it, if any.
        ensemble: what it combines, where it is no training (comparison/ensembles.py makes these).
    """
    spec: dict[str, Any] = {"dataset": dataset_id, "config": config.to_dict()} | ({"before": before} if before else {})
    if ensemble is not None:
        spec["ensemble"] = asdict(ensemble)
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


def create_addition(workspace: Workspace, name: str, spec: Mapping[str, Any], visitor: str = "") -> Job:
    """A job that reads a network which somebody brought; networks/addition.py says what its spec has.

    Args:
        name: what the network or its file is called.

    Raises:
        UserError: the disk is full.
    """
    return open_job(workspace.additions / _create(workspace.additions, "network", name, dict(spec), visitor=visitor))


def analysis_job(workspace: Workspace, run: Job, what: str, options: Mapping[str, Any] | None = None) -> Job:
    """The job that finds out more about a finished run: one for each analysis and its options, made when asked for.

    Its spec has `run` (an id), `what` and `options`. It belongs to whom the run belongs.

    Args:
        what: which analysis, a key of `worker.handlers.ANALYSES`, such as "learning-curve".
        options: what it needs to know beside the run, as plain values for JSON.

    Raises:
        UserError: the disk is full.
    """
    job_id = analysis_id(run.id, what, options)
    spec = {"run": run.id, "what": what, "options": dict(options or {})}
    return _only_job(workspace.analyses, "analysis", run.name, spec, job_id, run.visitor)


def analysis_id(run_id: str, what: str, options: Mapping[str, Any] | None = None) -> str:
    """The id of that job, and so the name of its folder in `workspace.analyses`."""
    told = json.dumps(options, sort_keys=True).encode() if options else b""
    return f"{run_id}-{what}" + (f"-{hashlib.sha256(told).hexdigest()[:8]}" if told else "")


def scoring_job(workspace: Workspace, classroom_id: str, name: str) -> Job:
    """The job that scores what the groups of a classroom hand in: one a classroom, the owner's, made when asked for.

    Raises:
        UserError: no classroom can have this id, or the disk is full.
    """
    return _only_job(workspace.scorings, "scoring", name, {"classroom": classroom_id}, classroom_id, "")


def _job_of_dataset(parent: Path, kind: str, dataset_id: str, visitor: str = "") -> Job:
    """The one job of a kind for a data set."""
    return _only_job(parent, kind, dataset_id, {"dataset": dataset_id}, dataset_id, visitor)


def _only_job(parent: Path, kind: str, name: str, spec: dict[str, Any], job_id: str, visitor: str) -> Job:
    """The job of this id, made where there is none yet, or a kill left its folder without a job.json.

    Of two visitors who ask at the same moment, one may clear away what the other was writing.
    """
    if not is_id(job_id):
        raise _unknown(job_id)
    folder = parent / job_id
    with suppress(UserError):
        return open_job(folder)
    try:
        _create(parent, kind, name, spec, job_id, visitor)
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
        what = f"The run “{folder.name}” is damaged: its {JOB} can’t be read."
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


BY_OWNER, BY_ANOTHER = "owner", "another"
"""Reasons for the stop of a visitor's job: the owner of the server asked for it, or somebody whom it is shared with."""


def request_stop(job: Job, reason: str = "") -> None:
    """Ask whoever works on the job, or will, to stop and keep what there is. Who asked first is remembered.

    Args:
        reason: "" where its maker asked; else why, as `stop_reason` gives it back.
    """
    try:
        with open(job.folder / STOP, "x", encoding="utf-8") as file:
            file.write(reason)
    except FileExistsError:
        return


def stop_reason(job: Job) -> str:
    """Why the job was asked to stop: "limit:30" after the 30 minutes that are allowed, `BY_OWNER`, `BY_ANOTHER`, the
    name of a signal, or "" where its maker asked."""
    try:
        return (job.folder / STOP).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def stop_requested(job: Job) -> ShouldStop:
    """The `ShouldStop` of a job."""
    path = job.folder / STOP
    return path.exists
