"""A real server for web.py and load.py, `streamlit run` on a free port, and chromium through playwright."""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.command import REPOSITORY

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_SECONDS = 60


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    home: Path, prefix: Sequence[str] = (), warm: str = "0", port: int = 0, **environment: str
) -> Iterator[tuple[subprocess.Popen, str]]:
    """The app on this machine, with its workspace in `home`: the process and the address.

    Args:
        prefix: a command that the server's own is handed to (see small_machine.py).
        warm: of `TRANSFERLAB_WARM`; without more the trainer that a page would start beside it (600 MB) is left out.
        port: 0 for a free one. environment: more variables.
    """
    port = port or free_port()
    process = subprocess.Popen(
        [
            *prefix,
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
        cwd=REPOSITORY,
        env=os.environ | {"TRANSFERLAB_HOME": str(home), "TRANSFERLAB_WARM": warm} | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_until_it_answers(process: subprocess.Popen, address: str) -> None:
    """Until the server says that it is healthy."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
            return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"The server did not answer within {PATIENCE_SECONDS} s.")


def train_small_run(home: Path) -> tuple[str, str]:
    """A data set and a finished run in that workspace: their ids."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tlcore",
            "train",
            "emoji",
            "--image-size",
            "96",
            "--epochs",
            "3",
            "--json",
            "--workspace",
            str(home),
        ],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    values = json.loads(done.stdout.splitlines()[-1])
    return values["dataset"], values["run"]


def has_browser() -> bool:
    """Whether chromium and playwright are on this machine."""
    return CHROMIUM is not None and importlib.util.find_spec("playwright") is not None


@contextmanager
def browsing() -> Iterator:
    """A started chromium with an empty tab (playwright's `Page`)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.set_default_timeout(PATIENCE_SECONDS * 1000)
        tab.goto("about:blank")
        yield tab
        browser.close()
