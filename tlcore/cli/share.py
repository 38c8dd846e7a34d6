"""The command `share`: the link to a data set, a run or a race on a server, and the end of all links to it."""

import argparse
from urllib.parse import urlencode, urlsplit

from tlcore.access import Right
from tlcore.cli.common import Subparsers, answer
from tlcore.errors import UserError
from tlcore.grants import link_key, visitors_with
from tlcore.messages.sharing import KEEPS_WORKING, opened_message, stopped_message
from tlcore.storage.sharing import shared_kind, stop_sharing
from tlcore.workspace import Workspace

PAGES = {"run": "train", "race": "compare", "dataset": "data"}


def add_command(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command; see main.py."""
    parser = commands.add_parser(
        "share", parents=[common], help="the link to a data set, a run or a race; --stop ends it"
    )
    parser.add_argument("id", metavar="ID", help="of a data set, a run or a race")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--change", action="store_true", help="people with the link can change it too, not only look")
    what.add_argument("--stop", action="store_true", help="end all links to it")
    parser.add_argument("--address", default="", metavar="URL", help="of the server, such as https://lab.example.org")
    parser.set_defaults(command=_share)


def _share(workspace: Workspace, options: argparse.Namespace) -> int:
    if options.stop:
        number = stop_sharing(workspace, options.id)
        return answer(options, stopped_message(number), {"id": options.id, "opened": number})
    kind = shared_kind(workspace, options.id)
    if kind == "dataset" and options.change:
        raise UserError("A data set can’t be shared with --change.", "Leave out --change: people can look and train.")
    right: Right = "act" if options.change else "see"
    query = urlencode({kind: options.id, "key": link_key(workspace, right, kind, options.id)})
    link = f"{_checked(options.address)}/{PAGES[kind]}?{query}"
    opened = visitors_with(workspace, kind, options.id)
    text = f"{link}\n{KEEPS_WORKING} {opened_message(opened)}"
    return answer(options, text, {"id": options.id, "link": link, "opened": opened})


def _checked(address: str) -> str:
    """The address of a server without a slash at its end."""
    parts = urlsplit(address if "//" in address else "")
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
        raise UserError(
            "A link needs the address of the server.", "Add it, for example --address https://lab.example.org"
        )
    return address.rstrip("/")
