"""Changing what a data set is made of: another name for a class, a class or photos less. It makes a newer version.

A data set never changes once made, so that a run keeps the photos it learned from. The newer version has the same
photos by hard links, in the parts that they were in, and says which data sets it `replaces`; they leave the lists, and
the latest is there again when the newer version goes (storage/trash.py). Photos in a person's folder stay untouched.
"""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from tlcore.data.copies import link_or_copy
from tlcore.data.drafts import draft_folder
from tlcore.data.manifest import SPLITS, Dataset, Draft, list_versions, save_dataset
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
        UserError: there is no such class, no name was given, fewer than two classes would be left, there is a newer
            version already, or the disk is full.
    """
    _check_class(dataset, label)
    if not name.strip():
        raise UserError("Enter a name.")
    new = clean_label(name)
    new = next((each for each in dataset.labels if each != label and each.casefold() == new.casefold()), new)
    if new == label:
        return dataset
    return _new_version(workspace, dataset, dataset.photos.assign(label=dataset.photos["label"].replace({label: new})))


def delete_class(workspace: Workspace, dataset: Dataset, label: str) -> Dataset:
    """Leave a class out, with all its photos; raises UserError as `rename_class` does. Returns the newer version."""
    _check_class(dataset, label)
    return _new_version(workspace, dataset, dataset.photos[dataset.photos["label"] != label])


def delete_photos(workspace: Workspace, dataset: Dataset, paths: Collection[str]) -> Dataset:
    """Leave photos out.

    Where a class has no photo left to learn from, to check with or to test with, its photos are split once more.

    Args:
        paths: of photos of the data set (`photos["path"]`).

    Returns:
        the newer version, or `dataset` itself where no path is given.

    Raises:
        UserError: there is no such photo, a class would have fewer than three different photos, there is a newer
            version already, or the disk is full.
    """
    wanted = set(paths)
    unknown = sorted(wanted - set(dataset.photos["path"]))
    if unknown:
        raise UserError(f"“{dataset.name}” has no photo {unknown[0]}.", "Choose one of its photos.")
    if not wanted:
        return dataset
    return _new_version(workspace, dataset, dataset.photos[~dataset.photos["path"].isin(wanted)])


def newer_version(workspace: Workspace, dataset_id: str) -> str:
    """The id of the version that replaced a data set, "" where it is the current one; of several the next one."""
    newer = [each for each in list_versions(workspace) if dataset_id in each.replaces]
    return min(newer, key=lambda each: each.replaces.index(dataset_id)).id if newer else ""


def current_version(workspace: Workspace, dataset_id: str) -> str:
    """The id of the newest version of a data set: its own where nothing replaced it."""
    newer = [each for each in list_versions(workspace) if dataset_id in each.replaces]
    return max(newer, key=lambda each: each.replaces.index(dataset_id)).id if newer else dataset_id


def _check_class(dataset: Dataset, label: str) -> None:
    if label not in dataset.labels:
        raise UserError(f"“{dataset.name}” has no class “{label[:80]}”.", f"It has {', '.join(dataset.labels)}.")


def _new_version(workspace: Workspace, dataset: Dataset, photos: pd.DataFrame) -> Dataset:
    """A data set of these rows of `dataset`, which it replaces."""
    if newer_version(workspace, dataset.id):
        raise UserError(
            "These photos have changed since you opened them.", "Open the data set again and make your change there."
        )
    if photos["label"].nunique() < 2:
        raise UserError("At least two classes are needed.", "Add another class first, or delete the whole data set.")
    photos = photos.reset_index(drop=True)
    photos["split"] = _complete_parts(dataset, photos)
    values = read_json(dataset.folder / "dataset.json")
    own = dataset.root == dataset.folder / "photos"
    with draft_folder(workspace) as folder:
        if own:
            for file in photos["file"].unique():
                if not Path(file).is_absolute():
                    link_or_copy(dataset.root / file, folder / "photos" / file)
        _bring_thumbnails(dataset, photos, folder)
        draft = Draft(
            folder,
            given_name(dataset.folder) or dataset.name,
            photos,
            dataset.refused,
            dataset.notes,
            None if own else dataset.root,
            dataset.source,
            dataset.licence,
            visitor=dataset.visitor,
            base=dataset.id,
            sample=str(values.get("sample", "")),
            replaces=(dataset.id, *map(str, values.get("replaces", ()))),
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
