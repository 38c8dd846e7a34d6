"""Whether there is room for more: of a visitor, in one upload, in the line of runs, and on the disk.

The owner and whoever works without a browser (no visitor's name) may use the whole machine; the disk is everybody's.
"""

import shutil
import time

from tlcore.data.allowance import NO_LIMIT, Allowance
from tlcore.errors import UserError
from tlcore.features.activations import activations_bytes, evict
from tlcore.jobs.line import Line
from tlcore.settings import Limits, load_limits
from tlcore.storage.made_exports import drop_exports
from tlcore.storage.put_aside import list_deletions, make_room
from tlcore.storage.usage import disk_used, measure_disk, uploaded, usage
from tlcore.workspace import Workspace

SPARE_BYTES = 200_000_000
"""What an upload or an import leaves free on the disk: runs at work, their events and the system need some."""

EDIT_RESERVE = 0.05
"""By which share of what a visitor may keep he may pass it with edits, whose lines in a log are small."""


def check_room(
    workspace: Workspace, visitor: str, new_bytes: int, new_files: int, limits: Limits, area: str = ""
) -> None:
    """Before bytes come in: whether there is room for them. Cheap enough for every request.

    Args:
        visitor: the public name; "" for the owner, whom only the disk limits. area: the id of the upload area that they
            come into.

    Raises:
        UserError: there is not; it says what is there and what is allowed.
    """
    check_disk(workspace, new_bytes, limits)
    if not visitor:
        return
    if area and limits.upload_mb:
        there = uploaded(workspace.incoming / area)[1]
        if there + new_bytes > limits.upload_mb * 1e6:
            raise UserError(
                f"These uploads need {_mb(there + new_bytes)}, but this server allows "
                f"{_mb(limits.upload_mb * 1e6)} at once.",
                "Import what is here first and add the rest later, or leave some photos out.",
            )
    allowance = _allowance(workspace, visitor, limits, "")
    allowance.check(new_files, new_bytes)
    if limits.visitor_mb:  # what he deleted and this take together no more than he may have
        aside = sum(each.bytes for each in list_deletions(workspace) if each.visitor == visitor)
        if aside + new_bytes > allowance.bytes:
            make_room(workspace, int(aside + new_bytes - allowance.bytes), visitor)


def check_edits(workspace: Workspace, visitor: str, limits: Limits) -> None:
    """Before an edit that frees nothing: whether there is room for its line in the log, which stays for good.

    Lines are small, so edits go on for a while past the limit: whoever has just filled his share can still correct it.

    Args:
        visitor: whose data set it is; "" for the owner.

    Raises:
        UserError: the visitor is past his limit by more than `EDIT_RESERVE`.
    """
    if not visitor or not limits.visitor_mb:
        return
    used, allowed = usage(workspace, visitor).bytes, limits.visitor_mb * 1e6
    if used > allowed * (1 + EDIT_RESERVE):
        raise UserError(
            f"You use {_mb(used)} of your {_mb(allowed)}, so there is no room for more changes.",
            "Delete data sets and runs you no longer need. You can always delete and undo.",
        )


def import_allowance(workspace: Workspace, visitor: str, uploads: str = "") -> Allowance:
    """What an import of a visitor's may bring in.

    Args:
        uploads: the id of the uploads that it is made of: they count once, as the photos they become.

    Raises:
        UserError: the settings of this server cannot be read.
    """
    return _allowance(workspace, visitor, load_limits(workspace), uploads)


def check_waiting(workspace: Workspace, visitor: str, new_runs: int, limits: Limits) -> None:
    """Before runs are made: whether a visitor may have so many more in the line. The queue asks again, run by run.

    Raises:
        UserError: they would be too many, or the disk is full.
    """
    check_disk(workspace, 0, limits)
    if not visitor or not limits.waiting_runs:
        return
    waiting = sum(job.visitor == visitor for job in Line(workspace).waiting("train"))
    if waiting + new_runs > limits.waiting_runs:
        raise UserError(
            f"You already have {waiting} runs waiting, and {new_runs} more would be too many: this server allows "
            f"{limits.waiting_runs}.",
            "Wait until one is done, stop one that is waiting, or choose fewer.",
        )


def check_disk(workspace: Workspace, new_bytes: int, limits: Limits) -> None:
    """Before bytes come in: whether the disk has room for them. What can be computed again makes room first.

    Raises:
        UserError: it has not.
    """
    if _missing(workspace, new_bytes, limits, disk_used(workspace)) <= 0:
        return
    missing = _missing(workspace, new_bytes, limits, measure_disk(workspace))
    if missing > 0:
        evict(workspace, (), max(0, activations_bytes(workspace) - missing))
        missing = _missing(workspace, new_bytes, limits, measure_disk(workspace))
    if missing > 0 and drop_exports(workspace, missing, time.time()):  # they can be made again, too
        missing = _missing(workspace, new_bytes, limits, measure_disk(workspace))
    if missing > 0 and make_room(workspace, missing):  # what was deleted may be brought back, but not at this price
        missing = _missing(workspace, new_bytes, limits, measure_disk(workspace))
    if missing > 0:
        raise UserError(
            f"There is not enough disk space: {_mb(missing)} more is needed.",
            "Add fewer photos, delete data sets and runs you no longer need, or try again later.",
        )


def _missing(workspace: Workspace, new_bytes: int, limits: Limits, used: int) -> int:
    """The bytes by which the disk, or the part of it that may be used, is too small; 0 or less where it is not."""
    on_disk = new_bytes + SPARE_BYTES - shutil.disk_usage(workspace.root).free
    if not limits.disk_mb:
        return on_disk
    return max(on_disk, used + new_bytes - int(limits.disk_mb * 1e6))


def _allowance(workspace: Workspace, visitor: str, limits: Limits, without: str) -> Allowance:
    if not visitor:
        return Allowance()
    there = usage(workspace, visitor, without)
    allowed = int(limits.visitor_mb * 1e6)
    return Allowance(
        dataset_photos=limits.dataset_photos or NO_LIMIT,
        photos=max(0, limits.visitor_photos - there.photos) if limits.visitor_photos else NO_LIMIT,
        photos_allowed=limits.visitor_photos,
        bytes=max(0, allowed - there.bytes) if allowed else NO_LIMIT,
        bytes_allowed=allowed,
    )


def _mb(size: float) -> str:
    return f"{size / 1e6:,.0f} MB"
