"""The choice of photos for a task or a test: the teacher's own data sets, and sample sets, which are fetched then."""

from typing import Any

import streamlit as st

from pages.shared import actions, follow, state
from pages.shared.asked_jobs import why_it_ended
from pages.shared.widgets import plain
from tlcore.data.dataset_list import DatasetSummary
from tlcore.data.samples import SAMPLES
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.jobs.store import load_import
from tlcore.messages.quantities import count
from tlcore.workspace import split_version

SAMPLE = "sample:"  # with a key behind it, among the ids of data sets


def choice(label: str, without: str, now: str, key: str) -> str:
    """Draw the choice; the id of a data set, "" for none, or a sample set that is still to be fetched.

    Args:
        without: the words for none. now: the id of what is chosen so far.
    """
    own = own_datasets()
    words = {"": without} | {each.id: _words(each) for each in own}
    there = {each.sample for each in own if each.change is None}
    words |= {
        SAMPLE + each.key: f"{each.title} · sample set · {count(each.num_photos, 'photo')}"
        for each in SAMPLES
        if each.key not in there
    }
    folder = split_version(now)[0]
    chosen = next((each.id for each in own if now and each.folder_id == folder), "")
    options = list(words)
    return st.selectbox(label, options, options.index(chosen), lambda each: plain(words[each]), key=key) or ""


def own_datasets() -> list[DatasetSummary]:
    """The data sets of the owner alone: nobody is judged on what somebody else has brought."""
    return [each for each in state.datasets() if not each.visitor]


def _words(each: DatasetSummary) -> str:
    return f"{each.name} · {count(each.num_photos, 'photo')} · {count(len(each.labels), 'class', 'classes')}"


def is_sample(chosen: str) -> bool:
    """Whether what was chosen has to be fetched first."""
    return chosen.startswith(SAMPLE)


def fetch(chosen: str, key: str, waiting: Any) -> None:
    """Ask for a sample set.

    Args:
        key: under which the session remembers it. waiting: what is to be done once it is there.
    """
    job = actions.bring_sample(chosen.removeprefix(SAMPLE))
    if job is not None:
        st.session_state[key] = job.id, waiting


def is_coming(key: str) -> bool:
    """Whether a sample set is still on its way; its progress, or why it did not come, is drawn then."""
    asked: tuple[str, Any] | None = st.session_state.get(key)
    if asked is None:
        return False
    try:
        job = load_import(state.workspace(), asked[0])
    except UserError:
        st.session_state.pop(key)
        return False
    if job_status(job).active:
        st.markdown("Getting the sample set…")
        follow.watch(job, lambda status: None)
        return True
    st.session_state.pop(key)
    why_it_ended(job, "The sample set was not imported.")
    return False


def arrived(key: str) -> tuple[str, Any] | None:
    """The id of the data set that a sample set became, and what was to be done then; once, when it is there."""
    asked: tuple[str, Any] | None = st.session_state.get(key)
    if asked is None:
        return None
    try:
        finished = job_status(load_import(state.workspace(), asked[0])).finished
    except UserError:
        return None
    if finished is None:
        return None
    st.session_state.pop(key)
    return finished.result, asked[1]
