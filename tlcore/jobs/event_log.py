"""The events of a job: what has happened, a line each, written so that a kill or a full disk loses at most one."""

import errno
import os
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tlcore.events import Event, Progress, decode, encode
from tlcore.jobs.store import EVENTS, Job
from tlcore.workspace import disk_error

RESERVE, RESERVE_BYTES = ".reserve", 16_384
PROGRESS_SECONDS = 0.2  # more often nobody can see it


def read_events(job: Job, file: str = EVENTS) -> list[Event]:
    """What has happened so far; a line that a killed process left half-written is passed over.

    Args:
        file: of an earlier attempt, `EARLIER`, in place of this one's.
    """
    return read_events_in(job.folder, file)


def read_events_in(folder: Path, file: str = EVENTS) -> list[Event]:
    """As `read_events`, of the job in a folder."""
    try:
        text = (folder / file).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    events = []
    for line in text.split("\n"):  # a name in an event may hold what `splitlines` takes for a line's end
        try:
            events.append(decode(line))
        except ValueError:
            continue
    return events


class EventLog:
    """Appends events to a job's `events.jsonl`, progress no more often than a person can see.

    A line that a killed process left half-written is ended first, or the next event would be lost with it. `reserve`
    puts some bytes aside on the disk, so that how a job ended can be written when the disk is full.
    """

    def __init__(self, job: Job) -> None:
        self._path = job.folder / EVENTS
        self._reserve = job.folder / RESERVE
        self._last_progress = 0.0

    def reserve(self) -> None:
        """Put room for the last event aside; where there is none, there is none to be given up either."""
        with suppress(OSError):
            self._reserve.write_bytes(bytes(RESERVE_BYTES))

    def release(self) -> None:
        """Give up what was put aside."""
        with suppress(OSError):
            self._reserve.unlink(missing_ok=True)

    def write(self, event: Event) -> None:
        """Append an event.

        Raises:
            UserError: it could not be written; progress is passed over then, since what matters meets the same disk.
        """
        if isinstance(event, Progress):
            now = time.monotonic()
            if event.cached < event.done < event.total and now - self._last_progress < PROGRESS_SECONDS:
                return
            self._last_progress = now
        try:
            _append(self._path, encode(replace(event, at=round(time.time(), 3))) + "\n")
        except OSError as error:
            if not isinstance(event, Progress):
                raise disk_error(self._path, error) from error


def _append(path: Path, line: str) -> None:
    """Add a line whole or not at all, on a line of its own even after one that a killed process left half-written."""
    with open(path, "a+b", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 1))
        data = (b"" if file.read(1) in (b"", b"\n") else b"\n") + line.encode()
        try:
            if file.write(data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        except OSError:
            with suppress(OSError):
                file.truncate(end)
            raise
