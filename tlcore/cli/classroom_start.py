"""`transferlab class`: starts the app for a class on the local network, and says how its groups reach it.

The server is a host (`TRANSFERLAB_HOSTED`), so groups are strangers to one another; the person at the terminal is the
teacher, who owns it. Nothing here asks the internet for anything.
"""

import argparse
import os
import socket
import sys
import threading
import time
import webbrowser
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import tlcore
from tlcore.access import TOKEN_VARIABLE, given_token, new_secret
from tlcore.classroom.addresses import is_this_computer, network_addresses, read_address
from tlcore.classroom.store import change_classroom, create_classroom, list_classrooms, open_classroom
from tlcore.classroom.values import Classroom
from tlcore.cli.app import HEADLESS, PORT, app_folder, check_port, run_streamlit
from tlcore.errors import UserError, require_package
from tlcore.messages.terminal import printable
from tlcore.settings import HOSTED_VARIABLE
from tlcore.workspace import Workspace

EVERYWHERE = "0.0.0.0"
START_SECONDS, PROBE_SECONDS = 60, 0.3  # for the browser to wait for the server; between two looks


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a start to the parser of the command."""
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help=f"port, 1 to 65535 (default {PORT})")
    parser.add_argument(
        "--address", metavar="ADDRESS", help="of this computer for the groups, where the found one is wrong"
    )
    parser.add_argument("--name", default="", metavar="NAME", help="of a new classroom (default: today’s date)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--new", action="store_true", help="open a new classroom although today’s is there")
    which.add_argument("--continue", dest="latest", action="store_true", help="use the latest one, whatever its day")
    parser.add_argument("--https", action="store_true", help="with a certificate of its own, so that live cameras work")
    parser.add_argument("--no-browser", action="store_true", help="don’t open the teacher’s page in a browser")


def start(workspace: Workspace, options: argparse.Namespace) -> int:
    """Open the classroom, say how to join it, and serve the pages until Ctrl-C; the exit code.

    Raises:
        UserError: the port is taken, an address is none, a package is missing, or the disk says no.
    """
    if options.json:
        raise UserError("Starting the app has no --json.", "For how the groups stand: class status --json")
    require_package("streamlit", "Streamlit", "The app", "app")
    folder = app_folder(Path(tlcore.__file__).parent)
    check_port(EVERYWHERE, options.port)
    scheme = "https" if options.https else "http"
    addresses = network_addresses()
    flags = [*HEADLESS, *(_certificate_flags(workspace, addresses, options) if options.https else ())]
    classroom = choose_classroom(workspace, options.name, options.new, options.latest)
    place = _place(classroom, options.address, f"{scheme}://{{}}:{options.port}", addresses)
    if place != classroom.address and (options.address or classroom.address):
        classroom = change_classroom(workspace, classroom.id, address=place)
    token = given_token() or new_secret()
    link = f"{scheme}://localhost:{options.port}/classroom?{urlencode({'owner': token})}"
    _say(classroom, place, link if not given_token() else "", addresses)
    os.environ |= {"TRANSFERLAB_HOME": str(workspace.root), HOSTED_VARIABLE: "1", TOKEN_VARIABLE: token}
    if not options.no_browser:
        threading.Thread(target=_open_browser, args=(link, options.port), daemon=True).start()
    return run_streamlit(folder, EVERYWHERE, options.port, flags)


def choose_classroom(workspace: Workspace, name: str, is_new: bool, is_latest: bool) -> Classroom:
    """The classroom to work in: the one that was opened today, else a new one, which closes what is open.

    Args:
        name: of a new one, which is also made where today's is called otherwise. is_latest: the latest one, whether
            it is open or not.

    Raises:
        UserError: there is none to continue, or the disk says no.
    """
    if is_latest:
        found = open_classroom(workspace) or next(iter(list_classrooms(workspace)), None)
        if found is None:
            raise UserError("There is no classroom to continue.", "Leave out --continue to open one.")
        return found if found.is_open else change_classroom(workspace, found.id, is_open=True)
    now = open_classroom(workspace)
    is_todays = now is not None and time.localtime(now.created)[:3] == time.localtime()[:3]
    if now is not None and is_todays and not is_new and name in ("", now.name):
        return now
    made = create_classroom(workspace, name)
    if now is not None:
        print(f"“{printable(now.name)}” is closed now; what its groups made is kept.")
    return made


def _place(classroom: Classroom, given: str | None, pattern: str, addresses: list[str]) -> str:
    """The address for the groups: as given, else as the teacher corrected it where that can be right, else as found.

    Args:
        pattern: with "{}" for the host.
    """
    if given:
        return read_address(given if "://" in given else pattern.format(given))
    kept, here = urlsplit(classroom.address), urlsplit(pattern.format("localhost"))
    is_number = (kept.hostname or "").replace(".", "").isdigit()
    if (kept.scheme, kept.port) == (here.scheme, here.port) and (not is_number or kept.hostname in addresses):
        return classroom.address
    return pattern.format(next(iter(addresses), "localhost"))


def _certificate_flags(workspace: Workspace, addresses: list[str], options: argparse.Namespace) -> list[str]:
    """Make the certificate, and tell Streamlit of it."""
    require_package("cryptography", "cryptography", "A certificate", "app")
    from tlcore.cli.certificates import make_certificate  # only where somebody wants one

    named = [urlsplit(f"//{options.address}").hostname or ""] if options.address else []
    made = make_certificate(workspace, [*addresses, *named])
    return ["--server.sslCertFile", str(made.certificate), "--server.sslKeyFile", str(made.key)]


def _say(classroom: Classroom, place: str, link: str, addresses: list[str]) -> None:
    """Print all that a teacher needs.

    Args:
        link: of the teacher's page; "" where the token is one that the environment gave.
    """
    join = f"{place}/join"
    lines = [f"The classroom “{printable(classroom.name)}” is open.", ""]
    lines += [f"  Groups open     {join}", f"  and enter       {classroom.spaced_code}", ""]
    print("\n".join(lines))
    _print_qr_code(f"{join}?{urlencode({'code': classroom.code})}")
    lines = []
    if is_this_computer(urlsplit(place).hostname or ""):
        lines.append(
            "This computer is in no network, so no other device can reach it. Connect it, then start this again."
        )
    others = [each for each in addresses if each not in place]
    if others:
        lines.append(f"If groups can’t open it, use another address with --address: {', '.join(others)}")
    if place.startswith("https://"):
        lines += _https_lines(place)
    private = "Whoever opens this link is the teacher, so keep it private."
    lines.append(
        f"Your page: {link}\n{private}"
        if link
        else f"Your page: add /classroom?owner= and the value of {TOKEN_VARIABLE}."
    )
    print("\n".join([*lines, "Press Ctrl-C to stop."]), flush=True)


def _https_lines(place: str) -> list[str]:
    """What phones will say to a certificate that nobody knows, and what to do."""
    return [
        "Each device warns once that the connection is not private, since no one but this computer vouches for it.",
        "  Android, Windows, Chromebook: choose “Advanced”, then “Proceed”.",
        f"  iPhone, iPad: open {place}/certificate.crt, install the profile in Settings, then turn it on in General >",
        "  About > Certificate Trust Settings. Remove it after the lesson in General > VPN & Device Management.",
    ]


def _print_qr_code(link: str) -> None:
    """The QR code in the terminal; not into a file, nor where the terminal has no blocks to draw it with."""
    require_package("segno", "segno", "A QR code", "app")
    import segno

    with suppress(UnicodeEncodeError, LookupError):
        "█▀▄".encode(sys.stdout.encoding or "ascii")
        if sys.stdout.isatty():
            segno.make(link, error="m", micro=False).terminal(sys.stdout, border=2, compact=True)
            print()


def _open_browser(link: str, port: int) -> None:
    """Open the teacher's page as soon as the server answers."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(PROBE_SECONDS)
            continue
        webbrowser.open(link)
        return
