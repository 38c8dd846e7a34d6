"""The trained model to take away."""

import streamlit as st

from pages.shared import chrome
from pages.shared.follow import POLL_SECONDS
from pages.shared.packing import PACKING
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.serving.bundle import zip_bundle


def show(run: Run) -> None:
    """The model as one zip, as soon as it is packed; until then, a line that says so and looks again."""

    active = job_status(run).active

    @chrome.errors_shown()
    def packed() -> None:
        status = job_status(run)
        if status.active:
            st.caption(PACKING, width="content")
            return
        if active:
            st.rerun()
        st.download_button(
            "Download the model (zip)",
            lambda: zip_bundle(run.folder),
            f"{run.id}.zip",
            "application/zip",
            on_click="ignore",
        )

    st.fragment(packed, run_every=POLL_SECONDS if active else None, key="download")()
