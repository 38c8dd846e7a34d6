"""What changes a job: stop it, continue it, restart it, move it in the queue. Each asks whether this visitor may.

A button that is not drawn is no guard: it may have been drawn when the visitor still had the right, and a browser
sends what it likes. So nothing else in pages/ changes a job (tests/security/test_forged_messages.py reads the code
for it).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from pages.shared import room, state
from pages.shared.widgets import plain
from tlcore.errors import UserError
from tlcore.jobs import store
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run

REFUSED = "refused"  # in the session: said once by the next page, since a callback has no place on one


def stop(job: Job) -> None:
    """Take a job out of the line, or ask the one in work to stop and keep what there is."""
    if _is_allowed(job):
        state.queue().cancel(job)
        status = job_status(job)
        if status.active and not status.usable:  # one with figures is being packed and checked, which must be whole
            store.request_stop(job)


def resume(job: Job) -> None:
    """Continue a training from its last epoch."""
    _do(lambda run: (room.for_runs(1), state.queue().resume(run)), job)


def restart(job: Job) -> None:
    """Do a job once more from the beginning."""
    _do(lambda job: (isinstance(job, Run) and room.for_runs(1), state.queue().restart(job)), job)


def leave_line(job: Job) -> None:
    """Take a job that waits out of the line."""
    _do(state.queue().cancel, job)


def go_first(job: Job) -> None:
    """Let a job that waits go before others."""
    _do(state.queue().move_to_front, job)


def _do(act: Callable[[Job], object], job: Job) -> None:
    if _is_allowed(job):
        with refusals_kept():
            act(job)


@contextmanager
def refusals_kept() -> Iterator[None]:
    """Around what a button's callback does: a UserError becomes words that the next page, or fragment, says."""
    try:
        yield
    except UserError as error:
        st.session_state[REFUSED] = f"**{plain(error.what)}** {plain(error.fix)}"


def _is_allowed(job: Job) -> bool:
    """Whether this visitor may change a job; if not, the next page says so."""
    allowed = state.may_act(job)
    if not allowed:
        st.session_state[REFUSED] = (
            "**Nothing was changed: this belongs to someone else.** Ask its owner for a link with “Look and change”."
        )
    return allowed
