"""Photos join a run's data set under the class that a person gives them: the job, and what came of it.

Those of the live camera are handed in by live_adding.py; the import that adds them is followed here too.
"""

from collections.abc import Iterable

import streamlit as st

from pages.shared import actions, asked_jobs, follow, state
from pages.shared.widgets import plain
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run, load_import
from tlcore.messages.quantities import count

ADDING = "adding_"  # in the session, with a place on a page: the id of the import
WORDS = "added_"  # likewise: how many photos, and their class


def dataset_of(run: Run) -> Dataset | None:
    """The newest version of the run's data set, where this visitor may add to it."""
    try:
        dataset = state.dataset_of(state.newest_version(run.dataset_id))
    except UserError:  # it was deleted
        return None
    return dataset if state.may_act(dataset) else None


def begin(place: str, run: Run, files: Iterable[tuple[str, bytes]], label: str) -> None:
    """Add photos (name, content) to the data set of a run. Raises UserError where that is not possible.

    Args:
        place: where on the page `result` shows what comes of it.
    """
    photos = list(files)
    job = actions.add_to_dataset(run, photos, label)
    if job is not None:
        remember(place, job)
        st.session_state[WORDS + place] = (len(photos), label)


def remember(place: str, job: Job) -> None:
    """An import that adds photos, which `followed` finds by its place on the page."""
    st.session_state[ADDING + place] = job.id


def forget(place: str) -> None:
    """Nothing is said any more of what was added last."""
    st.session_state.pop(ADDING + place, None)


def followed(place: str) -> str:
    """Draw how far the import of a place is, or why nothing came of it; the id of the data set once it has them."""
    job_id = st.session_state.get(ADDING + place)
    if job_id is None:
        return ""
    try:
        job = load_import(state.workspace(), job_id)
    except UserError:  # cleaned away
        forget(place)
        return ""
    status = job_status(job)
    if status.active:
        follow.watch(job, lambda status: None, is_among_others=True)
    elif not status.finished:
        asked_jobs.why_it_ended(job)
        reasons = status.error.reasons if status.error else ()
        if reasons:
            st.markdown("\n".join(f"- {plain(reason)}" for reason in reasons))
    return status.finished.result if status.finished else ""


def result(place: str, run: Run) -> None:
    """What becomes of the photos that are being added, or were added last."""
    if followed(place):
        number, label = st.session_state[WORDS + place]
        dataset = dataset_of(run)
        name = f" to “{plain(dataset.name)}”" if dataset is not None else ""
        st.markdown(f"Added {count(number, 'photo')}{name} as {plain(label)}. Train again to learn from them.")
        st.page_link("pages/data.py", label="See the data set, or undo it", query_params=state.link())


def offer(place: str, run: Run, name: str, data: bytes, predicted: str) -> None:
    """A button for one photo that opens the choice of its class; nothing for who may not add to the data set.

    Args:
        predicted: the class that the model predicted, "" for none; it is chosen at first.
    """
    dataset = dataset_of(run)
    if dataset is None:
        return
    with st.popover("Add to your data set", key=f"add_{place}"):
        index = dataset.labels.index(predicted) if predicted in dataset.labels else None
        label = st.selectbox("Class", dataset.labels, index, placeholder="Choose its class", key=f"add_class_{place}")
        if st.button("Add photo", key=f"add_photo_{place}", disabled=label is None) and label is not None:
            with actions.refusals_kept():
                begin(place, run, [(name, data)], label)
            st.rerun()
    result(place, run)
