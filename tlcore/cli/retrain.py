"""The command `retrain`: correct photos after a look at a run's mistakes, train again, and compare both models."""

import argparse

from tlcore.api.progress_bars import ProgressBars
from tlcore.api.retraining import retrain
from tlcore.cli.common import Subparsers
from tlcore.cli.outcome import answer_with_model, reporting_bugs
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.versions import load_current
from tlcore.errors import UserError
from tlcore.jobs.store import load_run
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser(
        "retrain", parents=[common], help="correct photos of a run, train again with the same settings, and compare"
    )
    parser.add_argument("run", help="the run’s id, as `runs` lists it")
    parser.add_argument(
        "--relabel", action="append", default=[], metavar="PATH=CLASS", help="move a photo to a class; repeatable"
    )
    parser.add_argument(
        "--leave-out", action="append", default=[], metavar="PATH", help="leave a photo out; repeatable"
    )
    parser.set_defaults(command=_retrain)


def _retrain(workspace: Workspace, options: argparse.Namespace) -> int:
    run = load_run(workspace, options.run)
    newest = load_current(workspace, run.dataset_id)
    relabel = dict(_path_and_class(each, newest) for each in options.relabel)
    with ProgressBars() as bars, reporting_bugs():
        model = retrain(run.id, relabel=relabel, leave_out=options.leave_out, workspace=workspace, on_event=bars.show)
    return answer_with_model(options, model, load_dataset(workspace, load_run(workspace, model.path.name).dataset_id))


def _path_and_class(given: str, dataset: Dataset) -> tuple[str, str]:
    """The two sides of PATH=CLASS. Either may have an equals sign in it: what is a photo and a class counts first."""
    parts = given.split("=")
    ways = [("=".join(parts[:place]), "=".join(parts[place:])) for place in range(1, len(parts))]
    if not ways:
        raise UserError(f"“{given[:80]}” is no photo with a class.", "Write PATH=CLASS, as in photos/1.jpg=cats.")
    paths = set(dataset.photos["path"])
    known = [way for way in ways if way[0] in paths]
    return next((way for way in known if way[1] in dataset.labels), (known or ways)[0])
