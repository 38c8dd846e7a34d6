"""What deleting one thing means, that it was done, and how long it can be undone, in words."""

from tlcore.data.changes import CLASS_DELETED, DELETED, PHOTOS_DELETED
from tlcore.messages.edits import edit_message
from tlcore.messages.quantities import count, format_bytes
from tlcore.settings import Limits
from tlcore.storage.belongings import COMPARISON, DATASET, RUN
from tlcore.storage.put_aside import HOUR, Deletion
from tlcore.storage.undoable import CHANGE, Undoable


def deletion_question(plan: Deletion, limits: Limits) -> str:
    """What would go, before it does: "Delete the data set “pets”? 3 runs go with it. This frees 12.5 MB…"."""
    words = [f"Delete the {plan.kind} “{plan.name}”?", along_message(plan), freed_message(plan, limits)]
    return " ".join(filter(None, words))


def along_message(plan: Deletion) -> str:
    """What goes along with a thing, "" for nothing: "3 runs and 1 race go with it."."""
    parts = [
        count(plan.along(kind), one, many)
        for kind, one, many in (
            (RUN, "run", ""),
            (COMPARISON, "race", ""),
            (DATASET, "earlier version", ""),
        )
        if plan.along(kind)
    ]
    if not parts:
        return ""
    listed = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    single = len(parts) == 1 and listed.startswith("1 ")
    return f"{listed} {'goes' if single else 'go'} with it."


def freed_message(plan: Deletion, limits: Limits) -> str:
    """How much room it makes, and how long it can be undone."""
    if not limits.undo_hours:
        return f"It takes up {format_bytes(plan.bytes)}. You can undo this."
    return f"This frees {format_bytes(plan.bytes)}. You can undo this for {count(round(limits.undo_hours), 'hour')}."


def deleted_message(gone: Deletion) -> str:
    """That something was deleted: "Deleted “pets”."."""
    return f"Deleted “{gone.name}”."


def undoable_message(what: Undoable) -> str:
    """What can be undone, in a line: "1 photo of pets deleted", "class A renamed to B in pets", "data set pets"."""
    if what.kind != CHANGE:
        return f"{what.kind} {what.name}"
    made = what.change
    if made is None:
        return f"{what.name} changed"
    if made.kind == PHOTOS_DELETED:
        return f"{count(made.photos, 'photo')} of {what.name} deleted"
    if made.kind == CLASS_DELETED:
        return f"class {made.label} of {what.name} deleted ({count(made.photos, 'photo')})"
    return f"{edit_message(made)} in {what.name}"


def time_left_message(what: Undoable, limits: Limits, now: float) -> str:
    """How long something can be undone: an edit that deleted nothing at any time, in the history of its data set."""
    if what.kind == CHANGE and what.change is not None and what.change.kind not in DELETED:
        return "can be undone at any time"
    return expiry_message(what.done, limits, now)


def expiry_message(deleted: float, limits: Limits, now: float) -> str:
    """How long what was deleted or changed at `deleted` can be brought back: "23 hours left". Unix seconds."""
    if not limits.undo_hours:
        return "kept until the room is needed"
    hours = (deleted - now) / HOUR + limits.undo_hours
    return f"{count(int(hours), 'hour')} left" if hours >= 1 else "less than an hour left"
