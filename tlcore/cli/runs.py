"""The command `runs`: the training runs of a workspace."""

import argparse

from tlcore.api.listings import RunInfo, list_runs
from tlcore.cli.common import Subparsers, answer
from tlcore.jobs.status import job_status
from tlcore.jobs.store import open_job
from tlcore.messages.endings import state_message
from tlcore.messages.quantities import percent
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    commands.add_parser("runs", parents=[common], help="list your training runs").set_defaults(command=_runs)


def _state(run: RunInfo) -> str:
    """How the run stands, in words; with --json it is `RunInfo.state`."""
    job = open_job(run.folder)
    return state_message(job, job_status(job))


def _runs(workspace: Workspace, options: argparse.Namespace) -> int:
    runs = list_runs(workspace)
    lines = [
        f"{run.id}  {printable(run.name)}  {printable(_state(run))}"
        + (
            f"  {percent(run.correct / run.total)} correct: {run.correct} of {run.total}"
            if run.correct is not None and run.total
            else ""
        )
        for run in runs
    ]
    rows = [
        {
            "run": run.id,
            "name": run.name,
            "dataset": run.dataset_id,
            "state": run.state,
            "test_correct": run.correct,
            "test_total": run.total,
        }
        for run in runs
    ]
    return answer(options, "\n".join(lines) or "No runs yet.", {"runs": rows})
