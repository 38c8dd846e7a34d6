"""`transferlab class`: which classroom it opens, what it tells the teacher, and how it starts the server."""

import io
import os
import runpy
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from tlcore.access import TOKEN_VARIABLE
from tlcore.classroom.store import change_classroom, create_classroom, list_classrooms, open_classroom
from tlcore.cli import classroom_start
from tlcore.cli.classroom_start import choose_classroom
from tlcore.cli.main import main
from tlcore.errors import UserError
from tlcore.settings import HOSTED_VARIABLE

HERE = ["192.168.1.20", "10.0.0.5"]


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def started(monkeypatch, tmp_path) -> list[list[str]]:
    """The arguments of what would have been started, in place of a server."""
    calls: list[list[str]] = []
    monkeypatch.setattr(runpy, "run_module", lambda name, **options: calls.append(sys.argv[1:]))
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(classroom_start, "network_addresses", lambda: HERE)
    monkeypatch.setattr(sys, "argv", ["transferlab"])
    for name in ("TRANSFERLAB_HOME", HOSTED_VARIABLE, TOKEN_VARIABLE):
        monkeypatch.setenv(name, "")  # put back after the test
    monkeypatch.chdir(tmp_path)
    return calls


@pytest.fixture
def begin(started, workspace, port):
    """`begin(*options)`: the command; it gives the flags of the server."""

    def run(*options: str) -> dict[str, str]:
        command = ["class", "--no-browser", "--port", str(port), "--workspace", str(workspace.root), *options]
        assert main(command) == 0
        arguments = started.pop()
        return dict(zip(arguments[2::2], arguments[3::2], strict=True))

    return run


def test_it_serves_the_local_network_as_a_host_and_says_how_to_join(begin, workspace, port, capsys):
    flags = begin()
    assert flags["--server.address"] == "0.0.0.0" and flags["--server.port"] == str(port)
    assert flags["--server.headless"] == "true" and "--server.sslCertFile" not in flags
    assert os.environ[HOSTED_VARIABLE] == "1", "groups are strangers to one another"
    printed, code = capsys.readouterr().out, open_classroom(workspace).spaced_code
    assert f"http://192.168.1.20:{port}/join\n" in printed and code in printed
    assert "--address: 10.0.0.5" in printed, "the other network"
    assert f"http://localhost:{port}/classroom?owner={os.environ[TOKEN_VARIABLE]}\n" in printed
    assert "█" not in printed, "no QR code into a file"


@pytest.mark.parametrize(
    ("given", "kept", "place"),
    [
        ("10.0.0.5", "", "http://10.0.0.5:{}"),
        ("https://lab.school.org/ai", "", "https://lab.school.org/ai"),
        (None, "http://laptop.local:{}", "http://laptop.local:{}"),
        (None, "http://10.0.0.5:{}", "http://10.0.0.5:{}"),
        (None, "http://10.9.9.9:{}", "http://192.168.1.20:{}"),
        (None, "https://laptop.local:{}", "http://192.168.1.20:{}"),
    ],
    ids=["given", "a proxy", "corrected", "still there", "of another network", "of another start"],
)
def test_the_address_that_groups_are_told(begin, workspace, port, capsys, given, kept, place):
    classroom = create_classroom(workspace)
    change_classroom(workspace, classroom.id, address=kept.format(port))
    begin(*(("--address", given) if given else ()))
    assert f"{place.format(port)}/join\n" in capsys.readouterr().out
    assert open_classroom(workspace).address == place.format(port), "the teacher's page shows the same"


def test_a_qr_code_is_drawn_where_a_person_sees_it(begin, monkeypatch):
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    begin()
    assert terminal.getvalue().count("█") > 100


def test_without_a_network_it_says_so(begin, monkeypatch, capsys):
    monkeypatch.setattr(classroom_start, "network_addresses", list)
    begin()
    assert "This computer is in no network" in capsys.readouterr().out


def test_https_has_a_certificate_for_the_addresses_and_says_what_phones_will(begin, workspace, capsys):
    flags = begin("--https", "--address", "10.9.9.9")
    assert Path(flags["--server.sslCertFile"]).is_file() and Path(flags["--server.sslKeyFile"]).is_file()
    printed = capsys.readouterr().out
    assert "https://10.9.9.9" in printed and "/certificate.crt" in printed and "iPhone" in printed


@pytest.mark.parametrize(
    ("days", "options", "is_same", "reason"),
    [
        (0, {}, True, "today's goes on"),
        (0, {"name": "7b"}, True, "by its name"),
        (0, {"name": "8a"}, False, "another one"),
        (0, {"is_new": True}, False, "as was asked"),
        (1, {}, False, "that of yesterday ends"),
        (1, {"is_latest": True}, True, "a project of several days"),
    ],
)
def test_which_classroom_it_opens(workspace, monkeypatch, days, options, is_same, reason):
    now = time.time()
    monkeypatch.setattr("tlcore.classroom.store.time.time", lambda: now - 86_400 * days)
    before = create_classroom(workspace, "7b")
    monkeypatch.undo()
    found = choose_classroom(workspace, **({"name": "", "is_new": False, "is_latest": False} | options))
    assert (found.id == before.id) is is_same, reason
    assert [each.id for each in list_classrooms(workspace) if each.is_open] == [found.id]


def test_the_latest_classroom_is_opened_again(workspace):
    before = create_classroom(workspace, "7b")
    change_classroom(workspace, before.id, is_open=False)
    assert choose_classroom(workspace, "", False, True).is_open and open_classroom(workspace).id == before.id


def test_there_must_be_one_to_continue(workspace):
    with pytest.raises(UserError, match="no classroom to continue"):
        choose_classroom(workspace, "", False, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--json"], "no --json"),
        (["--port", "0"], "--port 0 is not allowed"),
        (["--address", "a b"], "not the address of a server"),
    ],
)
def test_a_mistake_is_a_sentence_and_nothing_is_served(started, workspace, port, capsys, options, said):
    command = ["class", "--no-browser", "--workspace", str(workspace.root), "--port", str(port), *options]
    assert main(command) == 2 and not started
    assert said in capsys.readouterr().err
