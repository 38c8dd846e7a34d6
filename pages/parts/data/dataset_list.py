"""Data sets made earlier as a list: a line each, with a link that puts it in use."""

from collections.abc import Sequence

import streamlit as st

from pages.shared import state
from pages.shared.widgets import paged, plain
from tlcore.data.manifest import DatasetSummary
from tlcore.messages.quantities import count


def show(found: Sequence[DatasetSummary]) -> None:
    """Data sets as links that put them in use on the Data page."""
    for each in paged(found, "datasets"):
        words = f"{count(each.num_photos, 'photo')}, {count(len(each.labels), 'class', 'classes')}"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link("pages/data.py", label=f"**{plain(each.name)}**", query_params={"dataset": each.id})
            st.caption(f"{words}, made {state.moment(each.created)}", width="content")
