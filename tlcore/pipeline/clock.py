"""The seconds of work on a run, those of earlier attempts that it continues included."""

import time

from tlcore.events import EpochEnd
from tlcore.jobs.attempts import can_resume
from tlcore.jobs.event_log import read_events
from tlcore.jobs.store import Run


class RunClock:
    """Runs from the moment it is made.

    `training`: seconds that went into training, of head and network.
    """

    def __init__(self, run: Run) -> None:
        epochs = {event.epoch: event for event in read_events(run) if isinstance(event, EpochEnd)}
        earlier = list(epochs.values()) if can_resume(run) else []
        self.training = sum(event.seconds for event in earlier)
        elapsed = max((event.elapsed for event in earlier), default=0.0)
        now = time.perf_counter()
        self._start = now - max(elapsed, self.training)  # older files do not tell what had elapsed
        self._last = now

    @property
    def elapsed(self) -> float:
        """Seconds of work on this run until now."""
        return time.perf_counter() - self._start

    def begin(self) -> None:
        """Something begins now that may turn out to be training."""
        self._last = time.perf_counter()

    def count_training(self) -> None:
        """What went by since `begin` was training."""
        self.training += time.perf_counter() - self._last
