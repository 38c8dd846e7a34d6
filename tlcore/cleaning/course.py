"""How far a check is as a whole: the share that is done and the time left, from what its parts take as a rule."""

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TypeVar

from tlcore.events import Progress, StageKey

Result = TypeVar("Result")

WIDTH = (0.7, 1.5)  # the time left is so many times what the pace so far says, at least and at most
STEADY_SECONDS = 2.0  # of work that was foreseen, before its pace says anything


@dataclass(frozen=True)
class Part:
    """A stage of a check. `units` of work, each foreseen to take `seconds`."""

    stage: StageKey
    units: int
    seconds: float


class Course:
    """Adds to the progress of each stage that of the whole check."""

    def __init__(self, *parts: Part) -> None:
        self._parts = parts
        self._start = time.monotonic()
        self._whole = sum(part.units * part.seconds for part in parts) or 1.0

    def follow(self, stage: Generator[Progress, None, Result]) -> Generator[Progress, None, Result]:
        """Do a stage: its events with `share` and `left`; returns what it returns."""
        try:
            while True:
                yield self._of(next(stage))
        except StopIteration as end:
            result: Result = end.value
            return result
        finally:
            stage.close()

    def _of(self, progress: Progress) -> Progress:
        done = 0.0
        for part in self._parts:
            if part.stage == progress.stage:
                computed, todo = progress.done - progress.cached, max(1, progress.total - progress.cached)
                done += part.units * part.seconds * min(1.0, computed / todo)
                break
            done += part.units * part.seconds
        foreseen = self._whole - done
        pace = (time.monotonic() - self._start) / done if done >= STEADY_SECONDS else 1.0
        left = (foreseen * pace * WIDTH[0], foreseen * pace * WIDTH[1])
        return replace(progress, share=min(0.99, done / self._whole), left=left)
