"""What was deleted while somebody was at work on it: out of sight at once, and put aside as soon as that has ended.

Each folder of it bears the mark of listing.py with the id of the deletion; lists and look-ups pass it over. The worker
that was at it does the rest at its end; where that was killed, the cleaner does.
"""

from collections.abc import Collection
from pathlib import Path

from filelock import Timeout

from tlcore.jobs.locks import LOCK, is_locked
from tlcore.listing import is_deleted, mark_deleted, unmark_deleted
from tlcore.storage.belongings import DATASET, JOBS, belongings
from tlcore.storage.forgetting import note_photos
from tlcore.storage.put_aside import Deletion, list_deletions, locked, move_out, place_of
from tlcore.workspace import Workspace, disk_error

Part = tuple[str, str]
"""The kind and id of a folder, as in `Deletion.parts`."""


def hide(workspace: Workspace, deletion: Deletion) -> None:
    """Take all folders of a deletion out of sight, or none; raises UserError where the disk says no."""
    folders = [place_of(workspace, kind) / an_id for kind, an_id in deletion.parts]
    try:
        for folder in folders:
            mark_deleted(folder, deletion.id)
    except OSError as error:
        for folder in folders:
            unmark_deleted(folder)
        raise disk_error(folders[0], error) from error


def locks_on(workspace: Workspace, parts: Collection[Part]) -> list[Path]:
    """The locks of the jobs that have to end before these can be put aside.

    They are their own, and those of jobs that were deleted before and still use their photos.
    """
    ids = {an_id for _, an_id in parts}
    return [
        each.folder / LOCK
        for each in belongings(workspace, JOBS)
        if each.id in ids or (ids & {*each.needs} and is_deleted(each.folder))
    ]


def finish_deletions(workspace: Workspace) -> list[Deletion]:
    """Put aside what was deleted while somebody was at work on it and nobody is any more; returns those that have gone.

    What cannot be moved now is tried again next time.
    """
    done = []
    with locked(workspace):
        for each in list_deletions(workspace):
            left = [(kind, an_id) for kind, an_id in each.parts if is_deleted(place_of(workspace, kind) / an_id)]
            if left and not any(map(is_locked, locks_on(workspace, left))) and _move_out(workspace, each, left):
                done.append(each)
    return done


def _move_out(workspace: Workspace, deletion: Deletion, parts: Collection[Part]) -> bool:
    note_photos(workspace, [workspace.datasets / an_id for kind, an_id in parts if kind == DATASET])
    try:
        for kind, an_id in parts:
            move_out(workspace, deletion.id, kind, an_id)
    except (OSError, Timeout):
        return False
    return True
