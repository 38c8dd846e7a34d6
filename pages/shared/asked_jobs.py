"""Jobs that somebody asked for on a page: the one that finds something out about a run, and why a job ended."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.shared import state
from pages.shared.chrome import show_failure
from pages.shared.widgets import plain
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run, analysis_id, open_job
from tlcore.messages.endings import interruption_message


def analysis_of(run: Run, what: str, options: Mapping[str, Any] | None = None) -> Job | None:
    """The job of an analysis, None where nobody asked for it."""
    try:
        return open_job(state.workspace().analyses / analysis_id(run.id, what, options))
    except UserError:
        return None


def why_it_ended(job: Job, stopped: str = "") -> None:
    """Why there is no result: an error, a stop, or a process that died; nothing where the job is not over.

    Args:
        stopped: a sentence that comes first where somebody stopped it.
    """
    status = job_status(job)
    if status.error:
        show_failure(status.error)
    elif status.stopped:
        st.caption(f"{stopped} {plain(status.stopped.kept)}".strip())
    elif status.state == "interrupted" and status.started:
        ending = interruption_message(job, status)
        st.caption(f"{plain(ending.what)} {plain(ending.fix)}")
