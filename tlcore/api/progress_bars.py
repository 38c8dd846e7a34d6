"""Progress bars: events in, one bar a stage on standard error or in a notebook out."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tlcore.events import EpochEnd, Event, Failed, Finished, Progress, StageKey, Stopped
from tlcore.messages.durations import whole_time_left_message
from tlcore.messages.progress import stage_title, unit_name


@contextmanager
def showing(
    progress: bool | None, on_event: Callable[[Event], object] | None = None
) -> Iterator[Callable[[Event], None]]:
    """A function to give every event to: it draws the bars, then calls `on_event`.

    Args:
        progress: whether bars are shown. None: where a person can see them, unless `on_event` is given.
    """
    wanted = (on_event is None and can_show_bars()) if progress is None else progress
    with ProgressBars(wanted) as bars:

        def show(event: Event) -> None:
            bars.show(event)
            if on_event is not None:
                on_event(event)

        yield show


def can_show_bars() -> bool:
    """Whether a person sees standard error: it is a terminal, or this is a notebook."""
    return _in_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def _in_notebook() -> bool:
    """Whether this process is the kernel of a notebook; a terminal's IPython is none."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


class ProgressBars:
    """Shows one bar a stage; use it as a context manager.

    Args:
        enabled: False draws nothing; None draws where a person can see it.
    """

    def __init__(self, enabled: bool | None = None) -> None:
        self._enabled = can_show_bars() if enabled is None else enabled
        self._bar: Any = None  # a tqdm, of the kind that fits a terminal or a notebook
        self._stage: StageKey | None = None

    def __enter__(self) -> "ProgressBars":
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def show(self, event: Event) -> None:
        """Draw an event; those that have no bar are passed over, the last one of a job ends its bar."""
        if not self._enabled:
            return
        if isinstance(event, Progress) and event.stage in (StageKey.PREPARE, StageKey.PACK):
            return  # nobody counts anything of them
        if isinstance(event, Progress):
            unit = "B" if event.unit == "bytes" else f" {unit_name(event.unit)}"
            self._move(event.stage, event, unit)
            if event.left is not None:
                self._bar.set_postfix_str(whole_time_left_message(event.left), refresh=False)
        elif isinstance(event, EpochEnd):
            if event.phase == "head":  # while the network is fine-tuned, its steps have a bar
                epochs = Progress(StageKey.TRAIN_HEAD, event.epoch, event.epochs)
                self._move(epochs.stage, epochs, " epochs")
            if self._bar is not None:
                words = (f"validation {event.val_accuracy:.1%}", whole_time_left_message(event.left))
                self._bar.set_postfix_str(", ".join(word for word in words if word), refresh=False)
        elif isinstance(event, Finished | Stopped | Failed):
            self._close()

    def _move(self, stage: StageKey, event: Progress, unit: str) -> None:
        if stage != self._stage or event.done < self._bar.n:  # the same stage once more has a bar of its own
            from tqdm.auto import tqdm  # here, since most of a program's life shows no bar

            self._close()
            self._stage = stage
            self._bar = tqdm(
                total=event.total,
                initial=event.cached,  # what was there before took no time
                desc=stage_title(stage),
                unit=unit,
                unit_scale=unit == "B",
                file=sys.stderr,
                leave=True,
            )
        self._bar.update(event.done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar, self._stage = None, None
