"""A job that takes too much memory is ended before it takes the server's, and is told so beforehand."""

import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from tlcore.config import TrainConfig, defaults_for
from tlcore.errors import UserError
from tlcore.events import Died, Started
from tlcore.features.training_memory import check_training_memory
from tlcore.jobs import worker_memory
from tlcore.jobs.event_log import EventLog, read_events
from tlcore.jobs.line import Line
from tlcore.jobs.store import create_run
from tlcore.jobs.supervision import Allowance, Supervision, settle
from tlcore.jobs.worker_memory import FIRST_TO_GO, held_memory, let_system_choose, memory_limit
from tlcore.jobs.workers import Exit
from tlcore.models.registry import BUILT_IN
from tlcore.settings import HOSTED, OWN

GB, MB = 10**9, 10**6


@pytest.mark.parametrize(
    ("limits", "machine", "hosted", "limit", "reason"),
    [
        (OWN, 16 * GB, False, 0, "one’s own machine is one’s own"),
        (replace(OWN, worker_mb=900), 16 * GB, False, 900 * MB, "unless one says so"),
        (HOSTED, 1 * GB, True, 650 * MB, "a small host keeps what the server needs"),
        (HOSTED, 2 * GB, True, 1650 * MB, "of a container too"),
        (replace(HOSTED, worker_mb=1000), 16 * GB, True, 1000 * MB, "less where the host says so"),
        (replace(HOSTED, worker_mb=1000), 1 * GB, True, 650 * MB, "and never more than there is"),
        (HOSTED, 400 * MB, True, 350 * MB, "a machine too small for it all leaves a job something"),
    ],
)
def test_how_much_a_job_may_hold(monkeypatch, limits, machine, hosted, limit, reason):
    monkeypatch.setattr(worker_memory, "total_memory", lambda: machine)
    assert memory_limit(limits, hosted) == limit, reason


class Child:
    """A process that holds some memory of its own, in itself or in a child, until somebody ends it."""

    def __init__(self, megabytes: int, in_child: bool) -> None:
        program = f"held = bytearray({megabytes} * 10**6); print(flush=True); input()"
        if in_child:
            program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {program!r}])"
        self.process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self.process.stdout.readline()

    @property
    def pid(self) -> int:
        return self.process.pid

    def exit(self) -> Exit | None:
        code = self.process.poll()
        return None if code is None else Exit(signal=-code) if code < 0 else Exit(code=code)

    def leave(self) -> None:
        """Nobody watches it any more."""

    def close(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


@pytest.mark.parametrize("in_child", [False, True], ids=["itself", "what it started"])
@pytest.mark.parametrize(("limit", "ended"), [(150 * MB, True), (0, False)])
def test_a_job_over_the_limit_is_ended_and_why_stands_in_its_folder(workspace, limit, ended, in_child):
    run = create_run(workspace, "data-1", TrainConfig(), "x")
    EventLog(run).write(Started(0.0, 1))
    child, closing = Child(200, in_child), threading.Event()
    watch = Supervision(run, child, Allowance(memory=limit), lambda: None if limit else closing.set())
    end = watch.wait(closing)
    child.close()
    assert (end is not None) == ended and watch.peak_bytes > 200 * MB
    if end is not None:
        settle(Line(workspace), run, end, watch)
        last = read_events(run)[-1]
        assert isinstance(last, Died) and last.memory_limit == limit and last.signal == 9


def test_what_linux_can_drop_does_not_count():
    child = Child(50, in_child=False)
    held = held_memory(child.pid, with_children=True)
    child.close()
    assert 50 * MB < held.own < held.resident
    assert held_memory(child.pid, with_children=True).resident == 0, "it is gone"


@pytest.mark.parametrize(("before", "after"), [("0", str(FIRST_TO_GO)), ("1000", "1000"), ("-500", str(FIRST_TO_GO))])
def test_the_system_ends_a_worker_before_the_server(tmp_path, monkeypatch, before, after):
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "oom_score_adj").write_text(before)
    let_system_choose(tmp_path / "oom_score_adj")
    let_system_choose(tmp_path / "not there")
    assert (tmp_path / "oom_score_adj").read_text() == after


@pytest.mark.parametrize(
    ("strategy", "limit", "fits"),
    [
        ("feature-extraction", 650 * MB, True),
        ("feature-extraction", 300 * MB, False),
        ("hybrid", 650 * MB, False),
        ("hybrid", 0, True),
    ],
)
def test_a_training_over_the_limit_is_refused_before_it_begins(strategy, limit, fits):
    config = defaults_for(strategy, image_size=160)
    if fits:
        check_training_memory(config, BUILT_IN, limit)
        return
    with pytest.raises(UserError, match="one job may use .* here"):
        check_training_memory(config, BUILT_IN, limit)
