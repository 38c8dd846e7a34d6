"""The command `host`: how the server of a workspace does, as its owner sees it at `/healthz`."""

import argparse

from tlcore.cli.common import Subparsers, answer
from tlcore.messages.host import health_lines
from tlcore.storage.health import check_health
from tlcore.workspace import Workspace


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser("host", parents=[common], help="how a workspace does: its line, its disk")
    parser.set_defaults(command=_host)


def _host(workspace: Workspace, options: argparse.Namespace) -> int:
    health = check_health(workspace)
    answer(options, "\n".join(health_lines(health)), health.to_dict())
    return 0 if health.is_well else 1
