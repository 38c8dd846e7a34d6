"""A data set that can be mended: what `load_dataset` returns. Each method returns the newer version of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from tlcore.api.progress_bars import showing
from tlcore.cleaning.groups import named_groups
from tlcore.data import edits, thumbnails
from tlcore.data.additions import Reads, add_path
from tlcore.data.changes import Edit
from tlcore.data.collect import Reading
from tlcore.data.compare import compare_versions
from tlcore.data.edit_log import edited_in_python
from tlcore.data.export import export_dataset
from tlcore.data.ingest import decode_own
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.versions import go_to
from tlcore.data.wanted import Wanted
from tlcore.errors import UserError
from tlcore.events import Event, run_to_end
from tlcore.workspace import Workspace, open_workspace, version_id

Paths = str | Collection[str]
"""The path of a photo, or of several, as in `Dataset.photos["path"]`."""


class EditableDataset(Dataset):
    """A data set in one of its versions, with the edits that make another one of it.

    An edit changes nothing that is there: a run keeps the version that it learned from, and `undo` takes any edit back.
    Photos that an edit is not about stay in the part (train, validation, test) that they are in. An edit of an earlier
    version is made to the current one. All methods raise `UserError` where something cannot be done.
    """

    def relabel(self, paths: Paths, label: str) -> "EditableDataset":
        """Move photos to another class; `split_off` makes a new one."""
        return self._edited(edits.relabel, _list(paths), label)

    def drop(self, paths: Paths) -> "EditableDataset":
        """Leave photos out; they stand in `left_out`, and `bring_back` brings them back."""
        return self._edited(edits.leave_out, _list(paths))

    def bring_back(self, paths: Paths) -> "EditableDataset":
        """Bring photos of `left_out` back."""
        return self._edited(edits.bring_back, _list(paths))

    def move_to_part(self, paths: Paths, part: str) -> "EditableDataset":
        """Move photos to "train", "validation" or "test", with their copies and the others of their group."""
        return self._edited(edits.move_to_part, _list(paths), part)

    def rotate(self, paths: Paths, degrees: int) -> "EditableDataset":
        """Turn photos clockwise by 90, 180 or 270 degrees. Files in a folder of yours stay as they are."""
        return self._edited(edits.rotate, _list(paths), degrees)

    def rename_class(self, label: str, name: str) -> "EditableDataset":
        """Give a class another name; the name of another class makes one class of both."""
        return self._edited(edits.rename_class, label, name)

    def merge_classes(self, labels: Collection[str], name: str) -> "EditableDataset":
        """Make one class of several, under the name of one of them or a new one."""
        return self._edited(edits.merge_classes, labels, name)

    def split_off(self, paths: Paths, name: str) -> "EditableDataset":
        """Make a new class of some photos."""
        return self._edited(edits.split_off, _list(paths), name)

    def reorder_classes(self, labels: Sequence[str]) -> "EditableDataset":
        """Put the classes in another order: that of `labels`, and of what a model trained on it predicts."""
        return self._edited(edits.reorder_classes, labels)

    def set_groups(
        self, groups: str | Mapping[str, str] | Callable[[str], str | None], resplit: bool = True, seed: int = 0
    ) -> "EditableDataset":
        """Say which photos belong together (an animal, a site, a burst), so that they are on one side of the split.

        Args:
            groups: the group of each photo that has one, by path; or a function that gives it for a path; or the name
                of a column of the table that was beside the photos ("site"), or another key that `split_by` takes.
            resplit: whether the photos are split again, by groups; else each keeps its part.
            seed: decides the new split.
        """
        if isinstance(groups, str):
            names = named_groups(self.photos, groups)
            groups = {path: str(name) for path, name in zip(self.photos["path"], names) if name}
        elif callable(groups):
            named = {path: groups(path) for path in self.photos["path"]}
            groups = {path: name for path, name in named.items() if name}
        return self._edited(edits.set_groups, groups, resplit, seed)

    def add(
        self,
        source: str | PathLike[str],
        *,
        label: str = "",
        layout: str = "",
        seed: int = 0,
        progress: bool | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> "EditableDataset":
        """Add the photos of a folder or a zip. Photos that are there already are passed over (`report` says so).

        Args:
            source: class folders, as for `load_dataset`; those of a folder stay there, those of a zip are copied.
            label: the class of all photos in it, whatever its folders are called; "" where folders say it.
            layout: how it is to be read, where that is not clear.
            seed: decides which of the new photos train, validate and test.
            progress, on_event: as for `load_dataset`.
        """
        place = self._workspace
        reading = Reading(decode_own(place), wanted=Wanted(thumbnail_size=thumbnails.SIZE))
        job = add_path(place, self, Path(source), reading, Reads(label, layout), seed)
        with edited_in_python(), showing(progress, on_event) as show:
            made = run_to_end(job, show)
        assert made is not None  # nobody asked it to stop
        return editable(made)

    def undo(self) -> "EditableDataset":
        """Take the last edit of the data set back; returns the version that is current then."""
        return self._edited(edits.undo)

    def redo(self) -> "EditableDataset":
        """Make the edit again that was undone last; returns the version that is current then."""
        return self._edited(edits.redo)

    def go_to(self, version: int) -> "EditableDataset":
        """Make another version the current one."""
        return editable(go_to(self._workspace, version_id(self.folder.name, version)))

    def history(self) -> tuple[Edit, ...]:
        """The edits that the current version came about by, in their order; those that can be redone are `undone`."""
        return edits.history(self._workspace, self)

    def compare(self, other: "Dataset | int | str") -> pd.DataFrame:
        """What is different in this version.

        Args:
            other: another version, its number or its id.

        Returns:
            A row for each difference: path, what ("added", "left out", "class", "part", "rotated", "group"), before,
            after.
        """
        if isinstance(other, int):
            other = version_id(self.folder.name, other)
        return compare_versions(self._workspace, other, self)

    def export(
        self,
        target: str | PathLike[str],
        *,
        with_parts: bool = False,
        progress: bool | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> Path:
        """Write the photos to a folder of class folders or to a zip, with labels.csv and changes.csv.

        Args:
            target: a folder that is not there yet or is empty, or a file that ends in .zip.
            with_parts: whether train, validation and test become folders around the classes.
            progress, on_event: as for `load_dataset`.
        """
        original = load_dataset(self._workspace, self.folder.name)
        with showing(progress, on_event) as show:
            made = run_to_end(export_dataset(self, original, Path(target), with_parts), show)
        assert made is not None  # nobody asked it to stop
        return made

    @property
    def _workspace(self) -> Workspace:
        if not self.id:
            raise UserError(f"The photos in {self.name} have no classes.", "Use a folder with one folder per class.")
        return open_workspace(self.folder.resolve().parent.parent)

    def _edited(self, edit: Callable[..., Dataset], *arguments: Any) -> "EditableDataset":
        with edited_in_python():
            return editable(edit(self._workspace, self, *arguments))


def editable(dataset: Dataset) -> EditableDataset:
    """A data set as one that can be edited."""
    if isinstance(dataset, EditableDataset):
        return dataset
    return EditableDataset(**{each.name: getattr(dataset, each.name) for each in fields(dataset)})


def _list(paths: Paths) -> Collection[str]:
    return [paths] if isinstance(paths, str) else list(paths)
