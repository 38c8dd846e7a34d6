"""The trained model to take away: a quiet link."""

import streamlit as st

from pages.shared import chrome, state, take_along
from pages.shared.follow import POLL_SECONDS
from pages.shared.packing import PACKING
from tlcore.errors import UserError
from tlcore.exports.model_zip import model_file_name, zip_model
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run


def show(run: Run) -> None:
    """The model as one zip, as soon as it is packed; until then, a line that says so and looks again."""

    active = job_status(run).active
    if not active:
        take_along.show(run)

    @chrome.errors_shown()
    def packed() -> None:
        status = job_status(run)
        if status.active:
            st.caption(PACKING, width="content")
            return
        if active:
            st.rerun()
        file = model_file_name(_dataset_name(run))
        st.download_button(
            "Download model",
            lambda: zip_model(run.folder, file),
            file,
            "application/zip",
            type="tertiary",
            key="download_model",
            on_click="ignore",
        )

    st.fragment(packed, run_every=POLL_SECONDS if active else None, key="download")()


def _dataset_name(run: Run) -> str:
    """What the data set of a run is called, also after a run was given a name of its own."""
    try:
        return state.dataset_of(run.dataset_id).name
    except UserError:  # it was deleted
        return run.name
