"""Classrooms on disk: `classrooms/<id>/classroom.json`, and a file for each group in `groups/` beside it.

Every change is made under one lock, whole or not at all; teacher, groups and terminal may make some at once. Whatever
writes a classroom or a group here lets the groups see the photos of the task, so that none is without them.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tlcore.access import new_secret, visitor_name
from tlcore.classroom.codes import new_code
from tlcore.classroom.values import Classroom, Group, Task
from tlcore.data.names import clean_text, shorten
from tlcore.errors import UserError
from tlcore.grants import give_rights
from tlcore.naming import Mark, file_mark
from tlcore.workspace import Workspace, disk_error, is_id, new_id, read_json, split_version, write_json

FOLDER, NOTE, GROUPS, LOCK = "classrooms", "classroom.json", "groups", "classrooms.lock"
MAX_NAME = 40
"""Characters of the name of a classroom or a group."""

LOCK_SECONDS = 20


def create_classroom(workspace: Workspace, name: str = "", task: Task | None = None) -> Classroom:
    """Open a classroom; the one that was open until now is closed, and what it holds stays.

    Args:
        name: as people call it; "": today's date.

    Raises:
        UserError: the disk says no.
    """
    called = shorten(clean_text(name), MAX_NAME) or time.strftime("%d %B %Y").lstrip("0")
    with changing(workspace):
        for other in list_classrooms(workspace):
            if other.is_open:
                _write(workspace, replace(other, is_open=False))
        folder = workspace.root / FOLDER / new_id(time.strftime("%Y%m%d"))
        try:
            (folder / GROUPS).mkdir(parents=True)
        except OSError as error:
            raise disk_error(folder, error) from error
        made = Classroom(folder.name, folder, called, new_code(), time.time(), task=task or Task())
        _write(workspace, made)
    return made


def load_classroom(workspace: Workspace, classroom_id: str) -> Classroom:
    """The classroom of this id, which may come from a URL. Raises UserError where there is none."""
    folder = workspace.root / FOLDER / classroom_id
    found = _classroom(folder) if is_id(classroom_id) else None
    if found is None:
        raise UserError("This classroom no longer exists.", "Open a new one.")
    return found


def list_classrooms(workspace: Workspace) -> list[Classroom]:
    """All classrooms, newest first; those that cannot be read are passed over."""
    parent = workspace.root / FOLDER
    folders = [folder for folder in parent.iterdir() if is_id(folder.name)] if parent.is_dir() else []
    found = [each for each in map(_classroom, folders) if each is not None]
    return sorted(found, key=lambda each: -each.created)


def open_classroom(workspace: Workspace) -> Classroom | None:
    """The classroom that is open, if one is."""
    return next((each for each in list_classrooms(workspace) if each.is_open), None)


def change_classroom(workspace: Workspace, classroom_id: str, **changes: Any) -> Classroom:
    """Change some fields of a classroom; returns it as it is now. Raises UserError: it is gone, or the disk says no."""
    with changing(workspace):
        changed = replace(load_classroom(workspace, classroom_id), **changes)
        _write(workspace, changed)
    return changed


def list_groups(workspace: Workspace, classroom_id: str) -> list[Group]:
    """The groups of a classroom in the order in which they came."""
    folder = workspace.root / FOLDER / classroom_id / GROUPS
    files = sorted(folder.glob("*.json")) if is_id(classroom_id) and folder.is_dir() else []
    found = [each for each in map(_group, files) if each is not None]
    return sorted(found, key=lambda each: each.created)


def group_names(workspace: Workspace) -> dict[str, str]:
    """The groups of all classrooms: what each is called, by the public name under which it works."""
    return {
        group.visitor: group.name for each in list_classrooms(workspace) for group in list_groups(workspace, each.id)
    }


def load_group(workspace: Workspace, classroom_id: str, group_id: str) -> Group:
    """The group of this id. Raises UserError where there is none (any more)."""
    path = workspace.root / FOLDER / classroom_id / GROUPS / f"{group_id}.json"
    found = _group(path) if is_id(classroom_id) and is_id(group_id) else None
    if found is None:
        raise UserError("This group no longer exists.", "Join the classroom again.")
    return found


def create_group(workspace: Workspace, classroom_id: str, name: str) -> Group:
    """Add a group; call it inside `changing`. `name`: as it is kept."""
    made = Group(new_id("group"), classroom_id, name, visitor_name(new_secret()), time.time())
    _show_photos(workspace, made, load_classroom(workspace, classroom_id).task)
    write_group(workspace, made)
    return made


def change_group(workspace: Workspace, group: Group, **changes: Any) -> Group:
    """Change some fields of a group; returns it as it is now. Raises UserError: it is gone, or the disk says no."""
    with changing(workspace):
        changed = replace(load_group(workspace, group.classroom_id, group.id), **changes)
        write_group(workspace, changed)
    return changed


def restore_group_file(workspace: Workspace, group: Group) -> None:
    """Put a group back that was taken out; call it inside `changing`. Raises UserError where its classroom is gone."""
    _show_photos(workspace, group, load_classroom(workspace, group.classroom_id).task)
    write_group(workspace, group)


@contextmanager
def changing(workspace: Workspace) -> Iterator[None]:
    """Hold all classrooms still: what is looked up and written inside is one step.

    Raises:
        UserError: the workspace cannot be written, or somebody else holds them for too long.
    """
    folder = workspace.root / FOLDER
    try:
        folder.mkdir(exist_ok=True)
        with FileLock(workspace.root / LOCK, timeout=LOCK_SECONDS):
            yield
    except Timeout as error:
        raise UserError("The classroom is busy.", "Try again in a moment.") from error
    except OSError as error:
        raise disk_error(folder, error) from error


def _write(workspace: Workspace, classroom: Classroom) -> None:
    values = asdict(classroom)
    del values["id"], values["folder"]
    values["closed"] = 0.0 if classroom.is_open else classroom.closed or time.time()
    for group in list_groups(
        workspace, classroom.id
    ):  # before the task is there: nobody is asked for what he can't see
        _show_photos(workspace, group, classroom.task)
    write_json(classroom.folder / NOTE, values)


def _show_photos(workspace: Workspace, group: Group, task: Task) -> None:
    """Let a group see the photos of a task."""
    if task.dataset_id:
        give_rights(workspace, group.visitor, {split_version(task.dataset_id)[0]: "see", task.dataset_id: "see"})


def write_group(workspace: Workspace, group: Group) -> None:
    """Write a group's file; call it inside `changing`. Raises UserError: the disk says no."""
    values = asdict(group)
    del values["id"], values["classroom_id"]
    write_json(workspace.root / FOLDER / group.classroom_id / GROUPS / f"{group.id}.json", values)


def _classroom(folder: Path) -> Classroom | None:
    mark = file_mark(folder, NOTE)
    return _read_classroom(folder, mark) if mark else None


@lru_cache(maxsize=64)
def _read_classroom(folder: Path, _mark: Mark) -> Classroom | None:
    try:
        values: dict[str, Any] = read_json(folder / NOTE)
        task: dict[str, Any] = {
            name: tuple(each) if isinstance(each, list) else each for name, each in values.pop("task").items()
        }
        return Classroom(folder.name, folder, task=Task(**task), **values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # damaged, or of a newer version
        return None


def _group(path: Path) -> Group | None:
    mark = file_mark(path.parent, path.name)
    return _read_group(path, mark) if mark else None


@lru_cache(maxsize=1024)
def _read_group(path: Path, _mark: Mark) -> Group | None:
    try:
        return Group(path.stem, path.parent.parent.name, **read_json(path))
    except (OSError, ValueError, TypeError):
        return None
