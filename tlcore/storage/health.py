"""How a server and its workspace do: its line, who works on it, memory, disk. Pages, routes and terminal tell this."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from tlcore.features.memory import free_memory, total_memory
from tlcore.jobs.line import KINDS, Line
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.places import entry_of
from tlcore.jobs.store import Job
from tlcore.settings import load_limits
from tlcore.storage.usage import disk_used
from tlcore.workspace import Workspace

LEAST_FREE_BYTES = 50_000_000
"""Of the disk: with less, nothing that people make can be written down."""
STUCK_SECONDS = 120.0
"""A worker is started within seconds where none is at work: a job that waits longer then has nobody who takes it up."""
DISK_SECONDS = 15 * 60.0  # the workspace's size may be so old: a server measures it when it cleans, every ten minutes


@dataclass(frozen=True)
class Health:
    """What a host wants to know.

    Attributes:
        working, waiting: jobs by their kind ("train", "import", …), those at work and those in the line.
        longest_wait: seconds since the first of those that wait was asked for; 0 where none waits.
        disk_free: bytes of the whole disk. disk_used: of the workspace. disk_allowed: by the settings; 0 for no limit.
        writable: whether something can be written into the workspace.
        stuck: whether jobs of a kind wait, and have waited, though none of that kind is at work.
        memory_free, memory_total: bytes of the machine, or of the container that this runs in.
    """

    working: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    longest_wait: float = 0.0
    disk_free: int = 0
    disk_used: int = 0
    disk_allowed: int = 0
    writable: bool = False
    stuck: bool = False
    memory_free: int = 0
    memory_total: int = 0

    @property
    def has_room(self) -> bool:
        """Whether the disk, and the part of it that may be used, has room for more."""
        within = not self.disk_allowed or self.disk_used < self.disk_allowed
        return within and self.disk_free > LEAST_FREE_BYTES

    @property
    def is_well(self) -> bool:
        """Whether people can work."""
        return self.writable and self.has_room and not self.stuck

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "well": self.is_well}


def check_health(workspace: Workspace) -> Health:
    """Look at a workspace now; its size is that of a quarter of an hour ago at most.

    Raises:
        UserError: the settings file cannot be read.
    """
    line, now = Line(workspace), time.time()
    waiting = {kind: line.waiting(kind) for kind in KINDS}
    working = {kind: sum(is_locked(job.folder / LOCK) for job in line.jobs(kind)) for kind in KINDS}
    waits = {kind: _longest_wait(jobs, now) for kind, jobs in waiting.items()}
    return Health(
        working=working,
        waiting={kind: len(jobs) for kind, jobs in waiting.items()},
        longest_wait=max(waits.values(), default=0.0),
        disk_free=shutil.disk_usage(workspace.root).free,
        disk_used=disk_used(workspace, seconds=DISK_SECONDS),
        disk_allowed=int(load_limits(workspace).disk_mb * 1e6),
        writable=_is_writable(workspace),
        stuck=any(wait > STUCK_SECONDS and not working[kind] for kind, wait in waits.items()),
        memory_free=free_memory(),
        memory_total=total_memory(),
    )


def _longest_wait(jobs: Iterable[Job], now: float) -> float:
    """For how many seconds the first of these jobs has waited; 0 where none does."""
    entries = [entry_of(job) for job in jobs]
    asked = [entry.since for entry in entries if entry is not None and entry.since]
    return max(0.0, now - min(asked)) if asked else 0.0


def _is_writable(workspace: Workspace) -> bool:
    try:
        handle, name = tempfile.mkstemp(prefix=".health-", dir=workspace.root)
        os.close(handle)
        os.unlink(name)
        return True
    except OSError:
        return False
