"""How photos are to be read, where a job could not decide it: which classes they have, or which names are right.

The questions themselves are in layout_question.py and encoding_question.py; here stands which is asked, and what the
answer means for the job that is begun with it.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.shared import actions, encoding_question, layout_question
from pages.shared.widgets import plain
from tlcore.data.layout import KEYS
from tlcore.events import Failed
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run


def is_question(error: Failed | None) -> bool:
    """Whether a job ended only because a person has to answer."""
    return error is not None and bool(error.choices or error.encodings)


def heading(error: Failed) -> tuple[str, str]:
    """The title of the question, and what to do."""
    if error.choices:
        return layout_question.TITLE, layout_question.sentence(error.choices)
    return encoding_question.TITLE, encoding_question.sentence(error.encodings)


def ask(job: Job, error: Failed, options: Mapping[str, Any]) -> dict[str, str]:
    """Draw the choices; returns what the pressed one changes in the options, nothing where none was pressed.

    Args:
        options: that the job had, with "layout" for answers given earlier.
    """
    if error.choices:
        layout = layout_question.ask(job, error.choices)
        return {"layout": KEYS.join(filter(None, (options.get("layout", ""), layout)))} if layout else {}
    encoding = encoding_question.ask(job, error.encodings)
    return {"encoding": encoding} if encoding else {}


def is_asked(run: Run, jobs: list[Job]) -> bool:
    """Whether the newest of some jobs about a run's new photos waits for an answer; then the question is drawn."""
    job = jobs[0] if jobs else None
    error = job_status(job).error if job is not None else None
    if job is None or error is None or not is_question(error):
        return False
    title, sentence = heading(error)
    st.markdown(f"**{plain(title)}** {plain(sentence)}")
    if answer := ask(job, error, job.spec["options"]):
        actions.replace_new_photos(run, job, answer)
        st.rerun()
    st.button("Cancel", key=f"cancel_{job.id}", on_click=actions.delete_new_photos, args=(run, job))
    return True
