"""Signals while a job is worked on in this process: the first one asks it to stop and keep what there is.

Ctrl-C (INT) comes from a person. TERM and HUP come from whoever ends programs: a batch system, a shutdown, a terminal
that was closed. They are answered alike; only what is said of it differs, so the reason is kept (`stop_reason`).
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tlcore.events import Event
from tlcore.jobs.store import Job, request_stop, stop_reason, stop_requested

FROM_OUTSIDE = ("SIGTERM", "SIGHUP")
"""The names of the signals that no person at this job sent; Windows has not all of them."""


@contextmanager
def stopping_on_signals(job: Job) -> Iterator[None]:
    """The first INT, TERM or HUP asks the job to stop and keep what it has; the second does what it did before.

    A signal that is ignored stays so (`nohup`). Only the main thread of a process can hear signals; in another one
    nothing is changed.
    """
    before = {}
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in ("SIGINT", *FROM_OUTSIDE) if hasattr(signal, name)]
        found = {number: signal.getsignal(number) for number in numbers}
        before = {number: old for number, old in found.items() if old not in (None, signal.SIG_IGN)}

    def ask(number: int, frame: object) -> None:
        for each, old in before.items():
            signal.signal(each, old)
        name = signal.Signals(number).name
        if name == "SIGHUP":
            _let_go_of_the_terminal()
        ask_to_stop(job, name if name in FROM_OUTSIDE else "")

    for number in before:
        signal.signal(number, ask)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


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


def ask_to_stop(job: Job, reason: str = "") -> None:
    """Ask the job to stop, and say so on standard error.

    Args:
        reason: as in `request_stop`.
    """
    with suppress(OSError):  # its folder was deleted, and the job will find that out itself
        request_stop(job, reason)
    again = "" if reason else " Press Ctrl-C again to quit now."
    with suppress(OSError, ValueError):  # nobody may be listening any more
        print(f"\nStopping. What was trained so far is kept.{again}", file=sys.stderr)


def exit_code_of(job: Job) -> int:
    """What a command gives back whose job was ended by a signal from outside, as shells count: 128 + its number.

    0 where none was.
    """
    name = stop_reason(job)
    return int(128 + getattr(signal, name)) if name in FROM_OUTSIDE and hasattr(signal, name) else 0


def _let_go_of_the_terminal() -> None:
    """The terminal is gone: what is printed from now on goes nowhere, and is no error."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):
            if os.isatty(descriptor):
                os.dup2(nowhere, descriptor)
        os.close(nowhere)
