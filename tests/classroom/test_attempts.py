"""How often wrong codes may be entered: nobody finds one by trying, and nobody waits for more than seconds."""

import pytest

from tlcore.classroom import attempts
from tlcore.classroom.attempts import BROWSER_A_MINUTE, SERVER_A_MINUTE, Attempts
from tlcore.errors import UserError


class Clock:
    """Seconds that a test moves on."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def used(tries, browser):
    """Whether a browser may try once more."""
    try:
        tries.take(browser)
    except UserError:
        return False
    return True


def test_a_browser_that_mistypes_waits_for_seconds(clock):
    tries = Attempts(clock)
    assert all(used(tries, "ann") for _ in range(BROWSER_A_MINUTE)) and not used(tries, "ann")
    assert used(tries, "bob"), "another one does not wait for that"
    clock.now += 60 / BROWSER_A_MINUTE
    assert used(tries, "ann") and not used(tries, "ann")


def test_all_browsers_together_have_so_many_a_minute(clock):
    tries = Attempts(clock)
    assert sum(used(tries, f"browser {number}") for number in range(2 * SERVER_A_MINUTE)) == SERVER_A_MINUTE
    clock.now += 60 / SERVER_A_MINUTE
    assert used(tries, "a class that comes now"), "nobody is kept out"


def test_a_right_code_uses_no_try(clock):
    tries = Attempts(clock)
    for _ in range(3 * SERVER_A_MINUTE):  # a whole school behind one browser
        tries.take("ann")
        tries.give_back("ann")


def test_browsers_without_end_are_forgotten(clock, monkeypatch):
    monkeypatch.setattr(attempts, "MOST_BROWSERS", 3)
    tries = Attempts(clock)
    for number in range(40):
        used(tries, f"browser {number}")
    assert len(tries._browsers) <= 3
