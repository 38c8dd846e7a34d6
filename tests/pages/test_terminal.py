"""What the person at the terminal is told when the server ends: what goes on without it, and what waits."""

import os
import webbrowser
from queue import Queue

import pytest
import streamlit as st
from filelock import FileLock

from pages.server import owner, terminal
from pages.server.terminal import farewell
from tests.security.tab import Browser
from tests.served import serve
from tlcore.config import TrainConfig
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import QUEUED, create_run

RUNNING = "A training is still running and will finish without this server."


@pytest.mark.parametrize(
    ("working", "waiting", "said"),
    [
        (0, 0, ""),
        (1, 0, f"{RUNNING} Start Transfer Lab again to see the result."),
        (2, 0, "2 trainings are still running and will finish without this server."),
        (1, 1, "1 training waits until Transfer Lab is started again."),
        (0, 2, "2 trainings wait until"),
    ],
)
def test_what_goes_on_and_what_waits(workspace, working, waiting, said):
    runs = [create_run(workspace, "data", TrainConfig(), "x") for _ in range(working + waiting)]
    locks = [FileLock(run.folder / LOCK) for run in runs[:working]]
    for lock in locks:
        lock.acquire()
    for run in runs[working:]:
        (run.folder / QUEUED).touch()
    words = farewell(workspace)
    assert said in words if said else words == ""
    assert len(words.splitlines()) == bool(working) + bool(waiting)
    for lock in locks:
        lock.release()


@pytest.mark.skipif(os.name != "posix", reason="Windows sends Ctrl-C to a console, not to a process")
def test_ctrl_c_says_that_a_training_goes_on(workspace, tmp_path):
    run = create_run(workspace, "data", TrainConfig(), "x")
    with (
        FileLock(run.folder / LOCK),
        serve(workspace.root, tmp_path / "log.txt") as server,
        Browser(server.address).open(),  # somebody looks at a page meanwhile
    ):
        printed = server.interrupt()
    assert RUNNING in printed and "Traceback" not in printed
    assert "No runtime found" not in printed, "what belongs to pages is loaded by pages"


@pytest.mark.parametrize(
    ("address", "hosted", "token", "prints", "place"),
    [
        ("127.0.0.1", "", "", False, "http://127.0.0.1:8501"),
        ("::1", "", "", False, "http://[::1]:8501"),
        ("0.0.0.0", "", "", True, "http://localhost:8501"),
        ("127.0.0.1", "1", "", True, "http://127.0.0.1:8501"),
        ("0.0.0.0", "1", "a-token-of-the-host", False, "http://localhost:8501"),
    ],
)
def test_the_owners_link_is_opened_and_printed_where_nobody_knows_it_yet(
    monkeypatch, capsys, address, hosted, token, prints, place
):
    options = {"server.address": address, "server.port": 8501, "server.headless": False}
    opened = Queue()
    monkeypatch.setattr(st, "get_option", options.get)
    monkeypatch.setattr(webbrowser, "open", opened.put)
    monkeypatch.setenv("TRANSFERLAB_HOSTED", hosted)
    monkeypatch.setenv("TRANSFERLAB_TOKEN", token)
    owner.owner_token.cache_clear()
    terminal.greet()
    link = f"{place}/?owner={owner.owner_token()}"
    assert opened.get(timeout=10) == link
    assert (link in capsys.readouterr().out) is prints
    owner.owner_token.cache_clear()
