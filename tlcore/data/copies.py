"""The same photos once more, without reading them: by hard links where the file system has them, else by copying."""

import os
import shutil
from pathlib import Path

from tlcore.data.assemble import Origin
from tlcore.data.drafts import draft_folder
from tlcore.data.manifest import Dataset
from tlcore.data.saving import Draft, save_dataset
from tlcore.workspace import USED, Workspace

_OWN_TO_EACH = shutil.ignore_patterns(
    "*.json", "photos.parquet", "refused.parquet", "report.parquet", ".*", "*.lock", USED, "edits*"
)


def copy_dataset(workspace: Workspace, dataset: Dataset, origin: Origin, signature: str) -> Dataset:
    """The data set once more, as somebody else's own: every visitor keeps, shares and deletes only what is his.

    Args:
        origin: with the name of the visitor whose the copy is. signature: under which the copy is found again.

    Raises:
        UserError: the disk is full or the workspace cannot be written.
    """
    with draft_folder(workspace) as folder:
        shutil.copytree(dataset.folder, folder, copy_function=link_or_copy, ignore=_OWN_TO_EACH, dirs_exist_ok=True)
        own = dataset.root == dataset.folder / "photos"
        draft = Draft(
            folder,
            dataset.name,
            dataset.photos,
            dataset.report,
            dataset.notes,
            None if own else dataset.root,
            dataset.source,
            dataset.licence,
            (signature,),
            origin.visitor,
            sample=origin.sample,
            data_ranges=dataset.data_ranges,
            layout=dataset.layout,
        )
        return save_dataset(workspace, draft)


def link_or_copy(place: Path | str, target: Path | str) -> None:
    """Have the file at `target` too; nothing happens where something is there already."""
    if os.path.exists(target):
        return
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(place, target)
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(place, target)
