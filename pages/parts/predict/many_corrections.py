"""Photos with a wrong prediction join the data set of the run, under the class that a person gave them."""

from collections.abc import Sequence

import streamlit as st

from pages.shared import actions, asked_jobs, follow, state
from pages.shared.widgets import plain
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run, load_import
from tlcore.messages.quantities import count

ADDING = "many_adding_"  # in the session, with the job: the import under way, how many photos, and their class


def dataset_of(run: Run) -> Dataset | None:
    """The newest version of the run's data set, where this visitor may add to it."""
    try:
        dataset = state.dataset_of(state.newest_version(run.dataset_id))
    except UserError:  # it was deleted
        return None
    return dataset if state.may_act(dataset) else None


def add(run: Run, job: Job, paths: Sequence[str], label: str) -> None:
    """Add photos to the data set; the page follows it."""
    with actions.refusals_kept():
        started = actions.add_predicted(run, job, paths, label)
        if started is not None:
            st.session_state[ADDING + job.id] = (started.id, len(paths), label)
    st.rerun()


def follow_adding(run: Run, job: Job) -> None:
    """What becomes of the photos that are being added."""
    adding = st.session_state.get(ADDING + job.id)
    if adding is None:
        return
    import_id, number, label = adding
    try:
        started = load_import(state.workspace(), import_id)
    except UserError:  # cleaned away
        st.session_state.pop(ADDING + job.id, None)
        return
    status = job_status(started)
    if status.active:
        follow.watch(started, lambda status: None)
        return
    if status.finished:
        dataset = dataset_of(run)
        name = f" to “{plain(dataset.name)}”" if dataset is not None else ""
        st.markdown(f"Added {count(number, 'photo')}{name} as {plain(label)}. Train again to learn from them.")
        with st.container(horizontal=True):
            st.page_link("pages/data.py", label="See the data set, or undo it", query_params=state.link())
    else:
        asked_jobs.why_it_ended(started)


def delete_button(run: Run, job: Job) -> None:
    """Deletes the predictions, with the photos that were uploaded for them."""
    st.button("Delete these predictions", key=f"delete_{job.id}", on_click=actions.delete_predictions, args=(run, job))
