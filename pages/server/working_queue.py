"""The queue of jobs works from the server's start to its end, whether or not anybody opens a page."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tlcore.classroom.rules import admit
from tlcore.errors import UserError
from tlcore.jobs.queue import queue_of
from tlcore.workspace import opened_workspace


@contextmanager
def working_queue() -> Iterator[None]:
    """Take up what waited or ran when the last server ended; at the end the queue is closed, and running jobs go on."""
    try:
        queue = queue_of(opened_workspace(os.environ.get("TRANSFERLAB_HOME")), admit)
    except UserError:  # the workspace cannot be written: every page says so
        yield
        return
    try:
        yield
    finally:
        queue.close()
