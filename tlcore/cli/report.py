"""The command `report`: a run as one HTML file, to keep, print or hand on."""

import argparse

from tlcore.api.model import load_model
from tlcore.cli.common import Subparsers, answer
from tlcore.messages.terminal import printable
from tlcore.workspace import Workspace

DEFAULT = "report.html"


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("report", parents=[common], help="write a report of a run as one HTML file")
    parser.add_argument("model", help="a run’s id, or the folder or zip of a trained model")
    parser.add_argument("--out", metavar="FILE", default=DEFAULT, help=f"where to write it (default: {DEFAULT})")
    parser.set_defaults(command=_report)


def _report(workspace: Workspace, options: argparse.Namespace) -> int:
    model = load_model(options.model, workspace=workspace)
    path = model.write_report(options.out)
    text = "\n".join([f"Saved {path}", *(f"  {printable(line)}" for line in model.limits)])
    return answer(options, text, {"run": model.run_id, "path": str(path), "limits": model.limits})
