"""The command `continue`: continue a training that was stopped or interrupted, or save its model."""

import argparse

from tlcore.api.progress_bars import ProgressBars
from tlcore.api.training import continue_run
from tlcore.cli.common import Subparsers
from tlcore.cli.outcome import answer_with_model, reporting_bugs
from tlcore.data.manifest import load_dataset
from tlcore.jobs.store import load_run
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser(
        "continue", parents=[common], help="continue a training that was stopped or interrupted"
    )
    parser.add_argument("run", help="the run’s id, as `runs` lists it")
    parser.set_defaults(command=_continue)


def _continue(workspace: Workspace, options: argparse.Namespace) -> int:
    run = load_run(workspace, options.run)
    with ProgressBars() as bars, reporting_bugs():
        model = continue_run(run.id, workspace=workspace, on_event=bars.show)
    return answer_with_model(options, model, load_dataset(workspace, run.dataset_id))
