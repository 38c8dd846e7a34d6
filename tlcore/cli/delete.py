"""The command `delete`: a data set, a run or a race, or a class or photos of a data set; `restore` brings it back."""

import argparse
import sys
from dataclasses import asdict, replace

from tlcore.api.managing import delete_class, delete_photos
from tlcore.cli.common import Subparsers, answer, newest_id
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.jobs.store import load_run
from tlcore.messages.deletions import deleted_message, deletion_question
from tlcore.messages.quantities import count
from tlcore.messages.terminal import printable
from tlcore.messages.titles import run_title
from tlcore.settings import load_limits
from tlcore.storage.belongings import RUN
from tlcore.storage.trash import delete, plan_deletion
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser(
        "delete", parents=[common], help="delete a data set, a run, a race, a class or photos; restore brings it back"
    )
    parser.add_argument("id", metavar="ID", help="of a data set, a run or a race")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--class", dest="label", metavar="CLASS", help="only this class of the data set")
    what.add_argument("--photos", nargs="+", metavar="PATH", help="only these photos of the data set")
    what.add_argument("--keep-runs", action="store_true", help="of a race: keep its runs")
    parser.add_argument("--yes", action="store_true", help="do not ask first")
    parser.set_defaults(command=_delete)


def _delete(workspace: Workspace, options: argparse.Namespace) -> int:
    options.id = newest_id(workspace, options.id)
    if options.label is not None or options.photos:
        return _delete_part(workspace, options)
    plan = plan_deletion(workspace, options.id, options.keep_runs)
    if plan.kind == RUN:
        run = load_run(workspace, options.id)
        plan = replace(plan, name=run_title(run, job_status(run)))
    if not _is_sure(deletion_question(plan, load_limits(workspace)), options):
        return answer(options, "Nothing was deleted.", {"deleted": None})
    gone = delete(workspace, options.id, name=plan.name, keep_runs=options.keep_runs)
    return answer(options, f"{deleted_message(gone)} Undo: restore {gone.id}", {"deleted": asdict(gone)})


def _delete_part(workspace: Workspace, options: argparse.Namespace) -> int:
    what = f"the class “{options.label}”" if options.label is not None else count(len(options.photos), "photo")
    if not _is_sure(f"Delete {what}? Runs keep the photos that they learned from.", options):
        return answer(options, "Nothing was deleted.", {"deleted": None})
    if options.label is not None:
        dataset = delete_class(options.id, options.label, workspace=workspace)
    else:
        dataset = delete_photos(options.id, options.photos, workspace=workspace)
    text = f"Deleted. The data set without it is now {dataset.id}; undo: restore {options.id}"
    return answer(options, text, {"id": dataset.id, "labels": list(dataset.labels), "photos": len(dataset.photos)})


def _is_sure(question: str, options: argparse.Namespace) -> bool:
    """Whether the person wants it; asked only where somebody can answer."""
    if options.yes:
        return True
    if not sys.stdin.isatty():
        raise UserError(question, "Add --yes to delete without being asked.")
    print(printable(question), file=sys.stderr)
    return input("Delete? [y/N] ").strip().lower() in ("y", "yes")
