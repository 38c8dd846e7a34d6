"""What the person at the terminal is told when the server ends: what goes on without it, and what waits."""

import os

import pytest
from filelock import FileLock

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
