"""Mending a data set: other labels, photos left out, brought back, turned or in another part, other classes and groups.

Each function makes a newer version of a data set, as one entry in its edit log (edit_log.py), and returns it. No photo
and no version is lost by it, and a run keeps the version that it learned from. An edit of an earlier version is made to
the current one, where the classes or the photos are still there. `paths` are those of `Dataset.photos["path"]`.
Adding photos is in additions.py.
"""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from tlcore.data import turning
from tlcore.data.changes import (
    BROUGHT_BACK,
    CLASS_DELETED,
    GROUPED,
    LEFT_OUT,
    MERGED,
    MOVED,
    PHOTOS_DELETED,
    RELABELLED,
    RENAMED,
    REORDERED,
    ROTATED,
    SPLIT_OFF,
    Change,
)
from tlcore.data.commit import changed_rows, commit, editing
from tlcore.data.compare import compare_versions
from tlcore.data.edit_log import RowChange
from tlcore.data.group_split import split_groups
from tlcore.data.manifest import SPLITS, Dataset
from tlcore.data.names import clean_label, clean_text, shorten
from tlcore.data.parts import follow
from tlcore.data.versions import history, redo, undo
from tlcore.errors import UserError
from tlcore.workspace import Workspace

__all__ = [
    "bring_back",
    "compare_versions",
    "delete_class",
    "delete_photos",
    "history",
    "leave_out",
    "merge_classes",
    "move_to_part",
    "redo",
    "relabel",
    "relabel_each",
    "rename_class",
    "reorder_classes",
    "rotate",
    "set_groups",
    "split_off",
    "undo",
]

PART_NAMES = {"train": "training", "validation": "validation", "test": "testing"}


def relabel(workspace: Workspace, dataset: Dataset, paths: Collection[str], label: str) -> Dataset:
    """Move photos to another class; each keeps its part. A class that has no photo left is gone.

    Raises:
        UserError: there is no such photo or class, a class would have too few photos, or the disk is full.
    """
    with editing(workspace, dataset) as edited:
        chosen = edited.rows(paths)
        if label not in edited.current.labels:
            raise UserError(
                f"“{edited.current.name}” has no class “{label[:80]}”.",
                f"Its classes are {', '.join(edited.current.labels)}. To make a new class, split the photos off.",
            )
        moved = chosen[chosen["label"] != label]
        if moved.empty:
            return edited.current
        change = Change(RELABELLED, ", ".join(sorted(set(moved["label"]))), label, len(moved))
        return commit(edited, change, tuple(moved["path"]), rows=(RowChange("label", label),))


def relabel_each(workspace: Workspace, dataset: Dataset, labels: Mapping[str, str]) -> Dataset:
    """Move photos to another class each, as one edit.

    Args:
        labels: the new class by the path of each photo.

    Raises:
        UserError: there is no such photo or class, a class would have too few photos, or the disk is full.
    """
    with editing(workspace, dataset) as edited:
        chosen = edited.rows(labels)
        edited.classes(labels.values())
        wanted = chosen["path"].map(labels)
        moved = chosen["label"] != wanted
        if not moved.any():
            return edited.current
        rows = changed_rows(chosen, wanted, "label")
        before, after = (", ".join(sorted(set(each[moved]))) for each in (chosen["label"], wanted))
        change = Change(RELABELLED, before, after, int(moved.sum()))
        return commit(edited, change, tuple(chosen["path"][moved]), rows=rows)


def leave_out(workspace: Workspace, dataset: Dataset, paths: Collection[str], kind: str = LEFT_OUT) -> Dataset:
    """Leave photos out. They stay in the data set's folder, and `bring_back` brings them back.

    Args:
        kind: `changes.PHOTOS_DELETED` for photos that go for good when that cannot be undone any more.

    Raises:
        UserError: there is no such photo, a class would have too few photos, or the disk is full.
    """
    with editing(workspace, dataset) as edited:
        chosen = edited.rows(paths)
        if chosen.empty:
            return edited.current
        rows = (RowChange("left_out", True),)
        return commit(edited, Change(kind, photos=len(chosen)), tuple(chosen["path"]), rows=rows)


def delete_photos(workspace: Workspace, dataset: Dataset, paths: Collection[str]) -> Dataset:
    """Leave photos out, and have them go for good when that cannot be undone any more and no run needs them.

    Returns and raises what `leave_out` does.
    """
    return leave_out(workspace, dataset, paths, PHOTOS_DELETED)


def delete_class(workspace: Workspace, dataset: Dataset, label: str) -> Dataset:
    """Leave a class out with all its photos, which go for good as those of `delete_photos` do.

    Raises:
        UserError: there is no such class, only one would be left, or the disk is full.
    """
    with editing(workspace, dataset) as edited:
        edited.classes([label])
        photos = edited.current.photos
        paths = tuple(photos["path"][photos["label"] == label])
        change = Change(CLASS_DELETED, label, photos=len(paths))
        return commit(edited, change, paths, rows=(RowChange("left_out", True),))


def bring_back(workspace: Workspace, dataset: Dataset, paths: Collection[str]) -> Dataset:
    """Bring back photos that were left out, into the class and the part that they were in.

    Raises:
        UserError: no such photo was left out, its class would have too few photos, or the disk is full.
    """
    with editing(workspace, dataset) as edited:
        chosen = edited.rows(paths, edited.current.left_out)
        if chosen.empty:
            return edited.current
        back = tuple(chosen["path"])
        change, returned = Change(BROUGHT_BACK, photos=len(back)), RowChange("left_out", False)
        everything = edited.after(edited.entry(change, back, rows=(returned,)))
        there = everything[~everything["left_out"]]
        return commit(edited, change, back, rows=(returned, *changed_rows(there, follow(there, back))))


def move_to_part(workspace: Workspace, dataset: Dataset, paths: Collection[str], part: str) -> Dataset:
    """Move photos to "train", "validation" or "test"; their copies, and photos of their group, go along.

    Raises:
        UserError: there is no such photo or part, a class would have no photo left in a part, or the disk is full.
    """
    if part not in SPLITS:
        raise UserError(f"There is no part “{part[:80]}”.", f"The parts are {', '.join(SPLITS)}.")
    with editing(workspace, dataset) as edited:
        photos = edited.current.photos
        parts = follow(photos, set(edited.rows(paths)["path"]), part)
        moved = photos[parts != photos["split"]]
        if moved.empty:
            return edited.current
        _check_parts_left(photos, parts)
        change = Change(MOVED, name=part, photos=len(moved))
        return commit(edited, change, tuple(moved["path"]), rows=(RowChange("split", part),))


def rotate(workspace: Workspace, dataset: Dataset, paths: Collection[str], degrees: int) -> Dataset:
    """Turn photos clockwise, without loss. The data set gets new files; a photo in a person's folder stays as it is.

    Args:
        degrees: 90, 180 or 270.

    Raises:
        UserError: there is no such photo, it cannot be read, or the disk is full.
    """
    if degrees not in turning.DEGREES:
        raise UserError(f"Photos can’t be turned by {degrees} degrees.", "Turn them by 90, 180 or 270, clockwise.")
    with editing(workspace, dataset) as edited:
        chosen = edited.rows(paths)
        if chosen.empty:
            return edited.current
        change = Change(ROTATED, name=str(degrees), photos=len(chosen))
        with turning.turned(workspace, edited.current, chosen, degrees) as brought:
            return commit(edited, change, tuple(chosen["path"]), brought=brought)


def rename_class(workspace: Workspace, dataset: Dataset, label: str, name: str) -> Dataset:
    """Call a class otherwise. A name that another class has already, whatever its capitals, makes one class of both.

    Returns:
        the newer version, or the current one where nothing changes.

    Raises:
        UserError: there is no such class, no name was given, fewer than two classes would be left, or the disk is full.
    """
    with editing(workspace, dataset) as edited:
        labels = edited.classes([label])
        new = _new_label(name)
        new = next((each for each in edited.current.labels if each != label and each.casefold() == new.casefold()), new)
        if new == label:
            return edited.current
        moved = int((edited.current.photos["label"] == label).sum())
        change = Change(MERGED if new in edited.current.labels else RENAMED, label, new, moved)
        return commit(edited, change, classes=dict.fromkeys(labels, new))


def merge_classes(workspace: Workspace, dataset: Dataset, labels: Collection[str], name: str) -> Dataset:
    """Make one class of several, under the name of one of them or a new one.

    Raises:
        UserError: there is no such class, fewer than two classes would be left, or the disk is full.
    """
    with editing(workspace, dataset) as edited:
        merged, new = edited.classes(labels), _new_label(name)
        if new in edited.current.labels and new not in merged:
            merged = (*merged, new)
        if len(merged) < 2:
            raise UserError("Choose at least two classes to merge.")
        moved = edited.current.photos["label"].isin([label for label in merged if label != new])
        change = Change(MERGED, ", ".join(label for label in merged if label != new), new, int(moved.sum()))
        return commit(edited, change, classes={label: new for label in merged if label != new})


def split_off(workspace: Workspace, dataset: Dataset, paths: Collection[str], name: str) -> Dataset:
    """Make a new class of some photos.

    Raises:
        UserError: there is no such photo, the name is that of another class, the new class or one that photos were
            taken from would have too few, or the disk is full.
    """
    with editing(workspace, dataset) as edited:
        chosen, new = edited.rows(paths), _new_label(name)
        if chosen.empty:
            return edited.current
        if new.casefold() in {label.casefold() for label in edited.current.labels}:
            raise UserError(f"There is already a class “{new}”.", "Choose another name, or move the photos to it.")
        change = Change(SPLIT_OFF, ", ".join(sorted(set(chosen["label"]))), new, len(chosen))
        return commit(edited, change, tuple(chosen["path"]), rows=(RowChange("label", new),))


def reorder_classes(workspace: Workspace, dataset: Dataset, labels: Sequence[str]) -> Dataset:
    """Put the classes in another order, in which pages and models have them from then on.

    Raises:
        UserError: these are not all classes, each once; or the disk is full.
    """
    with editing(workspace, dataset) as edited:
        order = edited.classes(labels)
        if sorted(order) != sorted(edited.current.labels) or len(order) != len(labels):
            raise UserError(
                "The new order must have every class once.", f"The classes are {', '.join(edited.current.labels)}."
            )
        if order == edited.current.labels:
            return edited.current
        return commit(edited, Change(REORDERED), order=order)


def set_groups(
    workspace: Workspace, dataset: Dataset, groups: Mapping[str, str], resplit: bool = True, seed: int = 0
) -> Dataset:
    """Say which photos belong together (a site, an animal, a burst), so that they stay on one side of the split.

    Args:
        groups: the name of its group by the path of each photo that has one; all other photos have none from then on.
        resplit: whether all photos are split again by groups; else each keeps its part.
        seed: decides the new split.

    Raises:
        TooFewPhotos: a class has fewer than three groups. UserError: there is no such photo, or the disk is full.
    """
    with editing(workspace, dataset) as edited:
        photos = edited.current.photos
        edited.rows(groups)
        named = {path: shorten(clean_text(str(name)), 200) or None for path, name in groups.items()}
        grouped = photos.assign(group=photos["path"].map(named).astype(object))
        grouped["group"] = grouped["group"].where(grouped["group"].notna(), None)
        rows = changed_rows(photos, grouped["group"], "group")
        if resplit:
            rows += changed_rows(photos, split_groups(grouped, seed))
        if not rows:
            return edited.current
        count = int(grouped["group"].notna().sum())
        change = Change(GROUPED, name=str(grouped["group"].nunique()), photos=count)
        return commit(edited, change, tuple(sorted(path for path in named if named[path])), rows=rows)


def _check_parts_left(photos: pd.DataFrame, parts: pd.Series) -> None:
    """Raise UserError where a class has no photo left in a part in which it had some."""
    before = set(zip(photos["label"], photos["split"]))
    for label, part in sorted(before - set(zip(photos["label"], parts))):
        raise UserError(
            f"The class {label} would have no photo left for {PART_NAMES[part]}.",
            "Move fewer photos, or move others there first.",
        )


def _new_label(name: str) -> str:
    if not name.strip():
        raise UserError("Enter a name.")
    return clean_label(name)
