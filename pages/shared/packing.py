"""Between the test figures and the model: that it is being checked and saved, or that this still has to be done."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import chrome, follow, widgets
from tlcore.events import StageKey
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Run
from tlcore.messages.endings import unpacked_message

PACKING = "Checking and saving the model…"


def watch(run: Run, status: JobStatus) -> None:
    """While the model is being checked and packed: a line that says so, and a look at what can be done once it is."""
    if not status.active:
        return

    @chrome.errors_shown()
    def packed() -> None:
        now = job_status(run)
        if not now.active:
            st.rerun()
        st.caption(PACKING + _how_far(now))

    st.fragment(packed, run_every=follow.POLL_SECONDS, key="packing")()


def offer(action: DeltaGenerator, run: Run, status: JobStatus) -> None:
    """A run that ended before its model was packed: why, and the button that packs it or begins again."""
    if status.error and status.error.bug:
        chrome.show_failure(status.error)
    ending = unpacked_message(run, status)
    widgets.note(f"**{widgets.plain(ending.what)}** {widgets.plain(ending.fix)}")
    if not follow.continue_button(run, status, action):
        follow.restart_button(run, action, primary=True)


def _how_far(status: JobStatus) -> str:
    last = status.last_progress
    if last is None or last.stage != StageKey.VERIFY:
        return ""
    return f" {last.done:,} of {last.total:,} test photos checked"
