"""How a server does, in sentences for who keeps it."""

from tlcore.messages.durations import about_message
from tlcore.messages.quantities import count, format_bytes
from tlcore.storage.health import Health

NOT_WRITABLE = "Nothing can be written into the workspace. Check its folder’s permissions and the disk."
NO_ROOM = "The disk is full, or the workspace takes all that it may. Delete something, or raise disk_mb."


def health_lines(health: Health) -> list[str]:
    """What is worked on, what waits, the disk; then what is wrong, if anything is."""
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
    ]
    return lines + [NOT_WRITABLE] * (not health.writable) + [NO_ROOM] * (not health.has_room)
