"""How often wrong codes may be entered: so seldom that nobody finds one by trying, and nobody is kept out for long.

Each browser has a few tries in hand, and the server as a whole has some for all of them; used ones come back one by
one, so that even a class that mistypes all at once waits for seconds. A right code uses none.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from tlcore.errors import UserError

BROWSER_A_MINUTE, SERVER_A_MINUTE = 10, 60
MOST_BROWSERS = 1_000  # that are remembered; one that has all its tries again is none of them


@dataclass
class _Tries:
    """What is left of the tries, as it stood at a moment (seconds of the clock)."""

    left: float
    at: float


class Attempts:
    """The tries of one server. `clock`: seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._server = _Tries(SERVER_A_MINUTE, clock())
        self._browsers: dict[str, _Tries] = {}

    def take(self, browser: str) -> None:
        """Use one try of a browser and of the server, before a code is looked at.

        Raises:
            UserError: there is none left just now.
        """
        with self._lock:
            now = self._clock()
            _refill(self._server, SERVER_A_MINUTE, now)
            own = self._browser(browser, now)
            if own.left < 1:
                raise UserError("Too many wrong codes.", "Check the code, wait a few seconds and try again.")
            if self._server.left < 1:
                raise UserError("Many wrong codes are being entered just now.", "Try again in a few seconds.")
            own.left -= 1
            self._server.left -= 1

    def give_back(self, browser: str) -> None:
        """The code was right."""
        with self._lock:
            self._server.left = min(SERVER_A_MINUTE, self._server.left + 1)
            if browser in self._browsers:
                self._browsers[browser].left += 1

    def _browser(self, browser: str, now: float) -> _Tries:
        """The tries of a browser; when many are known, those that have all of theirs are forgotten, then the oldest."""
        found = self._browsers.setdefault(browser, _Tries(BROWSER_A_MINUTE, now))
        _refill(found, BROWSER_A_MINUTE, now)
        if len(self._browsers) > MOST_BROWSERS:
            for name, each in list(self._browsers.items()):
                _refill(each, BROWSER_A_MINUTE, now)
                if each.left >= BROWSER_A_MINUTE and name != browser:
                    del self._browsers[name]
            while len(self._browsers) > MOST_BROWSERS:
                del self._browsers[next(name for name in self._browsers if name != browser)]
        return found


@lru_cache(maxsize=1)
def attempts() -> Attempts:
    """The tries of this process."""
    return Attempts()


def _refill(tries: _Tries, a_minute: int, now: float) -> None:
    tries.left = min(a_minute, tries.left + (now - tries.at) * a_minute / 60)
    tries.at = now
