"""A real server and a real browser: `streamlit run` on a free port, and Debian's chromium through playwright."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.studio import Studio, studio
from tests.e2e.ways import WAIT_MS

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of the running app."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[str]:
    """The address of a running app with an empty workspace."""
    port = free_port()
    log = tmp_path_factory.mktemp("server") / "log.txt"
    environment = os.environ | {"TRANSFERLAB_HOME": str(home)}
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "streamlit_app.py",
                "--server.port",
                str(port),
                "--server.address",
                "127.0.0.1",
                "--server.headless",
                "true",
            ],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(address, process, log)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_until_healthy(address: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def lab(trained, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A server with something on every page; tests only look."""
    with studio(trained, tmp_path_factory.mktemp("studio")) as found:
        yield found


@pytest.fixture
def page(browser, server):
    """An empty tab that fails the test when the page asks any other host for anything, or throws an error."""
    from playwright.sync_api import expect

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    strangers, errors = [], []
    tab.on(
        "request",
        lambda request: (
            strangers.append(request.url)
            if not request.url.startswith((server, server.replace("http", "ws"), "data:", "blob:"))
            else None
        ),
    )
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    context.close()
    assert not strangers, f"fetched from elsewhere: {strangers[:3]}"
    assert not errors, errors[:3]
