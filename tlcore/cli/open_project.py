"""The command `open`: a project that was saved on another computer, put beside what is there."""

import argparse

from tlcore.api.listings import list_runs
from tlcore.api.progress_bars import ProgressBars
from tlcore.api.projects import open_project
from tlcore.cli.common import Subparsers, answer
from tlcore.messages.quantities import count
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace, split_version


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("open", parents=[common], help="open a project that was saved on another computer")
    parser.add_argument("file", help="the project file (transferlab export MODEL --to project makes one)")
    parser.set_defaults(command=_open)


def _open(workspace: Workspace, options: argparse.Namespace) -> int:
    with ProgressBars() as bars:
        dataset = open_project(options.file, workspace=workspace, on_event=bars.show)
    folder = split_version(dataset.id)[0]
    runs = [each.id for each in list_runs(workspace) if split_version(each.dataset_id)[0] == folder]
    told = f"{dataset.id}  {printable(dataset.name)}  {count(len(dataset.photos), 'photo')}, {count(len(runs), 'run')}"
    return answer(options, told, {"dataset": dataset.id, "name": dataset.name, "runs": runs})
