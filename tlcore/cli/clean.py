"""The command `clean`: remove what nobody needs any more."""

import argparse
from dataclasses import asdict

from tlcore.cli.common import Subparsers, answer
from tlcore.messages.quantities import count, format_bytes
from tlcore.settings import load_limits
from tlcore.storage.cleanup import clean
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser(
        "clean", parents=[common], help="remove what nobody needs any more: half-made data sets, abandoned uploads"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    parser.set_defaults(command=_clean)


def _clean(workspace: Workspace, options: argparse.Namespace) -> int:
    removed = clean(workspace, load_limits(workspace), dry_run=options.dry_run)
    word = "would be removed" if options.dry_run else "removed"
    lines = [f"{each.kind} {each.id}{f'  {format_bytes(each.bytes)}' if each.bytes else ''}" for each in removed]
    lines.append(f"{count(len(removed), 'thing')} {word}." if removed else "There is nothing to remove.")
    return answer(
        options, "\n".join(lines), {"dry_run": options.dry_run, "removed": [asdict(each) for each in removed]}
    )
