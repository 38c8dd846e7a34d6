"""Deleting that can be undone: what a person deletes is put aside for a day, with all that is of no use without it.

Photos, models and figures are all in what was put aside (put_aside.py), so nothing has to be made again. What can be
computed from the photos (features, activations) goes at once where nobody else needs it: that is what takes the space.
"""

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from filelock import Timeout

from tlcore.data.dataset_list import list_versions
from tlcore.data.versions import current_version, go_to, is_one_step, version_before
from tlcore.errors import UserError
from tlcore.jobs.line import Line
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.status import job_status
from tlcore.jobs.store import open_job, request_stop
from tlcore.listing import is_deleted
from tlcore.naming import given_name
from tlcore.settings import Limits
from tlcore.storage.belongings import (
    ANALYSIS,
    CHECK,
    COMPARISON,
    DATASET,
    IMPORT,
    JOBS,
    NETWORK,
    RECOMMENDATION,
    RUN,
    Belonging,
    belongings,
    find_belonging,
)
from tlcore.storage.forgetting import note_photos, work_off
from tlcore.storage.pending import hide, locks_on
from tlcore.storage.put_aside import (
    FOLDER,
    HOUR,
    ORDER,
    Deletion,
    list_deletions,
    locked,
    move_back,
    move_out,
    place_of,
    write_note,
)
from tlcore.storage.usage import folder_bytes
from tlcore.workspace import Workspace, discard, is_id, split_version

STOP_SECONDS = 0.5  # a page waits for it; what takes longer goes on behind its back (pending.py)
POLL_SECONDS = 0.1


def plan_deletion(workspace: Workspace, an_id: str, keep_runs: bool = False) -> Deletion:
    """What would go if this data set, run or race were deleted.

    With a data set go its earlier versions and the runs and races of the same visitor on them; with a race its runs;
    with its last run a race. Runs of other visitors stay, without photos.

    Args:
        keep_runs: whether the runs of a race stay.

    Raises:
        UserError: there is nothing of this id.
    """
    thing = _find(workspace, an_id)
    everything = {(each.kind, each.id): each for each in belongings(workspace, ORDER) if not is_deleted(each.folder)}
    parts = _whole(workspace, thing, everything, keep_runs)
    ids = {each.id for each in parts}
    needs = {need for each in parts for need in each.needs if need not in ids} if thing.kind != DATASET else set()
    return Deletion(
        thing.id,
        thing.kind,
        _name(thing),
        thing.visitor,
        "",
        0.0,
        tuple((each.kind, each.id) for each in parts),
        tuple(sorted(needs)),
        sum(folder_bytes(each.folder) for each in parts),
    )


def _whole(
    workspace: Workspace, thing: Belonging, everything: dict[tuple[str, str], Belonging], keep_runs: bool
) -> list[Belonging]:
    """A thing with what goes along, in the order in which it goes."""
    own = [each for each in everything.values() if each.visitor == thing.visitor]
    chosen = {(thing.kind, thing.id)}
    if thing.kind == DATASET:
        family = _versions(workspace, thing)
        chosen |= {(DATASET, an_id) for an_id in family}
        chosen |= {key for key, each in everything.items() if key[0] == RECOMMENDATION and family & {*each.needs}}
        chosen.add((CHECK, thing.lineage))
        chosen |= {(each.kind, each.id) for each in own if each.kind in (RUN, COMPARISON) and family & {*each.needs}}
    elif thing.kind == COMPARISON and not keep_runs:
        chosen |= {(each.kind, each.id) for each in own if each.kind == RUN and each.id in thing.needs}
    gone = {an_id for kind, an_id in chosen if kind == RUN}
    there = {an_id for kind, an_id in everything if kind == RUN}
    if gone:  # a race without any run says nothing
        chosen |= {
            (each.kind, each.id)
            for each in own
            if each.kind == COMPARISON and gone & {*each.needs} and not {*each.needs} & there - gone
        }
    chosen |= {key for key, each in everything.items() if key[0] == ANALYSIS and gone & {*each.needs}}
    found = [each for key, each in everything.items() if key in chosen]
    return sorted(found, key=lambda each: ORDER.index(each.kind))


def _versions(workspace: Workspace, dataset: Belonging) -> set[str]:
    """The ids of a data set and of those that it replaced, of the same visitor."""
    own = {each.folder_id: each for each in list_versions(workspace) if each.visitor == dataset.visitor}
    return {dataset.id, *(earlier for earlier in own[dataset.id].replaces if earlier in own)}


def delete(
    workspace: Workspace,
    an_id: str,
    by: str = "",
    name: str = "",
    keep_runs: bool = False,
    wait_seconds: float = STOP_SECONDS,
    forget: bool = True,
) -> Deletion:
    """Put a data set, a run, a race or a network aside, with what `plan_deletion` says; `restore` brings it back.

    Args:
        by: the public name of who deletes it. name: what it is called where it was deleted, "" for its own name.
        wait_seconds: for runs that are at work to stop. What has not is out of sight at once, and is put aside when it
            has (pending.py); it can be brought back meanwhile too.
        forget: whether what was computed of its photos goes at once; else the next cleaning does it, since it may mean
            reading many files.

    Raises:
        UserError: there is nothing of this id, photos are being added to it, or the disk says no.
    """
    plan = plan_deletion(workspace, an_id, keep_runs)
    plan = replace(plan, deleted_by=by, name=name or plan.name)
    _check_imports(workspace, plan)
    return _remove(workspace, plan, wait_seconds, forget)


def restore(workspace: Workspace, an_id: str) -> Deletion:
    """Bring back what was deleted under this id, and what else was deleted that it needs.

    Of a version of a data set that is the one before the last edit, or that was undone: make it the current one.

    Raises:
        UserError: nothing of this id was deleted, it has gone for good, or it was edited again since.
    """
    with locked(workspace):
        found = {each.id: each for each in list_deletions(workspace)}
        gone = found.get(an_id) or found.get(split_version(an_id)[0])
        if gone is not None:
            for need in gone.needs:
                if need in found:
                    _bring_back(workspace, found[need])
            _check_needs(workspace, gone)
            _bring_back(workspace, gone)
            return gone
    if is_id(an_id) and workspace.dataset_folder(an_id).is_dir():
        return _restore_version(workspace, an_id)
    raise UserError(
        f"Nothing that was deleted has the id “{an_id[:80]}”.", "What was deleted too long ago is gone for good."
    )


def replaced_versions(workspace: Workspace, limits: Limits, now: float) -> list[Belonging]:
    """The data sets that another one replaced longer ago than that can be undone, and that nothing needs.

    Until edits were logged, each change of a data set made another one.
    """
    if not limits.undo_hours:
        return []
    since: dict[str, float] = {}  # for each replaced one, when the first was made that replaces it
    for each in list_versions(workspace):
        for earlier in each.replaces:
            since[earlier] = min(each.created, since.get(earlier, each.created))
    old = {an_id for an_id, created in since.items() if now - created > limits.undo_hours * HOUR}
    if not old:
        return []
    needed = needed_datasets(workspace)
    return [each for each in belongings(workspace, (DATASET,)) if each.id in old - needed]


def needed_datasets(workspace: Workspace) -> set[str]:
    """The data sets that runs and races, imports at work, and what can be brought back, are of no use without."""
    needed = {need for each in belongings(workspace, (RUN, COMPARISON)) for need in each.needs}
    needed |= {need for each in list_deletions(workspace) for need in each.needs}
    imports = [each for each in belongings(workspace, (IMPORT,)) if is_locked(each.folder / LOCK)]
    return needed | {need for each in imports for need in each.needs}


def _find(workspace: Workspace, an_id: str) -> Belonging:
    found = find_belonging(workspace, an_id, (DATASET, RUN, COMPARISON, NETWORK))
    if found is None or is_deleted(found.folder):
        raise UserError(
            f"There is no data set, run, race or network “{an_id[:80]}” here.",
            "It may have been deleted, or its id may be incomplete.",
        )
    return found


def _name(thing: Belonging) -> str:
    return given_name(thing.folder) or thing.name


def _check_imports(workspace: Workspace, plan: Deletion) -> None:
    """Raise UserError where photos are being added to a data set just now."""
    ids = {an_id for kind, an_id in plan.parts if kind == DATASET}
    for each in belongings(workspace, (IMPORT,)):
        if ids & {*each.needs} and is_locked(each.folder / LOCK):
            raise UserError(f"Photos are being added to “{plan.name}”.", "Wait until that is done, or stop it.")


def _remove(workspace: Workspace, plan: Deletion, wait_seconds: float, forget: bool) -> Deletion:
    """Put the folders of a plan aside; where a job at work has not ended in time, take them out of sight."""
    for kind, an_id in plan.parts:
        if kind in JOBS:
            _stop(workspace, place_of(workspace, kind) / an_id)
    locks, deadline = locks_on(workspace, plan.parts), time.monotonic() + wait_seconds
    while any(map(is_locked, locks)):
        if time.monotonic() > deadline:
            return _hide(workspace, plan)
        time.sleep(POLL_SECONDS)
    return _put_aside(workspace, plan, forget)


def _stop(workspace: Workspace, folder: Path) -> None:
    """Take a job out of the line, or ask the process that is at it to stop."""
    with suppress(UserError):
        job = open_job(folder)
        if job_status(job).active and not Line(workspace).cancel(job):
            request_stop(job)


def _hide(workspace: Workspace, plan: Deletion) -> Deletion:
    """Take the folders of a plan out of sight: all of them, or none."""
    deletion = replace(plan, deleted=time.time())
    with locked(workspace):
        write_note(workspace, deletion)
        try:
            hide(workspace, deletion)
        except UserError:
            discard(workspace, workspace.root / FOLDER / deletion.id)
            raise
    return deletion


def _put_aside(workspace: Workspace, plan: Deletion, forget: bool) -> Deletion:
    """Move the folders of a plan out of the way: all of them, or none."""
    deletion = replace(plan, deleted=time.time())
    with locked(workspace):
        note_photos(workspace, [workspace.datasets / an_id for kind, an_id in plan.parts if kind == DATASET])
        write_note(workspace, deletion)
        moved: list[tuple[str, str]] = []
        try:
            for kind, an_id in deletion.parts:
                move_out(workspace, deletion.id, kind, an_id)
                moved.append((kind, an_id))
        except (OSError, Timeout) as error:
            for kind, an_id in reversed(moved):
                move_back(workspace, deletion.id, kind, an_id)
            discard(workspace, workspace.root / FOLDER / deletion.id)
            raise UserError(
                f"“{deletion.name}” could not be deleted: it is in use, or the disk says no.", "Try again in a moment."
            ) from error
    if forget:
        work_off(workspace)
    return deletion


def _bring_back(workspace: Workspace, deletion: Deletion) -> None:
    """Move what was put aside to where it was; what needs something else after that."""
    for kind, an_id in reversed(deletion.parts):
        move_back(workspace, deletion.id, kind, an_id)
    discard(workspace, workspace.root / FOLDER / deletion.id)


def _check_needs(workspace: Workspace, deletion: Deletion) -> None:
    """Raise UserError where the photos that runs need have gone for good."""
    gone = [need for need in deletion.needs if find_belonging(workspace, need, (DATASET, RUN)) is None]
    if gone and deletion.kind == RUN:
        raise UserError(f"The photos that “{deletion.name}” learned from are gone for good.", "Train again.")


def _restore_version(workspace: Workspace, dataset_id: str) -> Deletion:
    """Make a version current that is one step away; nothing is deleted by it, and runs keep theirs."""
    current = current_version(workspace, dataset_id)
    thing = _find(workspace, current)
    if split_version(current)[0] == split_version(dataset_id)[0]:
        if not is_one_step(workspace, current, dataset_id):
            raise UserError("These photos have changed again since.", "Undo the latest change first.")
        go_to(workspace, dataset_id)
        return Deletion(dataset_id, DATASET, _name(thing), thing.visitor, "", 0.0, (), (), 0, undone=True)
    return _put_replacement_aside(workspace, thing, current, dataset_id)


def _put_replacement_aside(workspace: Workspace, thing: Belonging, current: str, dataset_id: str) -> Deletion:
    """Put aside the data set that replaced another one, alone, so that that one is current again."""
    if version_before(workspace, current) != dataset_id:
        raise UserError("These photos have changed again since.", "Undo the latest change first.")
    if any(thing.id in each.needs for each in belongings(workspace, (RUN, COMPARISON))):
        raise UserError("You have trained on the changed photos.", "Keep the change, or delete those runs first.")
    ids = [(RECOMMENDATION, thing.id), (DATASET, thing.id)]
    parts = tuple((kind, an_id) for kind, an_id in ids if (place_of(workspace, kind) / an_id).is_dir())
    taken = folder_bytes(thing.folder)
    plan = Deletion(thing.id, DATASET, _name(thing), thing.visitor, "", 0.0, parts, (), taken, undone=True)
    return _remove(workspace, plan, STOP_SECONDS, forget=False)
