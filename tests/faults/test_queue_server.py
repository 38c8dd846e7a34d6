"""The queue belongs to the server's process: it works from its start, and no browser message can take it away."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import streamlit as st

from pages.server.working_queue import working_queue
from pages.shared import state
from tests.faults.jobs import ROOT, new_import, spans, wait_for_state
from tests.faults.jobs import state as state_of
from tests.served import free_port
from tests.small import write_small_folder
from tlcore.jobs.line import Line
from tlcore.jobs.queue import admit_all, queue_of


@pytest.fixture(scope="module")
def few(tmp_path_factory) -> Path:
    return write_small_folder(tmp_path_factory.mktemp("few") / "shapes", photos_per_class=4)


def put_into_line(workspace, job) -> None:
    line = Line(workspace)
    with line.locked():
        line.add(job)


def test_what_waits_is_done_when_the_server_starts_though_nobody_opens_a_page(workspace, few, tmp_path):
    jobs = [new_import(workspace, few) for _ in range(2)]
    for job in jobs:
        put_into_line(workspace, job)
        assert state_of(job) == "queued"
    options = ["--server.port", str(free_port()), "--server.address", "127.0.0.1", "--server.headless", "true"]
    with open(tmp_path / "log.txt", "wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", *options],
            cwd=ROOT,
            env=os.environ | {"TRANSFERLAB_HOME": str(workspace.root)},
            stdout=log,
            stderr=log,
        )
    try:
        for job in jobs:
            wait_for_state(job, "finished")
        spans(jobs)
    finally:
        server.terminate()
        assert server.wait(timeout=30) in (0, -15), "and it ends when it is asked to"


def test_clearing_every_cache_leaves_queue_and_workspace_as_they_are(workspace, few, monkeypatch):
    """What the message `clear_cache` of any browser does in the server; four presses gave four trainings at once."""
    monkeypatch.setenv("TRANSFERLAB_HOME", str(workspace.root))
    with working_queue():
        before = state.queue(), state.workspace()
        st.cache_data.clear()
        st.cache_resource.clear()
        assert state.queue() is before[0] is queue_of(workspace, admit_all) and state.workspace() is before[1]
    assert before[0].closed, "the server has ended"


def test_a_workspace_that_cannot_be_written_does_not_keep_the_server_from_starting(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "file"))
    with working_queue():
        pass
