"""Deleting what somebody made: out of the way in one step each, nothing from under a process that works on it."""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.errors import UserError
from tlcore.jobs.line import Line
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.store import open_job, request_stop
from tlcore.listing import deleted_as, is_deleted, mark_deleted
from tlcore.storage.belongings import (
    ADDITION,
    ANALYSIS,
    CHECK,
    COMPARISON,
    DATASET,
    IMPORT,
    JOBS,
    NETWORK,
    RECOMMENDATION,
    RUN,
    UPLOADS,
    Belonging,
    belongings,
    belongings_of,
)
from tlcore.storage.forgetting import note_photos, work_off
from tlcore.storage.pending import locks_on
from tlcore.storage.put_aside import list_deletions, purge
from tlcore.storage.usage import folder_bytes
from tlcore.storage.visits import forget_visit
from tlcore.workspace import Workspace, discard

ORDER = (COMPARISON, ANALYSIS, RUN, RECOMMENDATION, CHECK, ADDITION, IMPORT, UPLOADS, DATASET, NETWORK)
"""What needs something else goes before that."""

STOP_SECONDS = 0.5  # a page waits for it; what takes longer goes when it has ended
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Deleted:
    """What was deleted. `still_ending`: what is at work and was told to stop; it goes when it has ended.

    `put_aside`: what had been deleted before and could still be brought back.
    """

    datasets: int
    uploads: int
    runs: int
    comparisons: int
    bytes: int
    still_ending: int
    put_aside: int = 0
    networks: int = 0


def delete_everything(workspace: Workspace, visitor: str, wait_seconds: float = STOP_SECONDS) -> Deleted:
    """Delete all that one visitor made, for good: uploads, imports, data sets, recommendations, runs and races.

    Runs that wait do not begin, those at work are stopped. Photos that somebody else has too stay for him; what was
    computed of the others is forgotten (forgetting.py).

    Args:
        visitor: the public name. wait_seconds: for what is at work to end; what has not is deleted by the next cleanup.

    Raises:
        ValueError: no visitor was named.
    """
    if not visitor:
        raise ValueError("Whose?")
    mine = belongings_of(workspace, visitor)
    done, size = delete_for_good(workspace, mine, wait_seconds)
    gone = [each.kind for each in done]
    gone += _late(workspace, visitor, {each.id for each in mine})
    aside = [each for each in list_deletions(workspace) if each.visitor == visitor and purge(workspace, each)]
    forget_signatures(workspace, [each.id for each in mine])
    forget_visit(workspace, visitor)
    work_off(workspace)
    return Deleted(
        gone.count(DATASET),
        gone.count(UPLOADS),
        gone.count(RUN),
        gone.count(COMPARISON),
        size + sum(each.bytes for each in aside),
        still_ending=max(0, len(mine) - len(gone)),
        put_aside=len(aside),
        networks=gone.count(NETWORK),
    )


def delete_for_good(
    workspace: Workspace, things: Iterable[Belonging], wait_seconds: float = STOP_SECONDS
) -> tuple[list[Belonging], int]:
    """Delete these things for good; what was computed of their photos is forgotten by the next `work_off`.

    Args:
        wait_seconds: for what is at work to end; what has not is deleted by the next cleanup.

    Returns:
        what has gone, and its bytes.
    """
    ordered = sorted(things, key=lambda each: ORDER.index(each.kind))
    note_photos(workspace, [each.folder for each in ordered if each.kind == DATASET])
    for each in ordered:
        if each.kind in JOBS:
            _ask_to_go(workspace, each.folder)
    gone: list[Belonging] = []
    size, deadline = 0, time.monotonic() + wait_seconds
    for each in ordered:
        bytes_there = folder_bytes(each.folder)
        while not (done := delete(workspace, each)) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        if done:
            gone.append(each)
            size += bytes_there
    return gone, size


def _late(workspace: Workspace, visitor: str, known: set[str]) -> list[str]:
    """Delete what an import had saved just while it was asked to end; returns the kinds of what has gone."""
    late = [each for each in belongings_of(workspace, visitor) if each.id not in known]
    note_photos(workspace, [each.folder for each in late if each.kind == DATASET])
    return [each.kind for each in late if delete(workspace, each)]


def delete(workspace: Workspace, belonging: Belonging) -> bool:
    """Delete one thing; False, and nothing happens, while somebody works on it."""
    if not belonging.folder.exists():
        return True
    if belonging.kind not in JOBS:
        return discard(workspace, belonging.folder)
    try:
        with FileLock(belonging.folder / LOCK, timeout=0):
            return discard(workspace, belonging.folder)
    except (Timeout, OSError):
        return False


def delete_marked(workspace: Workspace) -> list[Belonging]:
    """Delete what was to go for good as soon as nobody works on it; returns what has gone.

    So does what could be brought back, once it no longer can.
    """
    kept = {each.id for each in list_deletions(workspace)}
    marked = [each for each in belongings(workspace) if is_deleted(each.folder) and deleted_as(each.folder) not in kept]
    marked.sort(key=lambda each: ORDER.index(each.kind))
    return [each for each in marked if not _is_used(workspace, each) and delete(workspace, each)]


def _is_used(workspace: Workspace, belonging: Belonging) -> bool:
    """Whether a job that is to go as well still works with it."""
    return any(map(is_locked, locks_on(workspace, [(belonging.kind, belonging.id)])))


def forget_signatures(workspace: Workspace, dataset_ids: Iterable[str]) -> None:
    """Forget under which signatures these data sets could be found again."""
    gone = set(dataset_ids)
    known = workspace.datasets / ".known"
    for path in known.iterdir() if known.is_dir() else ():
        with suppress(OSError):
            if path.read_text(encoding="utf-8", errors="replace") in gone:
                path.unlink()


def _ask_to_go(workspace: Workspace, folder: Path) -> None:
    """Have a job stop, or not begin, and be deleted then, whoever is here at that time."""
    with suppress(OSError, UserError):
        mark_deleted(folder)
        job = open_job(folder)
        if not Line(workspace).cancel(job):
            request_stop(job)
