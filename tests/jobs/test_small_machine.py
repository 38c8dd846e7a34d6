"""What a small machine does otherwise: no trainer waits, and the worker's process gives memory back."""

import pytest

from tlcore import machine
from tlcore.jobs.small_machine import FRUGAL, WARM_VARIABLE, keeps_trainer_warm
from tlcore.jobs.workers import worker_environment

GB = 1_000_000_000
CASES: dict[str, tuple[dict[str, str], int, bool]] = {
    "enough memory": ({}, 8 * GB, True),
    "too little for both": ({}, 2 * GB, False),
    "wished for": ({WARM_VARIABLE: "1"}, 1 * GB, True),
    "not wished for": ({WARM_VARIABLE: "0"}, 8 * GB, False),
    "nothing said": ({WARM_VARIABLE: ""}, 1 * GB, False),
}


@pytest.mark.parametrize(("environment", "memory", "warm"), CASES.values(), ids=CASES)
def test_a_trainer_waits_where_there_is_memory_for_it(monkeypatch, environment, memory, warm):
    monkeypatch.setattr(machine, "total_memory", lambda: memory)
    assert keeps_trainer_warm(environment) == warm


@pytest.mark.parametrize(("memory", "frugal"), [(1 * GB, True), (8 * GB, False)], ids=["small", "large"])
def test_a_worker_gives_memory_back_where_it_is_short(monkeypatch, memory, frugal):
    monkeypatch.setattr(machine, "total_memory", lambda: memory)
    for name in FRUGAL:
        monkeypatch.delenv(name, raising=False)
    assert (FRUGAL.items() <= worker_environment().items()) == frugal


def test_what_the_host_has_set_himself_stays(monkeypatch):
    monkeypatch.setattr(machine, "total_memory", lambda: GB)
    monkeypatch.setenv("MALLOC_ARENA_MAX", "4")
    assert worker_environment()["MALLOC_ARENA_MAX"] == "4"
