"""Exports that were made of runs: they can be made again, so they count for nobody and go when the disk is short."""

from pathlib import Path

from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.store import JOB, QUEUED
from tlcore.storage.belongings import ANALYSIS, Belonging, belongings
from tlcore.storage.usage import EXPORT, folder_bytes
from tlcore.workspace import Workspace, discard, last_used

KEPT_SECONDS = 86_400.0
"""How long one is kept after somebody last looked at the page that offers it."""


def is_export(belonging: Belonging) -> bool:
    """Whether a belonging is the job that made an export."""
    return belonging.kind == ANALYSIS and belonging.what == EXPORT


def idle_exports(workspace: Workspace, now: float, seconds: float = KEPT_SECONDS) -> list[Belonging]:
    """Those that nobody works on or has looked at for so long; the one looked at longest ago comes first."""
    found = [
        each
        for each in belongings(workspace, (ANALYSIS,))
        if is_export(each) and not _in_work(each.folder) and now - last_used(each.folder) > seconds
    ]
    return sorted(found, key=lambda each: last_used(each.folder))


def drop_exports(workspace: Workspace, num_bytes: int, now: float) -> int:
    """Delete exports until so many bytes are free, or none is left; returns how many are."""
    freed = 0
    for each in idle_exports(workspace, now, seconds=0):
        if freed >= num_bytes:
            break
        size = folder_bytes(each.folder)
        freed += size if discard(workspace, each.folder) else 0
    return freed


def _in_work(folder: Path) -> bool:
    return is_locked(folder / LOCK) or ((folder / QUEUED).exists() and (folder / JOB).exists())
