"""`transferlab app`: starts the pages, those of the checkout or those in the installed package, from any folder."""

import argparse
import errno
import os
import runpy
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import tlcore
from tlcore.access import TOKEN_VARIABLE, given_token, new_secret
from tlcore.cli.common import WORKSPACE_HELP
from tlcore.errors import UserError, require_package
from tlcore.settings import load_limits, load_operator
from tlcore.workspace import Workspace

PORT = 8501
SCRIPT = "streamlit_app.py"
STOPPED = 130
HEADLESS = ("--server.headless", "true")
"""For `run_streamlit`: that it opens no browser."""


def add_command(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the subparsers of the terminal; it has no --json, since it answers in a browser."""
    del common  # it has no --json
    app = commands.add_parser("app", help="open the app in the browser")
    app.add_argument("--workspace", metavar="FOLDER", help=WORKSPACE_HELP)
    app.add_argument("--port", type=int, default=PORT, metavar="N", help=f"port, 1 to 65535 (default {PORT})")
    app.add_argument(
        "--address",
        default="127.0.0.1",
        help="who can open the app: 127.0.0.1 (default) for this computer only, 0.0.0.0 for everyone on the network",
    )
    app.add_argument("--no-browser", action="store_true", help="don’t open a browser")
    app.set_defaults(command=_app)


def app_folder(package: Path) -> Path:
    """The folder of the welcome page, `pages` and `.streamlit`: inside an installed package, beside one in a checkout.

    Args:
        package: the folder of the package `tlcore`.

    Raises:
        UserError: there are no pages in either place.
    """
    for folder in (package / "app", package.parent):
        if (folder / SCRIPT).is_file():
            return folder
    raise UserError("The pages of the app are missing.", "Install Transfer Lab again: pip install 'transferlab[app]'")


def check_port(address: str, port: int) -> None:
    """Raise UserError where no server can listen at this address and port."""
    if not 1 <= port <= 65535:
        raise UserError(f"--port {port} is not allowed.", f"Choose a port from 1 to 65535. The default is {PORT}.")
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":  # a server that has just ended does not count; on Windows it means something else
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            reason = "used by another program" if error.errno == errno.EADDRINUSE else "reserved by the system"
            raise UserError(f"Port {port} is {reason}.", f"Choose another port: --port {_other(port)}") from error
        what = f"The app can’t use the address {address}."
        raise UserError(what, "Leave out --address, or use an address of this computer.") from error


def _other(port: int) -> int:
    """A port worth trying instead."""
    return port + 1 if PORT <= port < 65535 else PORT


def _app(workspace: Workspace, options: argparse.Namespace) -> int:
    require_package("streamlit", "Streamlit", "The app", "app")
    folder = app_folder(Path(tlcore.__file__).parent)
    check_port(options.address, options.port)
    load_limits(workspace)  # with a mistake in the settings file the server does not start
    load_operator(workspace)
    os.environ["TRANSFERLAB_HOME"] = str(workspace.root)
    print(_start_message(options.address, options.port), flush=True)
    return run_streamlit(folder, options.address, options.port, HEADLESS if options.no_browser else ())


def _start_message(address: str, port: int) -> str:
    """What the terminal shows: the address to open, with the token of the owner.

    A token that the environment gave is known to who gave it, and is not printed; a new one is put into the
    environment, where the server finds it.

    Raises:
        UserError: the environment gave what cannot be a token.
    """
    for_all = address in ("0.0.0.0", "::")
    place = f"http://{'localhost' if for_all else f'[{address}]' if ':' in address else address}:{port}"
    if given_token():
        link, hint = place, f"To be the owner, add /?owner= and the value of {TOKEN_VARIABLE}."
    else:
        os.environ[TOKEN_VARIABLE] = new_secret()
        link, hint = (
            f"{place}/?owner={os.environ[TOKEN_VARIABLE]}",
            "Whoever opens this link is the owner, so keep it private.",
        )
    lines = [f"Open Transfer Lab at {link}  (press Ctrl-C to stop)"]
    if for_all:
        lines.append(f"{hint} Others can open http://ADDRESS-OF-THIS-COMPUTER:{port}")
    return "\n".join(lines)


def run_streamlit(folder: Path, address: str, port: int, flags: Sequence[str] = ()) -> int:
    """Do in this process what `python -m streamlit run` does; the exit code when the server has ended.

    Args:
        folder: of `app_folder`. flags: more arguments for it.

    Streamlit reads the `.streamlit/config.toml` of the current directory and that beside the script. So the app's own
    folder is made the current one, lest settings of the folder where somebody happens to be mix with ours.
    """
    os.chdir(folder)
    sys.argv = ["streamlit", "run", str(folder / SCRIPT)]
    sys.argv += ["--server.address", address, "--server.port", str(port)]
    sys.argv += ["--logger.hideWelcomeMessage", "true", *flags]  # the address is printed already
    signal.signal(signal.SIGINT, _stop)  # until the server runs and listens for Ctrl-C itself
    try:
        runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):  # why the server did not start (pages/server/app.py)
            print(end.code, file=sys.stderr, flush=True)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    """Leave at once, whatever is being imported."""
    raise SystemExit(STOPPED)
