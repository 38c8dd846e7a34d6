"""Giving a data set, a run or a race another name."""

from tlcore.data.names import clean_text, shorten
from tlcore.errors import UserError
from tlcore.listing import tell_of_change
from tlcore.naming import give_name
from tlcore.storage.belongings import COMPARISON, DATASET, RUN, find_belonging
from tlcore.workspace import Workspace

MAX_NAME = 80
"""Characters of a name; a longer one is shortened."""


def rename(workspace: Workspace, an_id: str, name: str) -> str:
    """Call a data set, a run or a race otherwise; returns the name as it is kept: cleaned, and shortened.

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
    give_name(found.folder, cleaned)
    tell_of_change(found.folder)
    return cleaned
