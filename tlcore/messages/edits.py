"""What an edit of a data set did, and what differs between two versions of it, in words for pages and terminal."""

import pandas as pd

from tlcore.data import changes, compare
from tlcore.data.changes import Change
from tlcore.data.edits import PART_NAMES
from tlcore.messages.quantities import count

_TURNS = {"90": "right", "270": "left", "180": "by 180°"}


def edit_message(made: Change) -> str:
    """What was done, without a full stop: "Moved 3 photos from cats to dogs"."""
    photos, what = count(made.photos, "photo"), made
    sentences = {
        changes.RENAMED: f"Renamed the class “{what.label}” to “{what.name}”",
        changes.MERGED: f"Merged “{what.label}” into “{what.name}” ({photos})",
        changes.CLASS_DELETED: f"Deleted the class “{what.label}” ({photos})",
        changes.PHOTOS_DELETED: f"Deleted {photos}",
        changes.RELABELLED: f"Moved {photos} from {what.label} to {what.name}",
        changes.LEFT_OUT: f"Left out {photos}",
        changes.BROUGHT_BACK: f"Brought back {photos}",
        changes.MOVED: f"Moved {photos} to {PART_NAMES.get(what.name, what.name)}",
        changes.ROTATED: f"Rotated {photos} {_TURNS.get(what.name, '')}".rstrip(),
        changes.SPLIT_OFF: f"Moved {photos} from {what.label} to the new class “{what.name}”",
        changes.REORDERED: "Reordered the classes",
        changes.GROUPED: f"Put {photos} into {what.name} groups" if what.photos else "Removed all groups",
        changes.ADDED: f"Added {photos}",
        changes.CORRECTED: f"Corrected {photos}{_corrected(what)}",
    }
    return sentences.get(made.kind, "Changed the photos")


def _corrected(what: Change) -> str:
    """Of corrections in several ways, how many photos went which way."""
    left_out = int(what.name) if what.name.isdecimal() else 0
    moved = what.photos - left_out
    parts = [f"{moved:,} moved to another class"] if moved else []
    parts += [f"{left_out:,} left out"] if left_out else []
    return f": {', '.join(parts)}" if parts else ""


def comparison_message(differences: pd.DataFrame) -> str:
    """How much differs: "3 photos in another class, 1 left out". `differences`: of `compare_versions`."""
    counts = differences["what"].value_counts()
    words = {
        compare.ADDED: "added",
        compare.LEFT_OUT: "left out",
        compare.RELABELLED: "in another class",
        compare.MOVED: "in another part",
        compare.ROTATED: "rotated",
        compare.GROUPED: "in another group",
    }
    parts = [f"{count(int(counts[what]), 'photo')} {word}" for what, word in words.items() if what in counts]
    return ", ".join(parts) if parts else "The photos are the same."


def difference_message(what: str, before: str, after: str) -> str:
    """One difference of a photo: "class cats → dogs"."""
    if what in (compare.ADDED, compare.LEFT_OUT):
        return f"{what} ({after or before})"
    if what == compare.ROTATED:
        return what
    return f"{what} {before or 'none'} → {after or 'none'}"
