"""A model whose photos were changed after its training: one quiet sentence, and the way to train once more."""

import streamlit as st

from pages.shared import state
from pages.shared.navigation import history_link
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.workspace import split_version


def is_outdated(run: Run) -> bool:
    """Whether there is a newer version of the photos that a run learned from."""
    return state.newest_version(run.dataset_id) != run.dataset_id


def show(run: Run | None) -> None:
    """The sentence, where it is true of the run in use. Raises UserError."""
    if run is None or not is_outdated(run) or not job_status(run).usable:
        return
    with st.container(key="tl_outdated", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            "This model was trained before you changed the photos. Train again to include the change.", width="content"
        )
        newest = state.newest_version(run.dataset_id)
        folder, version = split_version(run.dataset_id)
        if folder == split_version(newest)[0]:
            st.page_link("pages/data.py", label="See what changed", query_params=history_link(newest, version))
        st.page_link("pages/train.py", label="Train again", query_params={"dataset": newest})
