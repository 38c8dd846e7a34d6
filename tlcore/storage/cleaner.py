"""Cleaning again and again while a server runs, in a thread of its own."""

import threading
import time
from collections.abc import Callable

from tlcore.errors import UserError
from tlcore.settings import Limits, is_hosted, load_limits
from tlcore.storage.overview import list_visitors
from tlcore.workspace import Workspace

MINUTES = 10.0
Clean = Callable[[Workspace, Limits, bool], object]
"""Cleans a workspace once; the last argument: whether what is old goes too."""


class Cleaner:
    """Cleans a workspace every few minutes, from `start` to `stop`.

    What was not used for long goes only if this process was awake the whole time since it looked last: after a start or
    a sleep nobody has had a chance to say that he needs something.

    Args:
        clean: what cleans, as `classroom/keeping.py:clean_workspace`.
    """

    def __init__(self, workspace: Workspace, clean: Clean, minutes: float = MINUTES) -> None:
        self._workspace, self._clean, self._seconds = workspace, clean, minutes * 60
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="cleaner", daemon=True)

    def start(self) -> None:
        """Begin; the first look is at once."""
        self._thread.start()

    def stop(self) -> None:
        """End; a look that is under way ends first."""
        self._end.set()
        self._thread.join()

    def _work(self) -> None:
        last: float | None = None
        while True:
            now = time.time()
            self.look(was_awake(last, now, self._seconds))
            last = now
            if self._end.wait(self._seconds):
                return

    def look(self, by_age: bool) -> None:
        """Clean once. What the disk does not allow now is tried again next time; a server does not end for it."""
        limits = self._limits()
        if limits is not None:
            try:
                self._clean(self._workspace, limits, by_age)
                if is_hosted():
                    list_visitors(self._workspace)  # measures what everybody keeps, for the Host page
            except (OSError, UserError):
                return

    def _limits(self) -> Limits | None:
        """The limits as they stand in the file now; None while it cannot be read: nothing goes by half a file."""
        try:
            return load_limits(self._workspace)
        except UserError:
            return None


def was_awake(last: float | None, now: float, seconds: float) -> bool:
    """Whether the process can have been awake since `last` (Unix seconds), when it meant to look every `seconds`."""
    return last is not None and 0 <= now - last <= 2 * seconds
