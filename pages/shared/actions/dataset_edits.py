"""Edits of a data set, each of which makes a newer version of it."""

from collections.abc import Callable, Collection, Mapping, Sequence

from pages.shared import room, state
from pages.shared.actions.guard import may_change
from tlcore.data import edits, versions
from tlcore.data.edit_log import edited_by
from tlcore.data.manifest import Dataset
from tlcore.workspace import split_version

Edited = Dataset | None
"""What an edit of a data set gives: the newer version; None where this visitor may not change it. Raises UserError."""


def rename_class(dataset: Dataset, label: str, name: str) -> Edited:
    """Call a class otherwise, or make one class of two."""
    return _edit(dataset, lambda: edits.rename_class(state.workspace(), dataset, label, name))


def delete_class(dataset: Dataset, label: str) -> Edited:
    """Leave a class out with its photos, which go for good after a day."""
    return _edit(dataset, lambda: edits.delete_class(state.workspace(), dataset, label), grows=False)


def delete_photos(dataset: Dataset, paths: Collection[str]) -> Edited:
    """Leave photos out that go for good after a day."""
    return _edit(dataset, lambda: edits.delete_photos(state.workspace(), dataset, paths), grows=False)


def relabel(dataset: Dataset, paths: Collection[str], label: str) -> Edited:
    """Move photos to another class."""
    return _edit(dataset, lambda: edits.relabel(state.workspace(), dataset, paths, label))


def relabel_each(dataset: Dataset, labels: Mapping[str, str]) -> Edited:
    """Move photos to another class each, by their paths, as one edit."""
    return _edit(dataset, lambda: edits.relabel_each(state.workspace(), dataset, labels))


def leave_out(dataset: Dataset, paths: Collection[str]) -> Edited:
    """Leave photos out that can be brought back at any time."""
    return _edit(dataset, lambda: edits.leave_out(state.workspace(), dataset, paths))


def bring_back(dataset: Dataset, paths: Collection[str]) -> Edited:
    """Bring back photos that were left out."""
    return _edit(dataset, lambda: edits.bring_back(state.workspace(), dataset, paths))


def move_to_part(dataset: Dataset, paths: Collection[str], part: str) -> Edited:
    """Move photos to "train", "validation" or "test"."""
    return _edit(dataset, lambda: edits.move_to_part(state.workspace(), dataset, paths, part))


def rotate(dataset: Dataset, paths: Collection[str], degrees: int) -> Edited:
    """Turn photos clockwise by 90, 180 or 270 degrees; each is a new file, for which there has to be room."""
    sizes = dataset.photos["bytes"][dataset.photos["path"].isin(set(paths))]
    return _edit(dataset, lambda: edits.rotate(state.workspace(), dataset, paths, degrees), int(sizes.sum()))


def merge_classes(dataset: Dataset, labels: Collection[str], name: str) -> Edited:
    """Make one class of several."""
    return _edit(dataset, lambda: edits.merge_classes(state.workspace(), dataset, labels, name))


def split_off(dataset: Dataset, paths: Collection[str], name: str) -> Edited:
    """Make a new class of some photos."""
    return _edit(dataset, lambda: edits.split_off(state.workspace(), dataset, paths, name))


def reorder_classes(dataset: Dataset, labels: Sequence[str]) -> Edited:
    """Put the classes in another order."""
    return _edit(dataset, lambda: edits.reorder_classes(state.workspace(), dataset, labels))


def set_groups(dataset: Dataset, groups: Mapping[str, str], resplit: bool, seed: int = 0) -> Edited:
    """Say which photos belong together, and split by groups if asked to."""
    return _edit(dataset, lambda: edits.set_groups(state.workspace(), dataset, groups, resplit, seed))


def undo(dataset: Dataset) -> Edited:
    """Take the last edit back; the version that is current then."""
    return _edit(dataset, lambda: edits.undo(state.workspace(), dataset), grows=False)


def redo(dataset: Dataset) -> Edited:
    """Make the edit again that was undone last."""
    return _edit(dataset, lambda: edits.redo(state.workspace(), dataset), grows=False)


def go_to(dataset: Dataset, dataset_id: str) -> Edited:
    """Make another version of a data set the current one.

    Args:
        dataset_id: the id of the version.
    """
    same = split_version(dataset_id)[0] == dataset.folder.name
    return _edit(dataset, lambda: versions.go_to(state.workspace(), dataset_id), grows=False) if same else None


def _edit(dataset: Dataset, edit: Callable[[], Dataset], new_bytes: int = 0, grows: bool = True) -> Edited:
    """Edit a data set where this visitor may and there is room for it.

    Args:
        new_bytes: that the edit writes, but for its line in the log.
        grows: whether it needs room; nothing is in the way of whoever makes room, or goes back.
    """
    if not may_change(dataset):
        return None
    if grows:
        room.for_edits(dataset.visitor, new_bytes)
    with edited_by(state.maker()):
        return edit()
