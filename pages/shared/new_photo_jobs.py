"""Jobs about photos that a run has never seen, tests and predictions of many: those that failed, and which is shown."""

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.shared import actions, reading_question, state
from pages.shared.asked_jobs import why_it_ended
from pages.shared.widgets import plain
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run


def failed(run: Run, jobs: Sequence[tuple[str, Job]], stopped: str = "") -> None:
    """Those that nothing came of, each with the reason and what can be done; not those that wait for an answer.

    Args:
        jobs: each after its title, plain text. stopped: a sentence that comes first where somebody stopped it.
    """
    for title, job in jobs:
        if reading_question.is_question(job_status(job).error):
            continue  # asked above
        with st.container(border=True, key=f"new_photos_failed_{job.id}"):
            st.markdown(f"**{plain(title)}**")
            why_it_ended(job, stopped)
            if state.may_act(run):
                with st.container(horizontal=True):
                    st.button("Try again", key=f"retry_{job.id}", on_click=actions.retry_new_photos, args=(run, job))
                    st.button("Remove", key=f"remove_{job.id}", on_click=actions.delete_new_photos, args=(run, job))


def chosen(label: str, key: str, names: Mapping[str, str]) -> str:
    """The id of the one to show, the first where nobody chose; a choice where there are several.

    Args:
        key: begins that of the choice, which another job makes a new one. names: by id, newest first.
    """
    if len(names) == 1:
        return next(iter(names))
    return st.selectbox(label, list(names), format_func=names.__getitem__, key=f"{key}_{len(names)}")
