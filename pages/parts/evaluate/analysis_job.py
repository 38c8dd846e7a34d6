"""A section that a job has to find out first: the offer with its button, the job's progress, why it ended."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pages.shared import actions, follow, state
from pages.shared.asked_jobs import analysis_of, why_it_ended
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages.ensembles import NOT_FOR_ENSEMBLES


def show(
    run: Run,
    what: str,
    button: str,
    offer: Callable[[], None],
    options: Mapping[str, Any] | None = None,
    draw: Callable[[], None] = lambda: None,
) -> None:
    """What stands where an analysis has not found anything yet.

    Args:
        what: the analysis, a key of `worker.handlers.ANALYSES`. button: its words.
        offer: draws what it would find out, and how long that takes.
        draw: draws what the job has found so far, while it is at work and where it ended early.
    """
    if run.ensemble is not None and what in NOT_FOR_ENSEMBLES:
        st.caption(NOT_FOR_ENSEMBLES[what])
        return
    job = analysis_of(run, what, options)
    if job is not None and job_status(job).active:
        follow.watch(job, lambda status: draw())
        return
    if job is not None:
        why_it_ended(job)
        draw()
    offer()
    if state.may_act(run):
        st.button(button, key=f"analyse_{what}", on_click=actions.analyse, args=(run, what, options))
