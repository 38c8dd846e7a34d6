"""What nobody needs any more goes. By ownership first: nothing that somebody works on or has a use for, however old.

What has an owner that lives is told by locks (jobs, drafts, activations) and by what needs it: a run its data set, an
import its uploads. Only what is left after that goes by age, and only visitors' things and abandoned uploads do.
"""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.data import incoming
from tlcore.data.drafts import remove_dead_drafts, unowned_drafts
from tlcore.errors import UserError
from tlcore.features.activations import activations_limit, evict
from tlcore.jobs.attempts import checkpoints, remove_checkpoints
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.status import job_status
from tlcore.jobs.store import QUEUED, STOP, Job, open_job
from tlcore.settings import Limits
from tlcore.storage.belongings import (
    ADDITION,
    ANALYSIS,
    CHECK,
    COMPARISON,
    DATASET,
    IMPORT,
    JOBS,
    RECOMMENDATION,
    RUN,
    UPLOADS,
    Belonging,
    belongings,
)
from tlcore.storage.deletion import ORDER, delete, delete_marked, forget_signatures
from tlcore.storage.forgetting import note_photos, unused_features, work_off
from tlcore.storage.handover import finish_handovers
from tlcore.storage.made_exports import idle_exports
from tlcore.storage.pending import finish_deletions
from tlcore.storage.purge import purge_deleted_photos
from tlcore.storage.put_aside import purge_outdated
from tlcore.storage.trash import replaced_versions
from tlcore.storage.usage import folder_bytes, measure_disk
from tlcore.storage.visits import forget_old_visits
from tlcore.workspace import Workspace, discard, empty_trash, last_used, split_version

CLEANING = "cleaning.lock"
HOUR, DAY = 3600.0, 86_400.0


@dataclass(frozen=True)
class Removed:
    """Something that went, or would. `kind`: in words; `bytes`: that are free now."""

    kind: str
    id: str
    bytes: int


def clean(
    workspace: Workspace,
    limits: Limits,
    by_age: bool = True,
    dry_run: bool = False,
    now: float | None = None,
    spared: Collection[str] = (),
) -> list[Removed]:
    """Remove what nobody needs any more; returns what went. Where another process cleans just now, nothing.

    For a whole workspace call `classroom/keeping.py:clean_workspace`, which knows whom to spare.

    Args:
        by_age: whether what was not used for long goes too. Not after a sleep: whoever holds it open needs a moment to
            say so.
        dry_run: only say what would go.
        now: Unix seconds; None for the clock's.
        spared: visitors whose things no age touches, by their public names.
    """
    try:
        with FileLock(workspace.root / CLEANING, timeout=0):
            return list(_clean(workspace, limits, by_age, dry_run, time.time() if now is None else now, spared))
    except Timeout:
        return []


def _clean(
    workspace: Workspace, limits: Limits, by_age: bool, dry_run: bool, now: float, spared: Collection[str]
) -> Iterator[Removed]:
    if not dry_run:
        empty_trash(workspace)
        finish_deletions(workspace)
        finish_handovers(workspace)
        yield from (Removed(each.kind, each.id, 0) for each in delete_marked(workspace))
    yield from _drafts(workspace, dry_run)
    everything = list(belongings(workspace))
    yield from _checkpoints(everything, dry_run)
    if not dry_run:  # before anything that has to write a note first: the disk may be full
        for name in evict(workspace, (), activations_limit(workspace)):
            yield Removed("activations", name, 0)
    if by_age:
        yield from _exports(workspace, dry_run, now)
        yield from _put_aside(workspace, limits, dry_run, now)
        yield from _outdated(workspace, everything, _Ages(limits, now, frozenset(spared)), dry_run)
    if not dry_run:
        if by_age and limits.keep_days:
            forget_old_visits(workspace, limits.keep_days * DAY, now)
        work_off(workspace)
        measure_disk(workspace)


def _drafts(workspace: Workspace, dry_run: bool) -> Iterator[Removed]:
    """Drafts whose process is gone. One without a lock is of an earlier version; only an import could be at it."""
    for name in remove_dead_drafts(workspace, dry_run):
        yield Removed("draft", name, 0)
    unowned = unowned_drafts(workspace)
    if unowned and not any(is_locked(each.folder / LOCK) for each in belongings(workspace, (IMPORT,))):
        for folder in unowned:
            if dry_run or discard(workspace, folder):
                yield Removed("draft", folder.name, 0)


def _checkpoints(everything: list[Belonging], dry_run: bool) -> Iterator[Removed]:
    """Checkpoints of runs that are finished. One that a person stopped may still be continued and keeps its own."""
    for each in everything:
        paths = checkpoints(each.folder) if each.kind == RUN else []
        if paths and _is_complete(each.folder):
            yield Removed("checkpoint", each.id, sum(path.stat().st_size for path in paths if path.exists()))
            if not dry_run:
                remove_checkpoints(each.folder)


def release_uploads(workspace: Workspace, job: Job, area: str, numbers: Collection[int]) -> None:
    """After an import was counted and saved: remove what it was made of, unless another import is to be made of it.

    Args:
        job: the import. area: the id of the uploads. numbers: of the files that it began with; later ones stay.

    Raises:
        UserError: the uploads are gone, or the disk is full.
    """
    others = [each for each in belongings(workspace, (IMPORT,)) if area in each.needs and each.id != job.id]
    if not any(_in_work(each.folder) for each in others):
        incoming.remove_imported(workspace, area, numbers)


def _is_complete(folder: Path) -> bool:
    """Whether nothing of a run is left to be done: it came to its own end, and nobody is at it."""
    try:
        status = job_status(open_job(folder))
    except UserError:
        return False
    finished = status.finished is not None and not status.finished.stopped
    return finished and not (folder / STOP).exists() and not _in_work(folder)


@dataclass(frozen=True)
class _Ages:
    """What is too old. `now`: Unix seconds; `spared`: visitors whose things never are."""

    limits: Limits
    now: float
    spared: frozenset[str] = frozenset()


def _outdated(workspace: Workspace, everything: list[Belonging], ages: _Ages, dry_run: bool) -> Iterator[Removed]:
    """Abandoned uploads, and visitors' things that were not used for days, unless something that stays needs them."""
    outdated = _unneeded(everything, ages)
    gone = []
    if not dry_run:
        note_photos(workspace, [each.folder for each in outdated if each.kind == DATASET])
    for each in sorted(outdated, key=lambda each: ORDER.index(each.kind)):
        if not _may_go(each, ages):
            continue  # somebody came for it meanwhile
        size = folder_bytes(each.folder)
        if dry_run or delete(workspace, each):
            gone.append(each.id)
            yield Removed(each.kind, each.id, size)
    if not dry_run:
        forget_signatures(workspace, gone)
    for folder in unused_features(workspace, ages.limits.keep_days * DAY, ages.now):
        size = folder_bytes(folder)
        if dry_run or discard(workspace, folder):
            yield Removed("features", folder.name, size)


def _exports(workspace: Workspace, dry_run: bool, now: float) -> Iterator[Removed]:
    """Exports that nobody has looked at for a day; they can be made again."""
    for each in idle_exports(workspace, now):
        size = folder_bytes(each.folder)
        if dry_run or discard(workspace, each.folder):
            yield Removed("export", each.id, size)


def _put_aside(workspace: Workspace, limits: Limits, dry_run: bool, now: float) -> Iterator[Removed]:
    """What was deleted, and what a newer version replaced, too long ago to be brought back."""
    for gone in purge_outdated(workspace, limits, now, dry_run):
        yield Removed(f"deleted {gone.kind}", gone.id, gone.bytes)
    for photos in purge_deleted_photos(workspace, limits, now, dry_run):
        yield Removed("deleted photos", photos.id, photos.bytes)
    replaced = replaced_versions(workspace, limits, now)
    if not dry_run:
        note_photos(workspace, [each.folder for each in replaced])
    for each in replaced:
        size = folder_bytes(each.folder)
        if dry_run or delete(workspace, each):
            yield Removed("earlier version", each.id, size)


def _unneeded(everything: list[Belonging], ages: _Ages) -> list[Belonging]:
    """What is old, in no work, and needed by nothing that stays."""
    by_id: dict[str, list[Belonging]] = {}  # a recommendation goes and stays with its data set
    for each in everything:
        by_id.setdefault(_key_of(each), []).append(each)
    pending = [each for each in everything if not _may_go(each, ages)]
    recent = {each.id for each in pending if each.kind == RUN}
    pending += [each for each in everything if each.kind == COMPARISON and not recent.isdisjoint(each.needs)]
    kept = {id(each) for each in pending}
    while pending:
        keeper = pending.pop()
        if keeper.kind in (IMPORT, ANALYSIS, ADDITION) and not _in_work(keeper.folder):
            continue  # it has made what it was to make, or failed; uploads go an hour after their last use
        for need in (keeper.id, _check_of(keeper.lineage), _analyses_of(keeper.id), keeper.network, *keeper.needs):
            for each in by_id.get(need, ()):
                if id(each) not in kept:
                    kept.add(id(each))
                    pending.append(each)
    return [each for each in everything if id(each) not in kept]


def _key_of(belonging: Belonging) -> str:
    """Under which name it is found by what it goes and stays with."""
    if belonging.kind == CHECK:
        return _check_of(belonging.id)
    return _analyses_of(belonging.needs[0]) if belonging.kind == ANALYSIS else split_version(belonging.id)[0]


def _analyses_of(run_id: str) -> str:
    """What stands for the analyses of a run."""
    return f"{ANALYSIS} {run_id}"


def _check_of(lineage: str) -> str:
    """What stands for the check of all versions of a data set: its id is that of the first one, which may go before."""
    return f"{CHECK} {lineage}"


def _may_go(belonging: Belonging, ages: _Ages) -> bool:
    """Whether nobody works on it, nor has had a use for it for as long as this machine keeps such things.

    A recommendation or a check is as good as its data set, an analysis as its run: it goes with that, and is kept by
    nothing else.
    """
    if belonging.kind in JOBS and _in_work(belonging.folder):
        return False
    if belonging.kind in (RECOMMENDATION, CHECK, ANALYSIS):
        return True
    if belonging.visitor in ages.spared:
        return False
    if belonging.kind == UPLOADS and incoming.is_held(belonging.folder):
        return False
    if belonging.kind == UPLOADS:
        seconds = ages.limits.upload_hours * HOUR
    else:
        seconds = ages.limits.keep_days * DAY if belonging.visitor else 0
    return bool(seconds) and ages.now - last_used(belonging.folder) > seconds


def _in_work(folder: Path) -> bool:
    """Whether a process works on a job, or it waits to be worked on, by this server or the next one."""
    if is_locked(folder / LOCK):
        return True
    try:
        return (folder / QUEUED).exists() and job_status(open_job(folder)).state == "queued"
    except UserError:
        return False
