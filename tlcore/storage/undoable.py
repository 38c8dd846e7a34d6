"""All that a person can bring back: what was deleted, and changes of the classes and photos of a data set."""

from dataclasses import dataclass

from tlcore.data.changes import Change
from tlcore.data.dataset_list import DatasetSummary, list_datasets
from tlcore.data.edit_log import Entry, read_head, read_log
from tlcore.data.versions import version_before
from tlcore.settings import Limits
from tlcore.storage.belongings import DATASET
from tlcore.storage.put_aside import HOUR, Deletion, list_deletions
from tlcore.workspace import Workspace, version_id


@dataclass(frozen=True)
class Undoable:
    """Something that can be undone.

    Attributes:
        id: what `trash.restore` takes.
        kind: "data set", "run" or "race" for what was deleted, "change" for a change of a data set.
        name: of what was deleted, or of the data set that was changed.
        visitor: the public name of whose it is, "" for nobody in a browser.
        done: Unix seconds.
        change: what was changed; None for a deletion, or where nobody noted it.
        deletion: what went; None for a change.
        is_latest: whether it can be undone now; a change that another one followed can be after that one.
        dataset: the id of the data set that is in use again then, "" for none.
    """

    id: str
    kind: str
    name: str
    visitor: str
    done: float
    change: Change | None = None
    deletion: Deletion | None = None
    is_latest: bool = True
    dataset: str = ""


CHANGE = "change"


def list_undoable(workspace: Workspace, limits: Limits, now: float) -> list[Undoable]:
    """What can be undone, the latest first. What was undone itself is not among it. `now`: Unix seconds."""
    deleted = [_deletion(each) for each in list_deletions(workspace) if not each.undone]
    return sorted(deleted + _changes(workspace, limits, now), key=lambda each: -each.done)


def _deletion(gone: Deletion) -> Undoable:
    dataset = gone.id if gone.kind == DATASET else ""
    return Undoable(gone.id, gone.kind, gone.name, gone.visitor, gone.deleted, deletion=gone, dataset=dataset)


def _changes(workspace: Workspace, limits: Limits, now: float) -> list[Undoable]:
    """The edits that current versions came about by, for as long as pages offer to undo them."""
    found = []
    for each in list_datasets(workspace):
        folder = workspace.datasets / each.folder_id
        head, log = read_head(folder), read_log(folder)
        edits = log.chain(head.version) if log.has(head.version) else ()
        recent = [edit for edit in edits if not limits.undo_hours or now - edit.made <= limits.undo_hours * HOUR]
        found += [_edit(folder.name, each, edit, edit.version == head.version) for edit in recent]
        if not edits and each.replaces:
            found += _replaced(workspace, each, limits, now)
    return found


def _edit(folder: str, dataset: DatasetSummary, edit: Entry, latest: bool) -> Undoable:
    before = version_id(folder, edit.before)
    return Undoable(before, CHANGE, dataset.name, dataset.visitor, edit.made, edit.change, None, latest, before)


def _replaced(workspace: Workspace, each: DatasetSummary, limits: Limits, now: float) -> list[Undoable]:
    """The change that made a data set of another one, as it was until edits were logged."""
    before = version_before(workspace, each.id)
    if not before or (limits.undo_hours and now - each.created > limits.undo_hours * HOUR):
        return []
    return [Undoable(before, CHANGE, each.name, each.visitor, each.created, each.change, None, True, before)]
