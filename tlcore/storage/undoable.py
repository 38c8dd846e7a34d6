"""All that a person can bring back: what was deleted, and changes of the classes and photos of a data set."""

from dataclasses import dataclass

from tlcore.data.changes import Change
from tlcore.data.manifest import list_versions
from tlcore.data.versions import newer_version, replaced_version
from tlcore.settings import Limits
from tlcore.storage.belongings import DATASET
from tlcore.storage.put_aside import HOUR, Deletion, list_deletions
from tlcore.workspace import Workspace


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
    """The changes of data sets that are there, as long as the version before each is."""
    found: dict[str, Undoable] = {}
    for each in list_versions(workspace):
        if not each.replaces or (limits.undo_hours and now - each.created > limits.undo_hours * HOUR):
            continue
        before = replaced_version(workspace, each.id)
        if before:
            latest = not newer_version(workspace, each.id)
            made = Undoable(before, CHANGE, each.name, each.visitor, each.created, each.change, None, latest, before)
            found.setdefault(before, made)
    return list(found.values())
