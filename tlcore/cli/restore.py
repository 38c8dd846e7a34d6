"""The command `restore`: bring back what was deleted, or list what can be brought back."""

import argparse
import time
from dataclasses import asdict

from tlcore.api.managing import list_deleted, restore
from tlcore.cli.common import Subparsers, answer
from tlcore.messages.deletions import expiry_message
from tlcore.messages.terminal import printable
from tlcore.settings import load_limits
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
    found, limits = list_deleted(workspace), load_limits(workspace)
    lines = [
        f"{each.id}  {each.kind}  {printable(each.name)}  {expiry_message(each, limits, time.time())}" for each in found
    ]
    return answer(
        options, "\n".join(lines) or "Nothing was deleted recently.", {"deleted": [asdict(each) for each in found]}
    )
