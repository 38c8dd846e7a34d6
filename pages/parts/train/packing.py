"""The line that says that a model is being packed, as long as it is."""

import streamlit as st

from pages.shared import chrome
from pages.shared.follow import PACKING, POLL_SECONDS
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Run


def show(run: Run, status: JobStatus) -> None:
    """While the model is being packed: a line that says so, and a look at what can be done once it is."""
    if not status.active:
        return

    @chrome.errors_shown()
    def packed() -> None:
        if not job_status(run).active:
            st.rerun()
        st.caption(PACKING)

    st.fragment(packed, run_every=POLL_SECONDS, key="packing")()
