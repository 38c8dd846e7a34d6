"""Who belongs to which group: joining with the code and a name, a further device with the group's key, and leaving.

`classrooms/members/<visitor>.json` names the group of a browser. All its devices then work under the group's own name
(`working_name`), so that photos and runs are the group's. What a browser had made before it joined is its own again
when it has left.
"""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tlcore.access import is_visitor_name, right_of_key, share_key
from tlcore.classroom.codes import read_code
from tlcore.classroom.store import (
    FOLDER,
    MAX_NAME,
    changing,
    create_group,
    list_groups,
    load_classroom,
    load_group,
    open_classroom,
)
from tlcore.classroom.values import Group
from tlcore.data.names import clean_text, shorten
from tlcore.errors import UserError
from tlcore.naming import Mark, file_mark
from tlcore.workspace import Workspace, disk_error, read_json, write_json

MEMBERS = "members"
MOST_GROUPS = 60
SEEN_SECONDS = 15  # between two notes that a device is still there
GROUP = "group"  # what a key is to, see tlcore/access.py:share_key


@dataclass(frozen=True)
class Device:
    """A browser that works for a group: its own public name, and when it was there last, Unix seconds."""

    visitor: str
    seen: float


def is_open_code(workspace: Workspace, text: str) -> bool:
    """Whether what somebody typed is the code of the classroom that is open."""
    classroom = open_classroom(workspace)
    return classroom is not None and read_code(text) == classroom.code


def join(workspace: Workspace, code: str, name: str, visitor: str) -> Group:
    """Make a new group of the classroom that is open, with this browser as its first device.

    Args:
        code: as somebody typed it. name: of the group, as somebody typed it. visitor: the browser's own public name.

    Raises:
        UserError: the code is not that of the open classroom, the name is missing or taken, or the classroom is full.
    """
    called = shorten(clean_text(name), MAX_NAME)
    with changing(workspace):
        classroom = open_classroom(workspace)
        if classroom is None or read_code(code) != classroom.code:
            raise UserError("No classroom with this code is open here.", "Check the code that your teacher shows.")
        if not any(each.isprintable() and not each.isspace() for each in called):  # nothing, or only what none can see
            raise UserError("Enter a name for your group.")
        groups = list_groups(workspace, classroom.id)
        if any(each.name.casefold() == called.casefold() for each in groups):
            raise UserError(
                f"There is already a group called “{called}”.",
                "Choose another name. If it is your own group, open its QR code on a device that has joined, and scan "
                "it with this one.",
            )
        if len(groups) >= MOST_GROUPS:
            raise UserError(f"This classroom has {MOST_GROUPS} groups, the most it can have.", "Join another group.")
        made = create_group(workspace, classroom.id, called)
        _note(workspace, visitor, made)
    return made


def group_key(workspace: Workspace, group: Group) -> str:
    """The key with which another device joins a group. Raises UserError: see `share_key`."""
    return share_key(workspace, "act", GROUP, group.id)


def join_group(workspace: Workspace, classroom_id: str, group_id: str, key: str, visitor: str) -> Group:
    """Join a group that is there with its key.

    Raises:
        UserError: the key is not the group's, the group is gone, or its classroom is closed.
    """
    with changing(workspace):
        group = load_group(workspace, classroom_id, group_id)
        if right_of_key(workspace, key, GROUP, group_id) != "act":
            raise UserError("This code doesn’t belong to the group.", "Ask the group for its QR code again.")
        if not load_classroom(workspace, classroom_id).is_open:
            raise UserError("This classroom is closed.", "Ask your teacher for the code of a new one.")
        _note(workspace, visitor, group)
    return group


def rejoin(workspace: Workspace, visitor: str, group: Group) -> None:
    """Let a browser be in a group again that was brought back, unless it is in one by now; inside `changing`."""
    if not _member_file(workspace, visitor).exists():
        _note(workspace, visitor, group)


def leave(workspace: Workspace, visitor: str) -> None:
    """Let a browser be in no group any more; the group and what it made stay. Raises UserError: the disk says no."""
    path = _member_file(workspace, visitor)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise disk_error(path, error) from error


def group_of(workspace: Workspace, visitor: str) -> Group | None:
    """The group of a browser, by its own public name; None where it is in none, or the classroom is closed or gone."""
    if not is_visitor_name(visitor):
        return None
    path = _member_file(workspace, visitor)
    mark = file_mark(path.parent, path.name)
    ids = _member(path, mark) if mark else None
    if ids is None:
        return None
    try:
        group = load_group(workspace, *ids)
        return group if load_classroom(workspace, ids[0]).is_open else None
    except UserError:  # the teacher removed it
        return None


def working_name(workspace: Workspace, visitor: str) -> str:
    """The public name under which a browser works: its group's where it is in one, else its own."""
    group = group_of(workspace, visitor)
    return group.visitor if group else visitor


def note_seen(workspace: Workspace, visitor: str) -> None:
    """Note that a device of a group is there, at most every few seconds; nothing happens where it is in none.

    Args:
        visitor: the browser's own public name.
    """
    path = _member_file(workspace, visitor)
    with suppress(OSError):  # it is in no group, or the disk says no: looking at a page must not fail for it
        if time.time() - path.stat().st_mtime > SEEN_SECONDS:
            os.utime(path)


def devices_by_group(workspace: Workspace, classroom_id: str) -> dict[str, list[Device]]:
    """The devices of each group of a classroom, by its id."""
    folder = workspace.root / FOLDER / MEMBERS
    found: dict[str, list[Device]] = {}
    for path in folder.glob("*.json"):
        mark = file_mark(folder, path.name)
        ids = _member(path, mark) if mark is not None else None
        if ids is not None and mark is not None and ids[0] == classroom_id:
            found.setdefault(ids[1], []).append(Device(path.stem, mark[1] / 1e9))
    return found


def _member_file(workspace: Workspace, visitor: str) -> Path:
    if not is_visitor_name(visitor):
        raise ValueError(f"{visitor!r} is no visitor’s name")
    return workspace.root / FOLDER / MEMBERS / f"{visitor}.json"


def _note(workspace: Workspace, visitor: str, group: Group) -> None:
    path = _member_file(workspace, visitor)
    path.parent.mkdir(exist_ok=True)
    write_json(path, {"classroom": group.classroom_id, "group": group.id})


@lru_cache(maxsize=1024)
def _member(path: Path, _mark: Mark) -> tuple[str, str] | None:
    try:
        values = read_json(path)
        return str(values["classroom"]), str(values["group"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
