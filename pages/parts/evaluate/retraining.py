"""A run on corrected photos while it trains: its progress in place of the results, which come by themselves."""

import streamlit as st

from pages.shared import follow
from tlcore.jobs.status import JobStatus
from tlcore.jobs.store import Run


def is_shown(run: Run, status: JobStatus) -> bool:
    """Whether a run is one that is awaited here."""
    return bool(run.before) and status.active and not status.usable


def show(run: Run) -> None:
    """Its progress, until it has test results."""
    st.subheader("Training on the corrected photos", anchor=False)
    follow.watch(run, lambda status: None)
