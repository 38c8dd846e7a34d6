"""How a workspace does: what is counted, and when people can't work."""

import time
from dataclasses import replace

import pytest

from tlcore.cli.main import main
from tlcore.config import TrainConfig
from tlcore.jobs.line import Line
from tlcore.jobs.store import create_run
from tlcore.messages.host import NO_ROOM, NOT_WRITABLE, STUCK, health_lines
from tlcore.storage import health as health_module
from tlcore.storage.health import LEAST_FREE_BYTES, STUCK_SECONDS, Health, check_health

WELL = Health({"train": 1}, {"train": 2}, 130.0, 10**9, 5 * 10**6, 10**7, True, False, 10**8, 10**9)


@pytest.mark.parametrize(
    ("health", "well", "last", "reason"),
    [
        (WELL, True, "Memory: 100.0 MB of 1.0 GB free", "nothing is wrong"),
        (replace(WELL, disk_allowed=0), True, "Memory", "no limit"),
        (replace(WELL, writable=False), False, NOT_WRITABLE, "nothing can be kept"),
        (replace(WELL, stuck=True), False, STUCK, "nobody takes up what waits"),
        (replace(WELL, disk_used=10**7), False, NO_ROOM, "the workspace takes all that it may"),
        (replace(WELL, disk_free=LEAST_FREE_BYTES), False, NO_ROOM, "the disk is full"),
    ],
)
def test_when_people_can_work(health, well, last, reason):
    assert health.is_well is well and last in health_lines(health)[-1], reason


def test_the_line_is_told_in_words():
    assert health_lines(WELL)[0] == "At work: 1 job. Waiting: 2 jobs, the first for about 2 min."
    assert health_lines(WELL)[1] == "Workspace: 5.0 MB of 10.0 MB. Free on the disk: 1.0 GB."


def test_what_waits_is_counted_and_the_terminal_tells_it(workspace, capsys):
    for number in range(2):
        Line(workspace).add(create_run(workspace, "pets-0123456789abcdef", TrainConfig(seed=number), "pets"))
    health = check_health(workspace)
    assert health.waiting["train"] == 2 and health.working["train"] == 0 and health.writable and health.disk_used > 0
    assert 0 <= health.longest_wait < 60 and not list(workspace.root.glob(".health-*"))
    assert main(["host", "--workspace", str(workspace.root)]) == 0
    assert "Waiting: 2 jobs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("ago", "at_work", "stuck", "reason"),
    [
        (STUCK_SECONDS + 9, False, True, "nobody has taken it up"),
        (STUCK_SECONDS - 9, False, False, "a worker may be on its way"),
        (STUCK_SECONDS + 9, True, False, "it is another one’s turn"),
    ],
)
def test_a_line_that_nobody_works_on_is_no_good_sign(workspace, monkeypatch, ago, at_work, stuck, reason):
    runs = [create_run(workspace, "pets-0123456789abcdef", TrainConfig(seed=number), "pets") for number in range(2)]
    for run in runs:
        Line(workspace).add(run)
    if at_work:
        monkeypatch.setattr(health_module, "is_locked", lambda path: path.parent == runs[0].folder)
    now = time.time() + ago
    monkeypatch.setattr(health_module.time, "time", lambda: now)
    health = check_health(workspace)
    assert health.stuck == stuck and health.is_well != stuck, reason
