"""File locks that say whether a process lives: one a job while it is worked on, one a kind of job for its worker.

The system frees a lock at every kind of death, so nobody has to trust a process id that may have been used again.
"""

import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

LOCK = "job.lock"  # in a job's folder, held by the process that works on it


def is_locked(path: Path) -> bool:
    """Whether a living process holds this lock; the system frees it when the process ends, however it ends.

    Looking takes nothing away: on POSIX it is a shared lock for a moment, so that of two who look at once neither takes
    the other for the holder.
    """
    if os.name == "posix":
        return _is_held(path)
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def _is_held(path: Path) -> bool:
    """`is_locked` by flock(2), which is what a FileLock holds on POSIX."""
    import fcntl  # Windows has none

    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:  # there is none, or not for us
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        with suppress(OSError):
            os.close(file)
    return False
