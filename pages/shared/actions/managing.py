"""Renaming, deleting and restoring a data set, a run or a race, and ending its links."""

from pages.shared import state
from pages.shared.actions.guard import is_allowed, is_maker
from tlcore.access import Made
from tlcore.settings import is_hosted
from tlcore.storage import renaming, trash
from tlcore.storage.deletion import Deleted, delete_everything
from tlcore.storage.put_aside import Deletion
from tlcore.storage.sharing import stop_sharing as end_links


def rename(thing: Made, name: str) -> bool:
    """Call a data set, a run or a race otherwise; False where this visitor may not. Raises UserError."""
    if not (is_allowed(thing) and is_allowed(state.newest(thing))):  # every version gets the name
        return False
    renaming.rename(state.workspace(), thing.id, name)
    return True


def delete(thing: Made, name: str, keep_runs: bool = False) -> Deletion | None:
    """Delete a data set, a run or a race so that it can be restored; None where this visitor may not. Raises UserError.

    On a host what was computed of its photos is left to the next cleaning, since others wait for this process.

    Args:
        name: what it is called on the page.
    """
    if not is_allowed(thing):
        return None
    return trash.delete(state.workspace(), thing.id, state.maker(), name, keep_runs, forget=not is_hosted())


def delete_visitor(visitor: str) -> Deleted | None:
    """Delete all that a visitor made, for good; None where it is not the owner who asks, or nobody is named."""
    if not state.is_owner() or not visitor:
        return None
    return delete_everything(state.workspace(), visitor)


def restore(gone: Made) -> bool:
    """Bring back what was deleted, or undo a change of a data set; False where this visitor may not. Raises UserError.

    Args:
        gone: with the id that it had.
    """
    if not is_allowed(gone):
        return False
    trash.restore(state.workspace(), gone.id)
    return True


def stop_sharing(thing: Made) -> int | None:
    """End all links to a data set, a run or a race; returns how many visitors had opened one. Raises UserError.

    None where it is somebody else's: who may change it by a link has not made the others.
    """
    if not is_allowed(thing) or not is_maker(thing):
        return None
    return end_links(state.workspace(), thing.id)
