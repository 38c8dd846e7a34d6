"""Which jobs of a workspace are under way, without a look at each of thousands that are over.

A job that is over stays so until somebody begins it again, and then the list of jobs is another one (listing.py). So
only those that were not over at the last look are looked at again while the list is the same.
"""

import threading
from functools import lru_cache
from pathlib import Path

from tlcore.jobs.status import JobStatus, Mark, is_over, job_status, mark_of
from tlcore.jobs.store import Job, list_jobs
from tlcore.workspace import Workspace


def active_jobs(workspace: Workspace) -> list[tuple[Job, JobStatus]]:
    """The trainings, then imports and checks that wait or are worked on, each with how it stands; the oldest first."""
    folders = (workspace.runs, workspace.imports, workspace.checks)
    return [pair for folder in folders for pair in _open_jobs(folder).active()]


@lru_cache(maxsize=8)
def _open_jobs(parent: Path) -> "_OpenJobs":
    return _OpenJobs(parent)


class _OpenJobs:
    """The jobs of one folder that are not over; threads may share it."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._listed: tuple[Job, ...] = ()
        self._open: list[Job] = []
        self._over: dict[str, Mark] = {}  # by id: the events in which it was over
        self._mutex = threading.Lock()

    def active(self) -> list[tuple[Job, JobStatus]]:
        """Those that wait or are worked on."""
        listed = list_jobs(self._parent)
        with self._mutex:
            if listed is not self._listed:  # any of them may have been begun again
                self._over = {job.id: mark for job in listed if (mark := self._mark_of_end(job))}
                self._listed, self._open = listed, [job for job in listed if job.id not in self._over]
            self._over |= {job.id: mark for job in self._open if (mark := mark_of(job)) and is_over(job)}
            left = self._open = [job for job in self._open if job.id not in self._over]
        found = [(job, job_status(job)) for job in left]
        return sorted(((job, status) for job, status in found if status.active), key=lambda pair: pair[0].id)

    def _mark_of_end(self, job: Job) -> Mark | None:
        """The state of its events in which a job was over at an earlier look, if it is that still."""
        known = self._over.get(job.id)
        return known if known is not None and known == mark_of(job) else None
