"""Ctrl-C while a job is worked on in this process: the first one asks it to stop and keep what there is."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tlcore.events import Event
from tlcore.jobs.store import Job, request_stop, stop_requested


@contextmanager
def stopping_on_ctrl_c(job: Job) -> Iterator[None]:
    """The first Ctrl-C asks the job to stop and keep what it has; the second one raises KeyboardInterrupt as ever.

    Only the main thread of a process can hear a Ctrl-C; in another one nothing is changed.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is None:  # None: not set from Python
        yield
        return

    def ask(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        ask_to_stop(job)

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def stopping_listener(job: Job, on_event: Callable[[Event], object]) -> Callable[[Event], None]:
    """`on_event`, but the first KeyboardInterrupt that it raises asks the job to stop as a Ctrl-C does."""

    def listen(event: Event) -> None:
        try:
            on_event(event)
        except KeyboardInterrupt:
            if stop_requested(job)():
                raise
            ask_to_stop(job)

    return listen


def ask_to_stop(job: Job) -> None:
    """Ask the job to stop, and say so on standard error."""
    request_stop(job)
    print("\nStopping; what was learned is kept. Press Ctrl-C again to end at once.", file=sys.stderr)
