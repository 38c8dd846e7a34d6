"""The command `runs`: the training runs of a workspace."""

import argparse
from datetime import datetime

from tlcore.api.listings import RunInfo, list_runs
from tlcore.cli.common import Subparsers, answer
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run, open_job
from tlcore.messages.comparisons import backbone_title
from tlcore.messages.endings import state_message
from tlcore.messages.progress import so_far_message
from tlcore.messages.terminal import printable
from tlcore.messages.titles import run_title
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    commands.add_parser("runs", parents=[common], help="list your training runs").set_defaults(command=_runs)


def _runs(workspace: Workspace, options: argparse.Namespace) -> int:
    runs = list_runs(workspace)
    rows = [
        {
            "run": run.id,
            "name": run.name,
            "dataset": run.dataset_id,
            "state": run.state,
            "strategy": run.strategy,
            "backbone": run.backbone,
            "created": run.created,
            "test_correct": run.correct,
            "test_total": run.total,
        }
        for run in runs
    ]
    lines = [] if options.json else [_line(run) for run in runs]
    return answer(options, "\n".join(lines) or "No runs yet.", {"runs": rows})


def _line(info: RunInfo) -> str:
    """A run as the pages list it: its id, "Hybrid · 93%", its data set, its network, its date, how it stands."""
    run = open_job(info.folder)
    assert isinstance(run, Run)
    status = job_status(run)
    title, state = run_title(run, status), state_message(run, status)
    if status.state == "running" and not status.usable and (far := so_far_message(status, run.config)):
        state = f"{state} ({far})"
    if info.correct is not None and info.total:
        state = f"{state}, {info.correct:,} of {info.total:,} correct"
    made = datetime.fromtimestamp(info.created)
    name = "" if run.is_renamed else info.name
    words = (title, name, backbone_title(run), f"{made.day} {made:%b %Y, %H:%M}", state)
    return "  ".join([info.id, *(printable(each) for each in words if each)])
