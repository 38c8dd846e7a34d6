"""How a server does, in sentences for who keeps it."""

from collections.abc import Mapping
from types import MappingProxyType

from tlcore.messages.durations import about_message
from tlcore.messages.quantities import count, format_bytes
from tlcore.storage.health import Health
from tlcore.storage.overview import VisitorOverview

NOT_WRITABLE = "Nothing can be written into the workspace. Check its folder’s permissions and the disk."
STUCK = "Jobs wait, and nothing works on them. Restart the server; the log says why if it happens again."
NO_ROOM = "The disk is full, or the workspace takes all that it may. Delete something, or raise disk_mb."


def health_lines(health: Health) -> list[str]:
    """What is worked on, what waits, the disk, the memory; then what is wrong, if anything is."""
    working, waiting = sum(health.working.values()), sum(health.waiting.values())
    wait = (
        f", the first for {about_message(health.longest_wait, health.longest_wait)}"
        if waiting and health.longest_wait
        else ""
    )
    allowed = f" of {format_bytes(health.disk_allowed)}" if health.disk_allowed else ""
    lines = [
        f"At work: {count(working, 'job')}. Waiting: {count(waiting, 'job')}{wait}.",
        f"Workspace: {format_bytes(health.disk_used)}{allowed}. Free on the disk: {format_bytes(health.disk_free)}.",
        f"Memory: {format_bytes(health.memory_free)} of {format_bytes(health.memory_total)} free.",
    ]
    wrong = ((not health.writable, NOT_WRITABLE), (not health.has_room, NO_ROOM), (health.stuck, STUCK))
    return lines + [words for is_so, words in wrong if is_so]


def visitor_title(visitor: str, groups: Mapping[str, str] = MappingProxyType({})) -> str:
    """What a visitor is called where the owner reads it: a group by its name, others by how the public one begins.

    Args:
        groups: names of groups, as in classroom/store.py.
    """
    if visitor in groups:
        return f"Group “{groups[visitor]}”"
    return f"Visitor {visitor[:8]}" if visitor else "You"


def job_title(kind: str) -> str:
    """What a kind of job is called: "Training"."""
    return _JOBS.get(kind, kind)


_JOBS = {
    "train": "Training",
    "import": "Import",
    "advice": "Recommendation",
    "check": "Photo check",
    "analysis": "Analysis",
    "network": "Network import",
    "scoring": "Scoring of a classroom",
}


def visitor_deletion_message(found: VisitorOverview, groups: Mapping[str, str] = MappingProxyType({})) -> str:
    """What would go with a visitor's things, before it does."""
    kept = found.usage
    parts = [count(kept.datasets, "data set"), count(kept.runs, "training run"), format_bytes(kept.bytes)]
    return (
        f"This deletes everything that {visitor_title(found.visitor, groups)} made here: {', '.join(parts)}. "
        "A running training is stopped. This cannot be undone."
    )
