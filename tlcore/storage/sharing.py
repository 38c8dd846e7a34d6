"""Sharing a run, a race or a data set by a link, and stopping that again: what goes along with what."""

from tlcore import grants
from tlcore.access import Right
from tlcore.comparison.store import load_comparison
from tlcore.errors import UserError
from tlcore.jobs.store import load_run
from tlcore.storage.belongings import COMPARISON, DATASET, RUN, find_belonging
from tlcore.workspace import Workspace

KINDS = {RUN: "run", COMPARISON: "race", DATASET: "dataset"}
"""What can be shared, with its name in an address."""


def open_link(workspace: Workspace, visitor: str, key: str, kind: str, an_id: str) -> bool:
    """Give a visitor what the key of a share link gives to a thing; False, and nothing is given, for a wrong key.

    Raises:
        UserError: the thing is gone, or the disk says no.
    """
    right = grants.right_of_link(workspace, key, kind, an_id)
    if right is None:
        return False
    grants.give_rights(workspace, visitor, rights_with(workspace, kind, an_id, right), (kind, an_id))
    return True


def rights_with(workspace: Workspace, kind: str, an_id: str, right: Right) -> dict[str, Right]:
    """What comes along with a right: with a comparison its runs, and with either the sight of its photos.

    Raises:
        UserError: it is gone.
    """
    if kind == "race":
        comparison = load_comparison(workspace, an_id)
        return {comparison.dataset_id: "see", an_id: right, **dict.fromkeys(comparison.run_ids, right)}
    if kind == "run":
        return {load_run(workspace, an_id).dataset_id: "see", an_id: right}
    return {an_id: right}


def shared_kind(workspace: Workspace, an_id: str) -> str:
    """What an id names, as an address says it: one of the values of `KINDS`.

    Raises:
        UserError: there is nothing of this id that can be shared.
    """
    found = find_belonging(workspace, an_id, KINDS)
    if found is None:
        raise UserError(
            f"There is no data set, run or race “{an_id[:80]}” here.",
            "It may have been deleted, or its id may be incomplete.",
        )
    return KINDS[found.kind]


def stop_sharing(workspace: Workspace, an_id: str) -> int:
    """Make every link to a run, a race or a data set worthless and take away what they gave; links made from now on
    work.

    What somebody has by a link to something else stays: a run of a race that is shared as well, or its photos. So does
    what he made himself of what he saw.

    Returns:
        How many visitors had opened a link.

    Raises:
        UserError: there is nothing of this id, or the disk says no.
    """
    kind = shared_kind(workspace, an_id)
    opened = grants.visitors_with(workspace, kind, an_id)
    grants.end_links(workspace, kind, an_id, rights_with(workspace, kind, an_id, "act"))
    return opened
