"""Removing a group, which can be undone for a day, and erasing a whole classroom, which cannot.

classrooms/<id>/removed/<group>.json    a group that was removed: as it was, with the devices that it had

What belongs to a group lies where everybody's things lie, under its name; storage/ deletes it.
"""

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tlcore.access import VISITORS
from tlcore.classroom.hidden_test import SCORES
from tlcore.classroom.membership import MEMBERS, devices_by_group, leave, rejoin
from tlcore.classroom.started_runs import STARTED
from tlcore.classroom.store import (
    FOLDER,
    GROUPS,
    change_classroom,
    changing,
    list_groups,
    load_classroom,
    load_group,
    restore_group_file,
)
from tlcore.classroom.values import Group
from tlcore.errors import UserError
from tlcore.jobs.line import Line
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.store import Job, load_job, open_job, request_stop
from tlcore.storage import trash
from tlcore.storage.belongings import (
    ADDITION,
    ANALYSIS,
    CHECK,
    COMPARISON,
    DATASET,
    IMPORT,
    NETWORK,
    RECOMMENDATION,
    RUN,
    Belonging,
    belongings,
    belongings_of,
    find_belonging,
)
from tlcore.storage.deletion import delete, delete_for_good, forget_signatures
from tlcore.storage.forgetting import work_off
from tlcore.storage.put_aside import list_deletions, purge
from tlcore.storage.visits import forget_visit
from tlcore.workspace import Workspace, discard, is_id, read_json, write_json

REMOVED = "removed"
WAIT_SECONDS = 2.0  # a page waits for what is at work to end
_POLL_SECONDS = 0.05
_DEPENDENT = (COMPARISON, ANALYSIS, RUN, RECOMMENDATION, CHECK)
"""What is of no use without a data set or a run, whoever made it."""


@dataclass(frozen=True)
class RemovedGroup:
    """A group that was removed. `devices`: the public names of its browsers; `removed`: Unix seconds."""

    group: Group
    devices: tuple[str, ...]
    removed: float


@dataclass(frozen=True)
class Erased:
    """What was erased. `still_ending`: jobs that were at work and go as soon as they have ended."""

    groups: int
    datasets: int
    runs: int
    bytes: int
    still_ending: int


def remove_group(workspace: Workspace, classroom_id: str, group_id: str) -> RemovedGroup:
    """Take a group out of its classroom, its devices with it; its photos and runs can be brought back for a day.

    Its imports end. Photos that were no data set yet stay where they are, out of everybody's sight, as long as uploads
    that nobody looks at; they are there again when the group is brought back in that time.

    Raises:
        UserError: there is no such group, or the disk says no. The group is out all the same once it was found.
    """
    group = load_group(workspace, classroom_id, group_id)
    folder = workspace.root / FOLDER / classroom_id
    with changing(workspace):
        devices = tuple(each.visitor for each in devices_by_group(workspace, classroom_id).get(group_id, ()))
        removed = RemovedGroup(group, devices, time.time())
        (folder / REMOVED).mkdir(exist_ok=True)
        write_json(folder / REMOVED / f"{group_id}.json", asdict(removed))
        (folder / GROUPS / f"{group_id}.json").unlink(missing_ok=True)
        for device in devices:
            leave(workspace, device)
    _end_imports(workspace, group.visitor)
    for kind in (COMPARISON, DATASET, RUN, NETWORK):  # with photos go their runs; left are those on others' photos
        for each in belongings_of(workspace, group.visitor, (kind,)):
            if find_belonging(workspace, each.id, (kind,)) is not None:
                trash.delete(workspace, each.id, keep_runs=True, forget=False)
    return removed


def restore_group(workspace: Workspace, classroom_id: str, group_id: str) -> Group:
    """Bring a group back that was removed, with its photos, its runs and those of its devices that are in no other one.

    Raises:
        UserError: it was not removed, or has gone for good.
    """
    path = workspace.root / FOLDER / classroom_id / REMOVED / f"{group_id}.json"
    removed = _read(path) if is_id(classroom_id) and is_id(group_id) else None
    if removed is None:
        raise UserError("This group can’t be brought back.", "What was removed more than a day ago is gone for good.")
    group = removed.group
    with changing(workspace):
        restore_group_file(workspace, group)
        path.unlink(missing_ok=True)
        for device in removed.devices:
            rejoin(workspace, device, group)
    mine = [each for each in list_deletions(workspace) if each.visitor == group.visitor]
    for each in reversed(mine):  # what was deleted last comes first
        if each.deleted >= removed.removed:
            with suppress(UserError):  # it came back with another one that needs it
                trash.restore(workspace, each.id)
    return group


def list_removed(workspace: Workspace, classroom_id: str) -> list[RemovedGroup]:
    """The groups that were removed and can be brought back, the latest first."""
    folder = workspace.root / FOLDER / classroom_id / REMOVED
    files = folder.glob("*.json") if is_id(classroom_id) and folder.is_dir() else ()
    found = [each for each in map(_read, files) if each is not None]
    return sorted(found, key=lambda each: -each.removed)


def forget_removed(workspace: Workspace, classroom_id: str, removed: RemovedGroup) -> None:
    """Delete for good what is left of a group that was removed."""
    folder, name = workspace.root / FOLDER / classroom_id, f"{removed.group.id}.json"
    _delete_visitors(workspace, {removed.group.visitor}, WAIT_SECONDS)
    for place in (SCORES, STARTED, REMOVED):
        (folder / place / name).unlink(missing_ok=True)


def erase(workspace: Workspace, classroom_id: str, wait_seconds: float = WAIT_SECONDS) -> Erased:
    """Delete a classroom for good, with all that its groups made: uploads, photos, runs, analyses and scores, what
    others made of those, what was computed of photos that nobody else has, and what is known of its devices.

    The owner's own photos stay, those of the task and of the hidden test among them. A kill in the middle leaves a
    closed classroom that can be erased once more.

    Args:
        wait_seconds: for what is at work to end; what has not goes as soon as it has.

    Raises:
        UserError: there is no such classroom, or the disk says no.
    """
    classroom = load_classroom(workspace, classroom_id)
    if classroom.is_open:
        change_classroom(workspace, classroom_id, is_open=False)  # nobody joins or works from here on
    _end_scoring(workspace, classroom_id, wait_seconds)
    groups = [*list_groups(workspace, classroom_id), *(each.group for each in list_removed(workspace, classroom_id))]
    erased = _delete_visitors(workspace, {group.visitor for group in groups}, wait_seconds)
    devices = {each.visitor for found in devices_by_group(workspace, classroom_id).values() for each in found}
    devices |= {name for each in list_removed(workspace, classroom_id) for name in each.devices}
    with changing(workspace):
        for device in devices:
            _forget_device(workspace, classroom_id, device)
        discard(workspace, classroom.folder)
    return erased


def _delete_visitors(workspace: Workspace, visitors: Collection[str], wait_seconds: float) -> Erased:
    """Delete all that these made, put aside or not, and all that others made of it."""
    things = _made_by(workspace, visitors)
    aside = [each for each in list_deletions(workspace) if each.visitor in visitors]
    gone, size = delete_for_good(workspace, things, wait_seconds)
    left = _made_by(workspace, visitors)  # what is still ending, and what an import had saved just then
    late, late_size = delete_for_good(workspace, left, 0.0)
    size += late_size + sum(each.bytes for each in aside if purge(workspace, each))
    forget_signatures(
        workspace, [*(each.id for each in (*things, *left)), *(part[1] for each in aside for part in each.parts)]
    )
    for visitor in visitors:
        forget_visit(workspace, visitor)
        (workspace.root / VISITORS / f"{visitor}.json").unlink(missing_ok=True)
    work_off(workspace)
    kinds = [each.kind for each in (*gone, *late)]
    return Erased(len(visitors), kinds.count(DATASET), kinds.count(RUN), size, len(left) - len(late))


def _made_by(workspace: Workspace, visitors: Collection[str]) -> list[Belonging]:
    """What these made, and what anybody made of that: a run on their photos, an analysis of their run."""
    everything = list(belongings(workspace))
    made = {each.id for each in everything if each.visitor in visitors}
    made |= {part[1] for each in list_deletions(workspace) if each.visitor in visitors for part in each.parts}
    runs = {each.id for each in everything if each.kind == RUN and made & {*each.needs}}
    return [
        each
        for each in everything
        if each.visitor in visitors
        or (each.kind in _DEPENDENT and (made | runs) & {*each.needs})
        or (each.kind == RUN and each.id in runs)
        or (each.kind == CHECK and each.id in made)
    ]


def _forget_device(workspace: Workspace, classroom_id: str, device: str) -> None:
    """Forget a browser: that it was a member, and where it keeps nothing of its own what it was given and saw last."""
    path = workspace.root / FOLDER / MEMBERS / f"{device}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        if read_json(path)["classroom"] == classroom_id:  # else it has joined another one since
            path.unlink(missing_ok=True)
    if not path.exists() and not belongings_of(workspace, device):
        forget_visit(workspace, device)
        (workspace.root / VISITORS / f"{device}.json").unlink(missing_ok=True)


def _end_imports(workspace: Workspace, visitor: str) -> None:
    """Have imports end: nothing may be saved that nobody is to see."""
    jobs = [open_job(each.folder) for each in belongings_of(workspace, visitor, (IMPORT, ADDITION))]
    _end(workspace, jobs, WAIT_SECONDS)
    for kind in (IMPORT, ADDITION):
        for each in belongings_of(workspace, visitor, (kind,)):
            delete(workspace, each)


def _end_scoring(workspace: Workspace, classroom_id: str, wait_seconds: float) -> None:
    try:
        job = load_job(workspace.scorings, classroom_id)
    except UserError:
        return
    _end(workspace, [job], wait_seconds)
    discard(workspace, job.folder)


def _end(workspace: Workspace, jobs: list[Job], wait_seconds: float) -> None:
    """Take jobs out of the line, or have them stop, and wait for that."""
    for job in jobs:
        if not Line(workspace).cancel(job) and is_locked(job.folder / LOCK):
            request_stop(job)
    deadline = time.monotonic() + wait_seconds
    while any(is_locked(job.folder / LOCK) for job in jobs) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _read(path: Path) -> RemovedGroup | None:
    try:
        values: dict[str, Any] = read_json(path)
        return RemovedGroup(Group(**values["group"]), tuple(map(str, values["devices"])), float(values["removed"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
