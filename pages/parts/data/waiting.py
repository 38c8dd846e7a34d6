"""Photos that phones of a group have sent and that are in no data set yet: a line where the board is not shown."""

import streamlit as st

from pages.shared import chrome, state
from tlcore.classroom.contributions import num_waiting
from tlcore.data.manifest import Dataset
from tlcore.messages.quantities import count

POLL_SECONDS = 2.0


def show(dataset: Dataset) -> None:
    """The line with the way to add them, kept up to date; nothing for anybody but a group."""
    if state.group() is None:
        return

    @chrome.errors_shown()
    def live() -> None:
        group = state.group()
        number = num_waiting(state.workspace(), group) if group is not None else 0
        if number:
            with st.container(key="tl_waiting_photos", horizontal=True, vertical_alignment="center", gap="small"):
                verb = "waits" if number == 1 else "wait"
                st.markdown(f"**{count(number, 'new photo')}** from your group {verb} to be added.", width="content")
                ids = state.link(dataset=dataset.id, run=None, more=state.ADD)
                st.page_link("pages/data.py", label="Add them", query_params=ids)

    st.fragment(live, run_every=POLL_SECONDS, key="waiting_photos")()
