"""Changing what a data set is made of: another name for a class, a class or photos less. It makes a newer version.

A data set never changes once made, so that a run keeps the photos it learned from. The newer version has the same
photos by hard links, in the parts that they were in, and says which data sets it `replaces`; they leave the lists, and
the latest is there again when the newer version goes (storage/trash.py). Photos in a person's folder stay untouched.

A change of a version that was replaced, by its old id or on a page that was open meanwhile, is made to the newest one,
where the class or the photos are still there.
"""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from tlcore.data.changes import CLASS_DELETED, MERGED, PHOTOS_DELETED, RENAMED, Change
from tlcore.data.copies import link_or_copy
from tlcore.data.drafts import draft_folder
from tlcore.data.manifest import SPLITS, Dataset, Draft, list_versions, load_dataset, save_dataset
from tlcore.data.names import clean_label
from tlcore.data.split import split_photos
from tlcore.data.thumbnails import INDEX, PIXELS, ThumbnailWriter
from tlcore.errors import UserError
from tlcore.naming import given_name
from tlcore.workspace import Workspace, read_json


def rename_class(workspace: Workspace, dataset: Dataset, label: str, name: str) -> Dataset:
    """Call a class otherwise. A name that another class has already, whatever its capitals, makes one class of both.

    Returns:
        the newer version, or `dataset` itself where nothing changes.

    Raises:
        UserError: there is no such class, no name was given, fewer than two classes would be left, or the disk is full.
    """
    dataset = newest(workspace, dataset, label)
    if not name.strip():
        raise UserError("Enter a name.")
    new = clean_label(name)
    new = next((each for each in dataset.labels if each != label and each.casefold() == new.casefold()), new)
    if new == label:
        return dataset
    moved = int((dataset.photos["label"] == label).sum())
    change = Change(MERGED if new in dataset.labels else RENAMED, label, new, moved)
    photos = dataset.photos.assign(label=dataset.photos["label"].replace({label: new}))
    return _new_version(workspace, dataset, photos, change)


def delete_class(workspace: Workspace, dataset: Dataset, label: str) -> Dataset:
    """Leave a class out, with all its photos; raises UserError as `rename_class` does. Returns the newer version."""
    dataset = newest(workspace, dataset, label)
    gone = dataset.photos["label"] == label
    return _new_version(workspace, dataset, dataset.photos[~gone], Change(CLASS_DELETED, label, "", int(gone.sum())))


def delete_photos(workspace: Workspace, dataset: Dataset, paths: Collection[str]) -> Dataset:
    """Leave photos out.

    Where a class has no photo left to learn from, to check with or to test with, its photos are split once more.

    Args:
        paths: of photos of the data set (`photos["path"]`).

    Returns:
        the newer version, or `dataset` itself where no path is given.

    Raises:
        UserError: there is no such photo, a class would have fewer than three different photos, or the disk is full.
    """
    given, dataset = dataset, newest(workspace, dataset)
    wanted = set(paths)
    unknown = sorted(wanted - set(dataset.photos["path"]))
    if unknown and given.id != dataset.id and unknown[0] in set(given.photos["path"]):
        raise UserError(f"The photo {unknown[0]} was deleted before.", _look_again(dataset))
    if unknown:
        raise UserError(f"“{dataset.name}” has no photo {unknown[0]}.", "Choose one of its photos.")
    if not wanted:
        return dataset
    photos = dataset.photos[~dataset.photos["path"].isin(wanted)]
    return _new_version(workspace, dataset, photos, Change(PHOTOS_DELETED, photos=len(dataset.photos) - len(photos)))


def newer_version(workspace: Workspace, dataset_id: str) -> str:
    """The id of the version that replaced a data set, "" where it is the current one; of several the next one."""
    newer = [each for each in list_versions(workspace) if dataset_id in each.replaces]
    return min(newer, key=lambda each: each.replaces.index(dataset_id)).id if newer else ""


def current_version(workspace: Workspace, dataset_id: str) -> str:
    """The id of the newest version of a data set: its own where nothing replaced it."""
    newer = [each for each in list_versions(workspace) if dataset_id in each.replaces]
    return max(newer, key=lambda each: each.replaces.index(dataset_id)).id if newer else dataset_id


def replaced_version(workspace: Workspace, dataset_id: str) -> str:
    """The id of the version that a data set replaced and that is still there: what undoing its change restores."""
    there = {each.id: each for each in list_versions(workspace)}
    return next((each for each in there[dataset_id].replaces if each in there), "") if dataset_id in there else ""


def newest(workspace: Workspace, dataset: Dataset, label: str | None = None) -> Dataset:
    """The newest version of a data set, to be changed: itself where nothing replaced it.

    Args:
        label: a class that it must have.

    Raises:
        UserError: it has no such class; the message says where that one has gone.
    """
    current_id = current_version(workspace, dataset.id)
    current = dataset if current_id == dataset.id else load_dataset(workspace, current_id)
    if label is None or label in current.labels:
        return current
    if label in dataset.labels:
        raise UserError(f"The class “{label[:80]}” was renamed, merged or deleted before.", _look_again(current))
    raise UserError(f"“{current.name}” has no class “{label[:80]}”.", f"It has {', '.join(current.labels)}.")


def _look_again(dataset: Dataset) -> str:
    """What to do when something has changed since it was seen."""
    return f"Open the newest version of “{dataset.name}” ({dataset.id}). Its classes are {', '.join(dataset.labels)}."


def _new_version(workspace: Workspace, dataset: Dataset, photos: pd.DataFrame, change: Change) -> Dataset:
    """A data set of these rows of `dataset`, which it replaces."""
    if photos["label"].nunique() < 2:
        raise UserError("At least two classes are needed.", "Add another class first, or delete the whole data set.")
    photos = photos.reset_index(drop=True)
    photos["split"] = _complete_parts(dataset, photos)
    values = read_json(dataset.folder / "dataset.json")
    own = dataset.root == dataset.folder / "photos"
    with draft_folder(workspace) as folder:
        for path, file in zip(photos["path"], photos["file"]):
            place = dataset.place(path)
            if place.is_relative_to(dataset.folder) and not Path(file).is_absolute():
                link_or_copy(place, folder / "photos" / file)
        _bring_thumbnails(dataset, photos, folder)
        draft = Draft(
            folder,
            given_name(dataset.folder) or dataset.name,
            photos,
            dataset.report,
            dataset.notes,
            None if own else dataset.root,
            dataset.source,
            dataset.licence,
            visitor=dataset.visitor,
            base=dataset.id,
            sample=str(values.get("sample", "")),
            replaces=(dataset.id, *map(str, values.get("replaces", ()))),
            change=change,
            data_ranges=dataset.data_ranges,
        )
        return save_dataset(workspace, draft)


def _complete_parts(dataset: Dataset, photos: pd.DataFrame) -> pd.Series:
    """The part of each row: the one it was in, unless its class lost its last photo of a part."""
    parts = photos["split"].copy()
    before = {(row.label, row.split) for row in dataset.photos[["label", "split"]].drop_duplicates().itertuples()}
    after = {(row.label, row.split) for row in photos[["label", "split"]].drop_duplicates().itertuples()}
    torn = [
        label
        for label in photos["label"].unique()
        if any((label, part) in before and (label, part) not in after for part in SPLITS)
    ]
    for label in torn:
        rows = photos[photos["label"] == label]
        elsewhere = rows["sha256"].isin(photos.loc[photos["label"] != label, "sha256"])
        fresh = rows.assign(split=rows["split"].where(elsewhere, None).astype(object))
        parts.loc[rows.index] = split_photos(fresh)
    return parts


def _bring_thumbnails(dataset: Dataset, photos: pd.DataFrame, folder: Path) -> None:
    """The thumbnails of the photos that stay, and of no other."""
    kept = set(photos["sha256"])
    if kept == set(dataset.photos["sha256"]):
        for name in (PIXELS, INDEX):
            if (dataset.folder / name).exists():
                link_or_copy(dataset.folder / name, folder / name)
        return
    with ThumbnailWriter(folder) as writer:
        for sha256 in photos["sha256"]:
            thumbnail = dataset.thumbnails.read(sha256)
            if thumbnail is not None:
                writer.add(sha256, thumbnail)
