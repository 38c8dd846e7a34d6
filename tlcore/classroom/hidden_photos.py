"""Keeping the photos of hidden tests from everybody but the owner: who has seen them already, and what no link opens.

Photos are shown by their data set, and by every run and race on it.
"""

from collections.abc import Collection, Mapping

from tlcore.access import Right
from tlcore.classroom.membership import devices_by_group
from tlcore.classroom.store import list_classrooms, list_groups
from tlcore.classroom.values import Classroom
from tlcore.comparison.store import list_comparisons
from tlcore.errors import UserError
from tlcore.grants import rights_given
from tlcore.jobs.store import list_runs
from tlcore.workspace import Workspace, split_version


def hidden_folders(workspace: Workspace) -> frozenset[str]:
    """The folders of the data sets that some classroom keeps hidden."""
    return frozenset(split_version(each.hidden_test)[0] for each in list_classrooms(workspace) if each.hidden_test)


def without_hidden(workspace: Workspace, given: Mapping[str, Right]) -> Mapping[str, Right]:
    """The rights that others gave to somebody, without those that would show a hidden test to him."""
    hidden = hidden_folders(workspace) if given else frozenset()
    if not hidden:
        return given
    shown = _showing(workspace, hidden)
    return {an_id: right for an_id, right in given.items() if split_version(an_id)[0] not in shown}


def check_unseen(workspace: Workspace, classroom: Classroom, dataset_id: str, name: str) -> None:
    """Raise UserError where groups know these photos: by the task, since somebody shared them, or by a run of theirs.

    Args:
        name: what the photos are called.
    """
    folder = split_version(dataset_id)[0]
    if folder == split_version(classroom.task.dataset_id)[0]:
        raise UserError(f"All groups see “{name}”: it is what the task is about.", "Choose other photos.")
    shown, devices = _showing(workspace, {folder}), devices_by_group(workspace, classroom.id)
    used = {run.visitor for run in list_runs(workspace) if split_version(run.dataset_id)[0] == folder}
    for group in list_groups(workspace, classroom.id):
        names = {group.visitor, *(device.visitor for device in devices.get(group.id, ()))}
        given = {split_version(an_id)[0] for each in names for an_id in rights_given(workspace, each)}
        if shown & given or names & used:
            raise UserError(f"The group “{group.name}” can see “{name}”.", "Choose photos that no group has seen.")


def _showing(workspace: Workspace, folders: Collection[str]) -> set[str]:
    """The ids of all that shows the photos of these data sets: they themselves, and the runs and races on them."""
    runs = {run.id for run in list_runs(workspace) if split_version(run.dataset_id)[0] in folders}
    races = {race.id for race in list_comparisons(workspace) if split_version(race.dataset_id)[0] in folders}
    return {*folders, *runs, *races}
