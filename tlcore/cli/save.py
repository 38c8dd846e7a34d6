"""The command `save`: a trained model as a file to take along, with a README."""

import argparse

from tlcore.api.model import load_model
from tlcore.cli.common import Subparsers, answer
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("save", parents=[common], help="save a trained model as a zip, or as a folder")
    parser.add_argument("model", help="a run’s id, or the folder or zip of a trained model")
    parser.add_argument(
        "path",
        nargs="?",
        help="a zip where it ends in .zip, else a folder (default: a zip called after the data set)",
    )
    parser.set_defaults(command=_save)


def _save(workspace: Workspace, options: argparse.Namespace) -> int:
    path = load_model(options.model, workspace=workspace).save(options.path)
    answer(options, printable(f"Saved {path}"), {"path": str(path)})
    return 0
