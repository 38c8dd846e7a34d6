"""What is worked on and what waits, whoever asked for it, and the way to stop it."""

import streamlit as st

from pages.shared import actions, chrome, state
from pages.shared.widgets import plain
from tlcore.classroom.store import group_names
from tlcore.jobs.status import JobStatus
from tlcore.jobs.store import Job, Run
from tlcore.messages.host import job_title, visitor_title
from tlcore.messages.progress import progress_message

POLL_SECONDS = 5
MOST = 20  # jobs


def show() -> None:
    """The list, looked at again every few seconds."""
    st.subheader("Jobs", anchor=False)
    st.fragment(chrome.errors_shown()(_list), run_every=POLL_SECONDS, key="host_jobs")()


def _list() -> None:
    found = state.all_active_jobs()
    if not found:
        st.caption("Nothing is running, and nothing waits.")
    groups = group_names(state.workspace())
    for job, status in found[:MOST]:
        _row(job, status, visitor_title(job.visitor, groups))
    if len(found) > MOST:
        st.caption(f"And {len(found) - MOST:,} more.")


def _row(job: Job, status: JobStatus, who: str) -> None:
    config = job.config if isinstance(job, Run) else None
    progress = progress_message(status, state.queue().position(job), config)[1]
    with st.container(horizontal=True, vertical_alignment="center", key=f"host_job_{job.id}"):
        st.markdown(f"**{job_title(job.kind)}** · {plain(who)} · {plain(progress)}")
        st.button("Stop", key=f"host_stop_{job.id}", on_click=actions.stop, args=(job,))
