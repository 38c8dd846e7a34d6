"""Progress bars on a terminal: events in, bars on standard error out. Silent where there is no terminal."""

import sys

from tqdm import tqdm

from tlcore.events import EpochEnd, Event, Progress
from tlcore.messages.durations import whole_time_left_message
from tlcore.messages.progress import stage_title

UNITS = {"bytes": "B"}


class Bars:
    """Shows one bar a stage; use it as a context manager."""

    def __init__(self) -> None:
        self._bar: tqdm | None = None
        self._stage = ""

    def __enter__(self) -> "Bars":
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def show(self, event: Event) -> None:
        """Draw an event; those that have no bar are passed over."""
        if isinstance(event, Progress):
            unit = UNITS.get(event.unit, f" {event.unit}")
            self._move(stage_title(event.stage), event.done, event.total, unit)
            if event.left is not None:
                self._bar.set_postfix_str(whole_time_left_message(event.left), refresh=False)
        elif isinstance(event, EpochEnd):
            if event.phase == "head":  # with the network open, its steps have a bar
                self._move("Training", event.epoch, event.epochs, " epochs")
            if self._bar is not None:
                words = (f"validation {event.val_accuracy:.1%}", whole_time_left_message(event.left))
                self._bar.set_postfix_str(", ".join(word for word in words if word), refresh=False)

    def _move(self, stage: str, done: int, total: int, unit: str) -> None:
        if stage != self._stage:
            self._close()
            self._stage = stage
            self._bar = tqdm(
                total=total, desc=stage, unit=unit, unit_scale=unit == "B", file=sys.stderr, disable=None, leave=True
            )
        self._bar.update(done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar, self._stage = None, ""
