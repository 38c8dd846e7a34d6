"""The command `rename`: another name for a data set, a run, a race, or a class."""

import argparse

from tlcore.api.managing import rename, rename_class
from tlcore.cli.common import Subparsers, answer, newest_id
from tlcore.data.changes import MERGED
from tlcore.data.edits import history
from tlcore.data.manifest import Dataset
from tlcore.messages.quantities import count
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("rename", parents=[common], help="rename a data set, a run, a race, or a class")
    parser.add_argument("id", metavar="ID", help="of a data set, a run or a race")
    parser.add_argument("name", metavar="NAME", help="the new name")
    parser.add_argument("--class", dest="label", metavar="CLASS", help="rename this class of the data set")
    parser.set_defaults(command=_rename)


def _rename(workspace: Workspace, options: argparse.Namespace) -> int:
    an_id = newest_id(workspace, options.id)
    if options.label is None:
        name = rename(an_id, options.name, workspace=workspace)
        return answer(options, f"Renamed to “{name}”.", {"id": an_id, "name": name})
    dataset = rename_class(an_id, options.label, options.name, workspace=workspace)
    values = {"id": dataset.id, "labels": list(dataset.labels)}
    if dataset.id == an_id:
        return answer(options, "The class has this name already.", values)
    text = f"{_what(workspace, dataset)} The data set with this class is now {dataset.id}; undo: restore {an_id}"
    return answer(options, text, values)


def _what(workspace: Workspace, dataset: Dataset) -> str:
    """ "Renamed.", or that two classes are one now."""
    made = history(workspace, dataset)[-1].change
    if made.kind != MERGED:
        return "Renamed."
    total = int((dataset.photos["label"] == made.name).sum())
    return f"Merged “{printable(made.label)}” into “{printable(made.name)}”: {count(total, 'photo')}."
