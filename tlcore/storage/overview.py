"""Who uses a server and what went wrong there, for its owner. No photos, and of visitors their public names alone."""

import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from tlcore.access import VISITORS
from tlcore.jobs.status import job_status
from tlcore.jobs.store import list_jobs
from tlcore.storage.belongings import Belonging, belongings
from tlcore.storage.put_aside import list_deletions
from tlcore.storage.sizes import measure_folders
from tlcore.storage.usage import MEASURED_KINDS, Usage, add_up
from tlcore.storage.visits import OWNER
from tlcore.workspace import Workspace

MOST_VISITORS, MOST_JOBS = 100, 300  # that are looked at, the latest
SECONDS = 7 * 24 * 3600.0
"""For which failures are told."""
_LAST = "-last.json"


@dataclass(frozen=True)
class VisitorOverview:
    """What one visitor keeps. `visitor`: the public name, "" for the owner. `seen`: Unix seconds when he last opened
    something else than before; 0 where nobody knows. `complete`: False while some of the bytes are not measured."""

    visitor: str
    seen: float
    usage: Usage
    complete: bool = True


@dataclass(frozen=True)
class Failure:
    """A job that could not go on. `at`: Unix seconds when it was asked for; `number`: of a bug, as in the log."""

    at: float
    kind: str
    visitor: str
    what: str
    fix: str
    number: str


def list_visitors(workspace: Workspace, seconds: float | None = None) -> list[VisitorOverview]:
    """Those who keep something here, the owner among them, the one seen last first; at most MOST_VISITORS.

    Args:
        seconds: the time that may be spent on measuring folders, see sizes.py; None: all are measured now.
    """
    seen = {}
    for path in (workspace.root / VISITORS).glob(f"*{_LAST}"):
        with suppress(OSError):  # forgotten just now
            name = path.name.removesuffix(_LAST)
            seen["" if name == OWNER else name] = path.stat().st_mtime
    found: dict[str, list[Belonging]] = {}
    for each in belongings(workspace):
        found.setdefault(each.visitor, []).append(each)
    put_aside = Counter(each.visitor for each in list_deletions(workspace))
    names = sorted({*found, *put_aside}, key=lambda name: (-seen.get(name, 0.0), name))
    folders = [each.folder for name in names for each in found.get(name, ()) if each.kind in MEASURED_KINDS]
    sizes = measure_folders(workspace, folders, seconds)
    kept = [
        VisitorOverview(
            name,
            seen.get(name, 0.0),
            add_up(found.get(name, []), put_aside[name], lambda folder: sizes.get(folder, 0)),
            all(each.folder in sizes for each in found.get(name, ()) if each.kind in MEASURED_KINDS),
        )
        for name in names
    ]
    return [each for each in kept if each.usage][:MOST_VISITORS]


def list_failures(workspace: Workspace, now: float | None = None) -> list[Failure]:
    """The jobs of the last seven days that could not go on, the latest first."""
    oldest = (time.time() if now is None else now) - SECONDS
    folders = (workspace.runs, workspace.imports, workspace.checks, workspace.analyses, workspace.additions)
    jobs = [job for folder in folders for job in list_jobs(folder) if job.created >= oldest]
    latest = sorted(jobs, key=lambda job: -job.created)[:MOST_JOBS]
    return [
        Failure(job.created, job.kind, job.visitor, error.what, error.fix, error.number)
        for job in latest
        if (error := job_status(job).error) is not None
    ]
