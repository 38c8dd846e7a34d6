"""The command `clean`: remove what nobody needs any more."""

import argparse
from dataclasses import asdict

from tlcore.classroom.keeping import clean_workspace
from tlcore.cli.common import Subparsers, answer
from tlcore.messages.quantities import count, format_bytes
from tlcore.settings import load_limits
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser(
        "clean", parents=[common], help="delete leftovers: unfinished data sets, abandoned uploads"
    )
    parser.add_argument("--dry-run", action="store_true", help="only list what would be deleted")
    parser.set_defaults(command=_clean)


def _clean(workspace: Workspace, options: argparse.Namespace) -> int:
    removed = clean_workspace(workspace, load_limits(workspace), dry_run=options.dry_run)
    word = "would be deleted" if options.dry_run else "deleted"
    lines = [f"{each.kind} {each.id}{f'  {format_bytes(each.bytes)}' if each.bytes else ''}" for each in removed]
    lines.append(f"{count(len(removed), 'item')} {word}." if removed else "Nothing to delete.")
    return answer(
        options, "\n".join(lines), {"dry_run": options.dry_run, "removed": [asdict(each) for each in removed]}
    )
