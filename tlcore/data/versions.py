"""The versions of a data set: which one is current, how they came about, what differs between two; undo and redo.

A version is addressed by the id of the data set with a number, "leaves-…@3"; that without one is the data set as
imported. Undo and redo move a pointer, as in an editor: a new edit after an undo drops what could be redone from the
line, but no version is ever lost, so that every run keeps the one it learned from. Until edits were logged, each change
made another data set that `replaces` the one before; those stay readable, and the newest of them can be edited.
"""

from pathlib import Path

from tlcore.data.changes import Edit
from tlcore.data.dataset_list import list_versions
from tlcore.data.edit_log import Entry, Head, Log, locked, point, read_head, read_log
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.errors import UserError
from tlcore.workspace import Workspace, split_version, version_id


def current_version(workspace: Workspace, dataset_id: str) -> str:
    """The id of the current version of a data set; what is no data set here comes back as it is."""
    folder = folder_of_newest(workspace, dataset_id)
    if not folder.is_dir():
        return dataset_id
    return version_id(folder.name, read_head(folder).version)


def folder_of_newest(workspace: Workspace, dataset_id: str) -> Path:
    """The folder of a data set, or of the newest one that replaced it."""
    name = split_version(dataset_id)[0]
    newer = [each for each in list_versions(workspace) if name in each.replaces]
    found = max(newer, key=lambda each: each.replaces.index(name)).folder_id if newer else name
    return workspace.datasets / found


def load_current(workspace: Workspace, dataset_id: str) -> Dataset:
    """The current version of a data set. Raises UserError where there is none."""
    return load_dataset(workspace, current_version(workspace, dataset_id))


def load_given(workspace: Workspace, dataset_id: str) -> Dataset:
    """What an id means that a person gives: the version that it names, and the current one where it names none.

    Raises:
        UserError: there is no such data set or version.
    """
    return load_dataset(workspace, dataset_id) if "@" in dataset_id else load_current(workspace, dataset_id)


def version_before(workspace: Workspace, dataset_id: str) -> str:
    """The id of the version that an edit made this one of; "" where none did, and the data set is not one of many."""
    name, version = split_version(dataset_id)
    if version != 1:
        made = read_log(workspace.datasets / name).entries.get(version)
        return version_id(name, made.before) if made else ""
    there = {each.folder_id: each for each in list_versions(workspace)}
    earlier = next((each for each in there[name].replaces if each in there), "") if name in there else ""
    return version_id(earlier, read_head(workspace.datasets / earlier).version) if earlier else ""


def history(workspace: Workspace, dataset: Dataset) -> tuple[Edit, ...]:
    """The edits of a data set in their order: those that its current version came about by, then those to be redone."""
    folder = folder_of_newest(workspace, dataset.id)
    head, log = read_head(folder), read_log(folder)
    done = [_edit(folder, each) for each in log.chain(head.version)]
    return (*done, *(_edit(folder, log.entries[each], True) for each in head.redo if each in log.entries))


def _edit(folder: Path, entry: Entry, undone: bool = False) -> Edit:
    an_id = version_id(folder.name, entry.version)
    return Edit(entry.version, entry.before, an_id, entry.change, entry.made, entry.paths, undone, entry.by)


def undo(workspace: Workspace, dataset: Dataset) -> Dataset:
    """Take the last edit back; `redo` makes it again. Returns the version that is current then.

    Raises:
        UserError: there is none, or the disk says no.
    """
    folder = folder_of_newest(workspace, dataset.id)
    with locked(folder):
        head, log = read_head(folder), read_log(folder)
        if head.version == 1:
            raise UserError("There is nothing to undo: these photos are as you imported them.")
        before = log.entries[head.version].before
        point(folder, Head(before, (head.version, *head.redo)))
    return load_current(workspace, folder.name)


def redo(workspace: Workspace, dataset: Dataset) -> Dataset:
    """Make the edit again that was undone last. Returns the version that is current then.

    Raises:
        UserError: there is none, or the disk says no.
    """
    folder = folder_of_newest(workspace, dataset.id)
    with locked(folder):
        head = read_head(folder)
        if not head.redo:
            raise UserError("There is nothing to redo.")
        point(folder, Head(head.redo[0], head.redo[1:]))
    return load_current(workspace, folder.name)


def go_to(workspace: Workspace, dataset_id: str) -> Dataset:
    """Make any version the current one: by undoing or redoing, or, of a line that was left, as it is.

    Raises:
        UserError: there is no such version, or the disk says no.
    """
    name, version = split_version(dataset_id)
    folder = workspace.datasets / name
    wanted = load_dataset(workspace, dataset_id)
    with locked(folder):
        head, log = read_head(folder), read_log(folder)
        line = _line(log, head)
        place = line.index(version) if version in line else -1
        point(folder, Head(version, tuple(line[place + 1 :]) if place >= 0 else ()))
    return wanted


def _line(log: Log, head: Head) -> list[int]:
    """The versions from the first to the current one, and those to be redone."""
    return [1, *(each.version for each in log.chain(head.version)), *head.redo]


def is_one_step(workspace: Workspace, current: str, dataset_id: str) -> bool:
    """Whether a version comes out of the current one by one undo or one redo."""
    folder, version = workspace.dataset_folder(current), split_version(dataset_id)[1]
    head, log = read_head(folder), read_log(folder)
    before = log.entries[head.version].before if head.version in log.entries else 0
    return version in (before, *head.redo[:1])
