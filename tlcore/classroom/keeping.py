"""How long what belongs to a classroom is kept: while it is open, and on a host for `keep_days` after it was closed.

A group's photos and runs are never aged out one by one, or a lesson in two parts would lose the first.
"""

import time
from collections.abc import Iterator
from contextlib import suppress

from tlcore.classroom.removal import erase, forget_removed, list_removed
from tlcore.classroom.store import list_classrooms, list_groups
from tlcore.classroom.values import Classroom
from tlcore.errors import UserError
from tlcore.settings import Limits
from tlcore.storage.cleanup import DAY, HOUR, Removed, clean
from tlcore.workspace import Workspace


def clean_workspace(
    workspace: Workspace, limits: Limits, by_age: bool = True, dry_run: bool = False, now: float | None = None
) -> list[Removed]:
    """Remove what nobody needs any more, classrooms that were closed long ago among it; the arguments are those of
    `storage/cleanup.py:clean`."""
    time_now = time.time() if now is None else now
    gone = list(_outdated(workspace, limits, dry_run, time_now)) if by_age else []
    return gone + clean(workspace, limits, by_age, dry_run, now, kept_visitors(workspace))


def kept_visitors(workspace: Workspace) -> frozenset[str]:
    """The names under which the groups of all classrooms work."""
    return frozenset(
        group.visitor
        for classroom in list_classrooms(workspace)
        for group in (
            *list_groups(workspace, classroom.id),
            *(each.group for each in list_removed(workspace, classroom.id)),
        )
    )


def _outdated(workspace: Workspace, limits: Limits, dry_run: bool, now: float) -> Iterator[Removed]:
    """Classrooms that were closed longer ago than such things are kept, and groups that can no longer come back."""
    for classroom in list_classrooms(workspace):
        if is_outdated(classroom, limits, now):
            size = 0
            with suppress(UserError):  # the disk says no: next time
                size = 0 if dry_run else erase(workspace, classroom.id).bytes
            yield Removed("classroom", classroom.id, size)
            continue
        for removed in list_removed(workspace, classroom.id):
            if limits.undo_hours and now - removed.removed > limits.undo_hours * HOUR:
                if not dry_run:
                    forget_removed(workspace, classroom.id, removed)
                yield Removed("removed group", removed.group.id, 0)


def is_outdated(classroom: Classroom, limits: Limits, now: float) -> bool:
    """Whether a classroom was closed longer ago than visitors' things are kept here. `now`: Unix seconds."""
    closed_for = now - classroom.closed if classroom.closed else 0.0
    return bool(limits.keep_days) and not classroom.is_open and closed_for > limits.keep_days * DAY
