"""How much memory a job may hold, and how much it does: the worker of one job must not take the server's with it.

What counts is what a process has for itself. Pages of files that Linux can drop (TensorFlow's libraries are 450 MB of
them) do not, so that the count is the one by which a small machine or a container runs out.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from tlcore.machine import total_memory
from tlcore.settings import Limits, is_hosted

SERVER_BYTES = 350_000_000
"""What a host keeps for the server itself: 160 MB of its own when it has shown its pages, 290 MB with the models of its
last four visitors in memory (benchmarks/demo_day.py), and 0.7 MB for each open tab."""
FIRST_TO_GO = 500
"""Of 1,000: where the system is out of memory, it ends a worker before the server that everybody uses."""


@dataclass(frozen=True)
class Held:
    """Bytes that a process and what it started hold: `resident` in all, `own` without what can be dropped."""

    resident: int = 0
    own: int = 0


def memory_limit(limits: Limits, hosted: bool | None = None) -> int:
    """The bytes that one job may hold here; 0 for no limit.

    Args:
        hosted: whether this is a host; None: as `is_hosted` says.
    """
    most = [int(limits.worker_mb * 1e6)] if limits.worker_mb else []
    if is_hosted() if hosted is None else hosted:
        most.append(max(SERVER_BYTES, total_memory() - SERVER_BYTES))
    return min(most, default=0)


def held_memory(pid: int, with_children: bool) -> Held:
    """What a process holds now, and what it started; nothing where it is gone."""
    try:
        process = psutil.Process(pid)
        children = process.children(recursive=True) if with_children else []  # looks through all processes
        found = [_held(each) for each in [process, *children]]
    except (psutil.Error, ValueError):
        return Held()
    return Held(sum(each.resident for each in found), sum(each.own for each in found))


def _held(process: psutil.Process) -> Held:
    try:
        info = process.memory_info()
    except psutil.Error:  # a child that has just ended
        return Held()
    return Held(info.rss, info.rss - getattr(info, "shared", 0))


def let_system_choose(place: Path = Path("/proc/self/oom_score_adj")) -> None:
    """Tell the system to end this process, and what it starts, before others when memory runs out; on Linux only."""
    if not sys.platform.startswith("linux"):
        return
    try:
        if int(place.read_text()) < FIRST_TO_GO:
            place.write_text(str(FIRST_TO_GO))
    except (OSError, ValueError):  # a sandbox that does not allow it
        return
