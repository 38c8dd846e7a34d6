"""What an edit of a data set did, in words, for its history on the page and in the terminal."""

from collections.abc import Callable

from tlcore.data import changes
from tlcore.data.changes import Change
from tlcore.data.edits import PART_NAMES
from tlcore.messages.quantities import count


def edit_message(change: Change) -> str:
    """What an edit did, to stand in a list: "3 photos moved from cats to dogs", "class cats renamed to felines"."""
    return _MESSAGES[change.kind](change, count(change.photos, "photo"))


_MESSAGES: dict[str, Callable[[Change, str], str]] = {
    changes.RENAMED: lambda made, photos: f"class {made.label} renamed to {made.name}",
    changes.MERGED: lambda made, photos: f"{_classes(made)} merged into {made.name}",
    changes.CLASS_DELETED: lambda made, photos: f"class {made.label} deleted ({photos})",
    changes.PHOTOS_DELETED: lambda made, photos: f"{photos} deleted",
    changes.RELABELLED: lambda made, photos: f"{photos} moved from {made.label} to {made.name}",
    changes.LEFT_OUT: lambda made, photos: f"{photos} left out",
    changes.BROUGHT_BACK: lambda made, photos: f"{photos} brought back",
    changes.MOVED: lambda made, photos: f"{photos} moved to {PART_NAMES.get(made.name, made.name)}",
    changes.ROTATED: lambda made, photos: f"{photos} rotated by {made.name}°",
    changes.SPLIT_OFF: lambda made, photos: f"{photos} of {made.label} made a class {made.name}",
    changes.REORDERED: lambda made, photos: "classes put in another order",
    changes.GROUPED: lambda made, photos: (
        f"{photos} put into {count(int(made.name or 0), 'group')}" if made.photos else "groups removed"
    ),
    changes.ADDED: lambda made, photos: f"{photos} added",
}


def _classes(made: Change) -> str:
    return f"{'classes' if ', ' in made.label else 'class'} {made.label}"
