"""Watching a worker until it ends: a stop that it does not answer, the minutes and the memory that a job may take, and
how it died."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tlcore.errors import UserError
from tlcore.events import Died, Evaluated, Event, Failed, Finished, Started, Stopped
from tlcore.jobs.event_log import EventLog, read_events
from tlcore.jobs.line import Line
from tlcore.jobs.locks import LOCK, is_locked
from tlcore.jobs.places import entry_of
from tlcore.jobs.store import Job, request_stop, stop_reason, stop_requested
from tlcore.jobs.worker_memory import Held, held_memory
from tlcore.jobs.workers import Exit, Process, kill

POLL_SECONDS = 0.1
LOOK_SECONDS = 1.0  # between two looks at the memory and at what waits
BEGIN_PATIENCE_SECONDS = 300  # TensorFlow comes from a slow disk, on a machine that is short of memory
STOP_PATIENCE_SECONDS = 20  # a worker that does not answer a stop by then is ended
PACKING_PATIENCE_SECONDS = 300  # one that was stopped by a limit, and packs what was learned
LIMIT = "limit:"
NO_ANSWER = "It didn’t respond, so it was shut down. What it had computed is kept for later runs."


@dataclass(frozen=True)
class Allowance:
    """What a job may take: `minutes` of work, and `memory` in bytes; 0 for no limit."""

    minutes: float = 0
    memory: int = 0


class Supervision:
    """One job at work, watched from its worker's start, or from when another server's worker was found."""

    def __init__(self, job: Job, process: Process, allowed: Allowance, look: Callable[[], object]) -> None:
        """
        Args:
            look: is called every second, for what else is to be done meanwhile.
        """
        self.peak_bytes = 0
        self.ended_here = False
        self.memory_limit = 0  # the bytes that it may hold, once it was ended for holding more
        self._job, self._process, self._allowed, self._look = job, process, allowed, look
        self._minutes = allowed.minutes
        self._children = Held()  # at the last look
        self._start = time.monotonic()
        self._asked: float | None = None
        self._ends_at: float | None = None
        self._next_look = 0.0

    def wait(self, closing: threading.Event) -> Exit | None:
        """Until the worker has ended: how; None when `closing` came first, and the worker goes on."""
        while (end := self._process.exit()) is None:
            if closing.wait(POLL_SECONDS):
                return None
            now = time.monotonic()
            looks = now >= self._next_look
            self._watch_memory(with_children=looks)
            if looks:
                self._next_look = now + LOOK_SECONDS
                self._watch_begin(now)
                self._watch_minutes(now)
                self._look()
            self._watch_stop(now)
        return end

    def _watch_begin(self, now: float) -> None:
        """End a worker that hangs before it has begun: it counts as one that could not be started."""
        if now - self._start > BEGIN_PATIENCE_SECONDS and entry_of(self._job) is not None:
            kill(self._process.pid)

    def _watch_memory(self, with_children: bool) -> None:
        """End a worker that holds more than a job may. Its own memory is looked at ten times a second, since it can
        grow by a gigabyte within one; that of what it started once."""
        held = held_memory(self._process.pid, with_children=False)
        if with_children:
            all_of_it = held_memory(self._process.pid, with_children=True)
            self._children = Held(all_of_it.resident - held.resident, all_of_it.own - held.own)
        self.peak_bytes = max(self.peak_bytes, held.resident + self._children.resident)
        if self._allowed.memory and held.own + self._children.own > self._allowed.memory and not self.memory_limit:
            self.memory_limit = self._allowed.memory
            kill(self._process.pid)

    def _watch_minutes(self, now: float) -> None:
        """Ask the worker to stop when its time is over. It counts from the job's start, by another server too."""
        if not self._minutes:
            return
        if self._ends_at is None:
            started = [event for event in read_events(self._job) if isinstance(event, Started)]
            if started:
                self._ends_at = now + self._minutes * 60 - max(0.0, time.time() - started[-1].time)
        elif now > self._ends_at:
            request_stop(self._job, f"{LIMIT}{self._minutes:g}")

    def _watch_stop(self, now: float) -> None:
        """End a worker that does not answer a stop; one that has its figures has answered, and packs."""
        if not stop_requested(self._job)():
            return
        self._asked = self._asked or now
        waited = now - self._asked
        if waited <= STOP_PATIENCE_SECONDS:
            return
        packs = any(isinstance(event, Evaluated) for event in read_events(self._job))
        limited = stop_reason(self._job).startswith(LIMIT)
        if not packs or (limited and waited > PACKING_PATIENCE_SECONDS):
            self.ended_here = True
            kill(self._process.pid)


def settle(line: Line, job: Job, end: Exit, watch: Supervision | None = None) -> None:
    """Write down how a job's worker ended where it could not itself, and take the job off the list; it may wait again.

    Args:
        watch: what watched it; None where nobody did.
    """
    with line.locked():
        if entry_of(job) is not None or is_locked(job.folder / LOCK):
            return  # never begun, or started again meanwhile, or another worker was faster
        events = read_events(job)
        if _is_open(events):
            answered = watch and watch.ended_here and not any(isinstance(event, Evaluated) for event in events)
            peak, limit = (watch.peak_bytes, watch.memory_limit) if watch else (0, 0)
            last = Stopped(NO_ANSWER) if answered else Died(end.signal, end.code, peak, limit)
            try:
                EventLog(job).write(last)
            except UserError:  # a full disk, or the folder is gone: it counts as interrupted all the same
                pass
        line.forget(job)


def _is_open(events: list[Event]) -> bool:
    """Whether an attempt was begun and nothing tells its end."""
    begun = False
    for event in events:
        begun = isinstance(event, Started) or (begun and not isinstance(event, Finished | Failed | Stopped | Died))
    return begun


def limit_minutes(job: Job) -> float | None:
    """After how many minutes, the most that is allowed here, a job was asked to stop; None where somebody asked."""
    reason = stop_reason(job)
    try:
        return float(reason.removeprefix(LIMIT)) if reason.startswith(LIMIT) else None
    except ValueError:
        return None
