"""The command `rename`: another name for a data set, a run, a race, or a class."""

import argparse

from tlcore.api.managing import rename, rename_class
from tlcore.cli.common import Subparsers, answer
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("rename", parents=[common], help="rename a data set, a run, a race, or a class")
    parser.add_argument("id", metavar="ID", help="of a data set, a run or a race")
    parser.add_argument("name", metavar="NAME", help="the new name")
    parser.add_argument("--class", dest="label", metavar="CLASS", help="rename this class of the data set")
    parser.set_defaults(command=_rename)


def _rename(workspace: Workspace, options: argparse.Namespace) -> int:
    if options.label is None:
        name = rename(options.id, options.name, workspace=workspace)
        return answer(options, f"Renamed to “{name}”.", {"id": options.id, "name": name})
    dataset = rename_class(options.id, options.label, options.name, workspace=workspace)
    text = f"Renamed. The data set with this class is now {dataset.id}; undo: restore {options.id}"
    return answer(options, text, {"id": dataset.id, "labels": list(dataset.labels)})
