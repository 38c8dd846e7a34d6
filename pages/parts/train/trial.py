"""The place beside the score where new photos are tried; before there is a model it says when, in the same place."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import chrome, follow, packing, predict_panel
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Run


def not_yet() -> None:
    """While it trains."""
    _waiting("Try new photos here when training is done", "tl-not-yet tl-live")


def nothing() -> None:
    """Of a run that ended without a model."""
    _waiting("No model to try: this run has no result", "tl-not-yet tl-live")


def show(action: DeltaGenerator, run: Run, status: JobStatus) -> None:
    """The drop zone of a run with a score; before its model is packed, or where that failed, why it is not there."""
    if status.predicts:
        predict_panel.show(run)
        if status.active:
            _watch_the_end(run)
    elif status.active:
        packing.watch(run, status, lambda progress: _waiting(f"Try new photos here in a moment<br>{progress}"))
    else:
        packing.offer(action, run, status)


def _watch_the_end(run: Run) -> None:
    """A model predicts before its last files are written; when they are, the run can be continued, so draw it again."""

    @chrome.errors_shown()
    def ended() -> None:
        if not job_status(run).active:
            st.rerun()

    st.fragment(ended, run_every=follow.POLL_SECONDS, key="end")()


def _waiting(words: str, style: str = "tl-not-yet") -> None:
    st.html(f'<div class="tl-drop {style}"><p>{words}</p></div>')
