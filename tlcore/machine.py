"""How much memory there is for us: that of the machine, or less where a container or a service is given less."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

SMALL_BYTES = 2_500_000_000
"""Below this much memory a trainer that waits (600 MB) beside the server (250 MB) leaves too little for a training
(1.2 GB with hybrid), and a training saves memory at the price of some time (docs/notes/small-machine.md)."""


GROUPS, MEMBERSHIP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def total_memory(groups: Path = GROUPS, membership: Path = MEMBERSHIP) -> int:
    """Bytes that this process and those beside it may use together.

    Args:
        groups: where Linux reports the limits of control groups, version 1 or 2.
        membership: the file that tells which of them this process is in.
    """
    total = int(psutil.virtual_memory().total)
    return min([total, *(group.limit for group in limited_groups(groups, membership))])


def is_small() -> bool:
    """Whether this machine has to be careful with memory."""
    return total_memory() < SMALL_BYTES


@dataclass(frozen=True)
class LimitedGroup:
    """A control group whose memory is limited to `limit` bytes. `used`: the file that tells what it holds now."""

    limit: int
    used: Path


def limited_groups(groups: Path = GROUPS, membership: Path = MEMBERSHIP) -> Iterator[LimitedGroup]:
    """The group of this process and all around it; a container sees its own group as the topmost one."""
    try:
        rows = [line.split(":", 2) for line in membership.read_text().splitlines() if line.count(":") > 1]
    except OSError:  # another system than Linux
        rows = []
    inside = next((path for number, _, path in rows if number == "0"), "/")
    inside_first = next((path for _, names, path in rows if "memory" in names.split(",")), "/")
    for top, path, limit, used in (
        (groups, inside, "memory.max", "memory.current"),
        (groups / "memory", inside_first, "memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        for part in (Path(path), *Path(path).parents):
            folder = top / str(part).lstrip("/")
            try:
                yield LimitedGroup(int((folder / limit).read_text()), folder / used)
            except (OSError, ValueError):  # no such group in sight, or no limit ("max")
                continue
