"""File locks that say whether a process lives: one a job while it is worked on, one a server while it has a queue.

The system frees a lock at every kind of death, so nobody has to trust a process id that may have been used again.
"""

from pathlib import Path

from filelock import FileLock, Timeout

LOCK = "job.lock"  # in a job's folder, held by the process that works on it
SERVERS = "servers"  # the folder in a workspace with one lock a server that has a queue


def is_locked(path: Path) -> bool:
    """Whether a living process holds this lock; the system frees it when the process ends, however it ends."""
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False
