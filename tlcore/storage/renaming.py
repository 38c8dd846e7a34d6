"""Giving a data set, a run or a race another name."""

from pathlib import Path

from tlcore.data.dataset_list import list_versions
from tlcore.data.names import clean_text, shorten
from tlcore.data.versions import folder_of_newest
from tlcore.errors import UserError
from tlcore.listing import tell_of_change
from tlcore.naming import give_name
from tlcore.storage.belongings import COMPARISON, DATASET, RUN, Belonging, find_belonging
from tlcore.workspace import Workspace

MAX_NAME = 80
"""Characters of a name; a longer one is shortened."""


def rename(workspace: Workspace, an_id: str, name: str) -> str:
    """Call a data set, a run or a race otherwise; returns the name as it is kept: cleaned, and shortened.

    All versions of a data set are called the same, so that runs on an earlier one go by the name that people know.

    Raises:
        UserError: there is nothing of this id, no name was given, or the disk says no.
    """
    found = find_belonging(workspace, an_id, (DATASET, RUN, COMPARISON))
    if found is None:
        raise UserError(
            f"There is no data set, run or race “{an_id[:80]}” here.",
            "It may have been deleted, or its id may be incomplete.",
        )
    cleaned = shorten(clean_text(name), MAX_NAME)
    if not cleaned:
        raise UserError("Enter a name.")
    for folder in _versions(workspace, found) if found.kind == DATASET else [found.folder]:
        give_name(folder, cleaned)
        tell_of_change(folder)
    return cleaned


def _versions(workspace: Workspace, dataset: Belonging) -> list[Path]:
    """The folder of a data set, and those that it replaced or was replaced by, of the same maker."""
    newest = folder_of_newest(workspace, dataset.id).name
    every = {each.folder_id: each for each in list_versions(workspace) if each.visitor == dataset.visitor}
    ids = {dataset.id, *((newest, *every[newest].replaces) if newest in every else ())}
    return [workspace.datasets / an_id for an_id in sorted(ids & {*every, dataset.id})]
