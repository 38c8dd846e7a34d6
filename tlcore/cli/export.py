"""The command `export`: a trained model as what other programs run, checked before it is saved."""

import argparse

from tlcore.api.model import load_model
from tlcore.cli.common import Subparsers, answer
from tlcore.exports.exporter import KINDS
from tlcore.messages.exports import KIND_LINES, check_message
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser(
        "export",
        parents=[common],
        help="take a trained model with you: a program, a web service, …",
        epilog="kinds: " + " ".join(f"{key}: {KIND_LINES[key]}" for key in KINDS),
    )
    parser.add_argument("model", help="a run's id, or the folder or zip of a trained model")
    parser.add_argument("path", nargs="?", help="where to; a zip where it ends in .zip (default: after the data set)")
    parser.add_argument("--to", required=True, choices=tuple(KINDS), metavar="KIND", help=", ".join(KINDS))
    parser.add_argument(
        "--include-photos", action="store_true", help="use test photos as samples, not drawings: they travel with it"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier export")
    parser.set_defaults(command=_export)


def _export(workspace: Workspace, options: argparse.Namespace) -> int:
    model = load_model(options.model, workspace=workspace)
    made = model.export(options.to, options.path, include_photos=options.include_photos, overwrite=options.overwrite)
    told = check_message(made.check.photos, made.check.largest_difference, options.include_photos)
    answer(
        options,
        printable(f"Saved {made.path}\n  {told}"),
        {"kind": options.to, "path": str(made.path), "check": vars(made.check)},
    )
    return 0
