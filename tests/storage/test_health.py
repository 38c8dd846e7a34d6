"""How a workspace does: what is counted, and when people can't work."""

from dataclasses import replace

import pytest

from tlcore.cli.main import main
from tlcore.config import TrainConfig
from tlcore.jobs.line import Line
from tlcore.jobs.store import create_run
from tlcore.messages.host import NO_ROOM, NOT_WRITABLE, health_lines
from tlcore.storage.health import LEAST_FREE_BYTES, Health, check_health

WELL = Health({"train": 1}, {"train": 2}, 130.0, 10**9, 5 * 10**6, 10**7, True)


@pytest.mark.parametrize(
    ("health", "well", "last", "reason"),
    [
        (WELL, True, "Free on the disk", "nothing is wrong"),
        (replace(WELL, disk_allowed=0), True, "Free on the disk", "no limit"),
        (replace(WELL, writable=False), False, NOT_WRITABLE, "nothing can be kept"),
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
