"""Renaming, deleting and bringing back what is in a workspace: data sets with their classes and photos, runs, races."""

from collections.abc import Collection

from tlcore.api.arguments import WorkspaceLike, take_workspace
from tlcore.api.editing import EditableDataset, editable
from tlcore.data import edits
from tlcore.data.manifest import Dataset
from tlcore.data.versions import load_current
from tlcore.storage import put_aside, renaming, trash
from tlcore.storage.put_aside import Deletion
from tlcore.workspace import Workspace


def rename(item: str, name: str, *, workspace: WorkspaceLike = None) -> str:
    """Give a data set, a run or a race another name.

    Args:
        item: its id, as the lists give it.
        name: at most 80 characters; a longer one is shortened.

    Returns:
        The name as it is kept.

    Raises:
        UserError: there is nothing of this id, or no name was given.
    """
    return renaming.rename(take_workspace(workspace), item, name)


def delete(item: str, *, keep_runs: bool = False, workspace: WorkspaceLike = None) -> Deletion:
    """Delete a data set, a run or a race; `restore` brings it back for a day.

    With a data set go the runs and races on it, with a race its runs. A run that is at work is stopped; it is out of
    every list at once, and put aside when it has ended. Photos in a folder of yours stay there.

    Args:
        item: its id, as the lists give it.
        keep_runs: whether the runs of a race stay.

    Returns:
        What went: `name`, `kind`, `parts` (the kind and id of all that went along) and `bytes`.

    Raises:
        UserError: there is nothing of this id, photos are being added to it, or the disk says no; nothing has gone.
    """
    return trash.delete(take_workspace(workspace), item, keep_runs=keep_runs)


def restore(item: str, *, workspace: WorkspaceLike = None) -> Deletion:
    """Bring back what was deleted within the last day, with all that went along.

    Args:
        item: the id of what was deleted (`list_deleted`); or of a data set of which a class or photos were changed,
            which undoes that change.

    Raises:
        UserError: nothing of this id was deleted, or it has gone for good.
    """
    return trash.restore(take_workspace(workspace), item)


def list_deleted(workspace: WorkspaceLike = None) -> list[Deletion]:
    """What was deleted and can be brought back, the latest first; changes that were undone are not among it."""
    return [each for each in put_aside.list_deletions(take_workspace(workspace)) if not each.undone]


def rename_class(data: Dataset | str, label: str, name: str, *, workspace: WorkspaceLike = None) -> EditableDataset:
    """Give a class another name; the name of another class makes one class of both.

    Args:
        data: a `Dataset`, or the id of one. Runs keep it as it is: a newer version of it is made. Where it was changed
            before, this changes the newest version.
        label: the class. name: what it is called from now on.

    Returns:
        The newer version, which takes the place of `data` in the lists.

    Raises:
        UserError: there is no such class, or only one class would be left.
    """
    place, dataset = _take(data, workspace)
    return editable(edits.rename_class(place, dataset, label, name))


def delete_class(data: Dataset | str, label: str, *, workspace: WorkspaceLike = None) -> EditableDataset:
    """Leave a class out of a data set, with its photos; otherwise as `rename_class`."""
    place, dataset = _take(data, workspace)
    return editable(edits.delete_class(place, dataset, label))


def delete_photos(data: Dataset | str, paths: Collection[str], *, workspace: WorkspaceLike = None) -> EditableDataset:
    """Leave photos out of a data set; otherwise as `rename_class`. They go for good after a day; `EditableDataset.drop`
    keeps them.

    Args:
        data: a `Dataset`, or the id of one.
        paths: of its photos, as `Dataset.photos["path"]` has them.
    """
    place, dataset = _take(data, workspace)
    return editable(edits.delete_photos(place, dataset, [paths] if isinstance(paths, str) else paths))


def _take(data: Dataset | str, workspace: WorkspaceLike) -> tuple[Workspace, Dataset]:
    """The data set that is meant, and the workspace that it is in."""
    if isinstance(data, Dataset):
        return take_workspace(data.folder.parent.parent), data
    place = take_workspace(workspace)
    return place, load_current(place, data)
