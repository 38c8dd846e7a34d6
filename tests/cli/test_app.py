"""`transferlab app`: which pages it starts, how, and its sentences. tests/test_packaging.py starts it for real."""

import argparse
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tlcore.access import TOKEN_VARIABLE
from tlcore.cli.app import add_command, app_folder, check_port
from tlcore.cli.main import main
from tlcore.errors import UserError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def free() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, list[str], Path]]:
    """What would have been started, in place of a server: the module, its arguments and the current folder."""
    calls: list[tuple[str, list[str], Path]] = []
    monkeypatch.setattr(runpy, "run_module", lambda name, **options: calls.append((name, sys.argv[1:], Path.cwd())))
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(sys, "argv", ["transferlab"])
    monkeypatch.setenv("TRANSFERLAB_HOME", "put back after the test")
    monkeypatch.setenv(TOKEN_VARIABLE, "")  # put back too
    monkeypatch.chdir(tmp_path)
    return calls


def test_it_starts_streamlit_beside_its_settings_on_this_computer_only(started, free, tmp_path, capsys):
    assert main(["app", "--port", str(free), "--workspace", "kept"]) == 0
    ((module, arguments, folder),) = started
    assert module == "streamlit" and arguments[:2] == ["run", str(ROOT / "streamlit_app.py")]
    assert folder == ROOT, "the theme is read from the current folder"
    flags = dict(zip(arguments[2::2], arguments[3::2], strict=True))
    assert flags["--server.address"] == "127.0.0.1" and flags["--server.port"] == str(free)
    assert "--server.headless" not in flags
    assert os.environ["TRANSFERLAB_HOME"] == str(tmp_path / "kept"), "a relative folder means where the person is"
    printed = capsys.readouterr().out
    assert f"http://127.0.0.1:{free}/?owner={os.environ[TOKEN_VARIABLE]} " in printed
    assert len(os.environ[TOKEN_VARIABLE]) == 43, "256 random bits, another time others"


def test_options_for_other_computers_and_no_browser(started, free, capsys):
    assert main(["app", "--port", str(free), "--address", "0.0.0.0", "--no-browser"]) == 0
    flags = started[0][1]
    assert flags[flags.index("--server.address") + 1] == "0.0.0.0"
    assert flags[flags.index("--server.headless") + 1] == "true"
    printed = capsys.readouterr().out
    assert f"http://localhost:{free}/?owner=" in printed, "nobody can open 0.0.0.0"
    assert f"Others can open http://ADDRESS-OF-THIS-COMPUTER:{free}\n" in printed


@pytest.mark.parametrize(
    ("token", "code", "said", "reason"),
    [
        (
            "a-token-of-the-host",
            0,
            "/?owner= and the value of TRANSFERLAB_TOKEN",
            "the host knows it, the log need not",
        ),
        ("too-short", 2, "The token in TRANSFERLAB_TOKEN is not allowed", "it could be guessed"),
        ("has a space in its middle", 2, "The token in TRANSFERLAB_TOKEN is not allowed", "a link would end there"),
    ],
)
def test_a_token_of_the_environment_is_checked_and_not_printed(
    started, free, monkeypatch, capsys, token, code, said, reason
):
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    assert main(["app", "--port", str(free), "--address", "0.0.0.0"]) == code, reason
    printed = capsys.readouterr()
    assert said in printed.out + printed.err, reason
    assert token not in printed.out + printed.err and bool(started) is (code == 0)


@pytest.mark.parametrize(
    ("end", "code"), [(SystemExit(), 0), (SystemExit(0), 0), (SystemExit(3), 3), (SystemExit("why"), 1)], ids=repr
)
def test_the_exit_code_is_streamlits(started, free, monkeypatch, capsys, end, code):
    def leave(name: str, **options: object) -> None:
        raise end

    monkeypatch.setattr(runpy, "run_module", leave)
    assert main(["app", "--port", str(free)]) == code
    assert ("why" in capsys.readouterr().err) is (end.code == "why"), "the reason that the server gave is shown"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("disk = 5", "unknown setting, disk."),
        ("keep_days = -1", "keep_days = -1 in settings.toml is not allowed."),
        ("disk_mb 5", "settings.toml can’t be read: line 1 is not valid TOML."),
        ('[privacy]\nnam = "x"', "[privacy] in settings.toml is not allowed."),
    ],
)
def test_a_mistake_in_the_settings_is_shown_and_no_address(started, free, tmp_path, capsys, line, said):
    (tmp_path / "settings.toml").write_text(line, encoding="utf-8")
    assert main(["app", "--port", str(free), "--workspace", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert said in printed.err and not printed.out and not started


def test_a_taken_port_is_a_sentence(started, taken, capsys):
    assert main(["app", "--port", str(taken)]) == 2
    printed = capsys.readouterr()
    assert f"Port {taken} is used by another program." in printed.err and "--port" in printed.err
    assert not started and "Open Transfer Lab at" not in printed.out


@pytest.mark.parametrize(
    ("address", "port", "message"),
    [
        ("127.0.0.1", 0, "--port 0 is not allowed."),
        ("127.0.0.1", 65536, "--port 65536 is not allowed."),
        ("192.0.2.1", 8501, "The app can’t use the address 192.0.2.1"),  # kept for examples; nobody has it
        ("no.such.invalid", 8501, "The app can’t use the address no.such.invalid"),
    ],
)
def test_where_nothing_can_listen(address, port, message):
    with pytest.raises(UserError) as caught:
        check_port(address, port)
    assert caught.value.what.startswith(message) and caught.value.fix


def test_without_streamlit_it_says_what_to_install(started, free, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "streamlit", None)
    assert main(["app", "--port", str(free)]) == 2
    assert "pip install 'transferlab[app]'" in capsys.readouterr().err and not started


def test_the_pages_of_an_installed_package_lie_inside_it_and_those_of_a_checkout_beside_it(tmp_path):
    package = tmp_path / "tlcore"
    (package / "app").mkdir(parents=True)
    with pytest.raises(UserError, match="pages of the app are missing"):
        app_folder(package)
    (tmp_path / "streamlit_app.py").touch()
    assert app_folder(package) == tmp_path
    (package / "app" / "streamlit_app.py").touch()
    assert app_folder(package) == package / "app", "what lies beside an installed package is not ours"


def test_it_has_no_json():
    parser = argparse.ArgumentParser()
    add_command(parser.add_subparsers(), argparse.ArgumentParser(add_help=False))
    with pytest.raises(SystemExit):
        parser.parse_args(["app", "--json"])


@pytest.mark.parametrize(
    ("called", "shown"), [("/somewhere/bin/transferlab", "transferlab"), ("x.py", "python -m tlcore")]
)
def test_help_names_the_command_as_it_was_called(monkeypatch, capsys, called, shown):
    monkeypatch.setattr(sys, "argv", [called])
    with pytest.raises(SystemExit):
        main(["--help"])
    assert capsys.readouterr().out.startswith(f"usage: {shown} ")


@pytest.mark.skipif(os.name != "posix", reason="Windows sends Ctrl-C to a console, not to a process")
def test_ctrl_c_while_it_still_imports_ends_it_without_a_traceback(free, tmp_path):
    """The seconds before the server listens for signals itself."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tlcore", "app", "--port", str(free), "--no-browser", "--workspace", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert "Open Transfer Lab at" in server.stdout.readline()
        time.sleep(0.1)  # into Streamlit's imports
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=30)
    finally:
        server.kill()
    assert server.returncode in (0, 130) and "Traceback" not in errors, errors
