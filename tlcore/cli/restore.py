"""The command `restore`: bring back what was deleted or undo a change, or list what can be brought back."""

import argparse
import time
from dataclasses import asdict
from typing import Any

from tlcore.api.managing import restore
from tlcore.cli.common import Subparsers, answer
from tlcore.messages.deletions import time_left_message, undoable_message
from tlcore.messages.terminal import printable
from tlcore.settings import load_limits
from tlcore.storage.undoable import CHANGE, Undoable, list_undoable
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("restore", parents=[common], help="bring back what was deleted; alone: list it")
    parser.add_argument("id", metavar="ID", nargs="?", help="of what was deleted")
    parser.set_defaults(command=_restore)


def _restore(workspace: Workspace, options: argparse.Namespace) -> int:
    if options.id is not None:
        back = restore(options.id, workspace=workspace)
        return answer(options, f"Restored “{back.name}”.", {"restored": options.id})
    limits, now = load_limits(workspace), time.time()
    found = list_undoable(workspace, limits, now)
    later = "; undo the later change first"
    lines = [
        f"{each.id}  {printable(undoable_message(each))}  {time_left_message(each, limits, now)}"
        f"{'' if each.is_latest else later}"
        for each in found
    ]
    values = {
        "deleted": [asdict(each.deletion) for each in found if each.deletion],
        "changed": [_change_values(each) for each in found if each.kind == CHANGE],
    }
    return answer(options, "\n".join(lines) or "Nothing was deleted or changed recently.", values)


def _change_values(each: Undoable) -> dict[str, Any]:
    change = None if each.change is None else asdict(each.change)
    return {"id": each.id, "name": each.name, "changed": each.done, "change": change, "is_latest": each.is_latest}
