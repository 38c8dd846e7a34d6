"""Files that were chosen for an upload and never came: what a browser left out, as it says itself.

    incoming/<id>/unsent.json    why, the label of the card (null for none) and the name of each, and how many more

A browser may say anything, so why is one of a few keys, and names are bounded in number and length and only shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tlcore.data import incoming
from tlcore.data.names import clean_path, shorten
from tlcore.data.report import BROWSER_REASONS
from tlcore.workspace import Workspace, read_json, write_json

MOST_NAMED = 5_000
"""Files that are kept by name; of more, only how many there were."""

MOST_COUNTED = 1_000_000
MAX_NAME = 200


@dataclass(frozen=True)
class Unsent:
    """What did not come. `files`: (why, label or None, name) of each; `more`: how many others."""

    files: frozenset[tuple[str, str | None, str]] = frozenset()
    more: int = 0


def unsent_from(groups: Any, more: Any = 0) -> Unsent:
    """What a browser or a file says, made fit to be kept. It may have said anything.

    Args:
        groups: [why, label or null, [name, …]] for the files of one card that were left out for one reason.
        more: how many files it does not name.
    """
    files: set[tuple[str, str | None, str]] = set()
    rest = more if isinstance(more, int) and not isinstance(more, bool) else 0
    for group in groups if isinstance(groups, list) else []:
        if not (isinstance(group, list) and len(group) == 3 and isinstance(group[2], list)):
            continue
        why, label, names = group
        if not (isinstance(why, str) and why in BROWSER_REASONS and (label is None or isinstance(label, str))):
            continue
        label = None if label is None else shorten(label, MAX_NAME)
        taken = names[: MOST_NAMED - len(files)]
        rest += len(names) - len(taken)
        files |= {(why, label, _shown(name)) for name in taken if isinstance(name, str)}
    return Unsent(frozenset(files), max(0, min(rest, MOST_COUNTED)))


def keep_unsent(workspace: Workspace, incoming_id: str, said: Unsent) -> None:
    """Add what a browser says to what was written down before; a page that was loaded again knows nothing of that.

    Raises:
        UserError: there is no such upload area, or the disk is full.
    """
    known = read_unsent(workspace, incoming_id)
    files = known.files | said.files
    if len(files) > MOST_NAMED:
        files = frozenset(sorted(files, key=repr)[:MOST_NAMED])
    new = Unsent(files, max(known.more, said.more))
    if new != known:
        rows = [list(each) for each in sorted(files, key=repr)]
        write_json(incoming.area_folder(workspace, incoming_id) / incoming.UNSENT, {"files": rows, "more": new.more})


def read_unsent(workspace: Workspace, incoming_id: str) -> Unsent:
    """What was written down; nothing where it cannot be read.

    Raises:
        UserError: there is no such upload area.
    """
    try:
        values = read_json(incoming.area_folder(workspace, incoming_id) / incoming.UNSENT)
        return unsent_from([[why, label, [name]] for why, label, name in values["files"]], values["more"])
    except (OSError, ValueError, KeyError, TypeError):
        return Unsent()


def unsent_refusals(
    unsent: Unsent, names: dict[str, str], removed: Iterable[str], arrived: Iterable[tuple[str | None, str]]
) -> list[tuple[str, str]]:
    """The lines (path, reason) for a report.

    Args:
        names: the class that each label stands for. removed: labels of cards that were taken away.
        arrived: label and name of what came after all.
    """
    gone, here = set(removed), set(arrived)
    lines = []
    for why, label, name in sorted(unsent.files, key=repr):
        shown = name if label is None else name.rpartition("/")[2]
        if label in gone or (why == "not_sent" and (label, shown) in here):
            continue
        path = shown if label is None else clean_path((names.get(label, label), shown))
        lines.append((path, BROWSER_REASONS[why]))
    if unsent.more:
        lines.append((f"{unsent.more:,} more files", "were left out before the upload, and not reported by name"))
    return lines


def _shown(name: str) -> str:
    """A name as it is shown: the last parts of its path."""
    parts = tuple(part for part in name[-4 * MAX_NAME :].replace("\\", "/").split("/") if part not in ("", ".", ".."))
    return shorten(clean_path(parts[-4:]), MAX_NAME) or "unnamed"
