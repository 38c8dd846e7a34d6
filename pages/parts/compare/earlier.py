"""Earlier comparisons as links, a line each."""

from collections.abc import Sequence

import streamlit as st

from pages.shared import state
from pages.shared.widgets import paged, plain
from tlcore.comparison.store import Comparison
from tlcore.messages.quantities import count


def show(found: Sequence[Comparison]) -> None:
    """Comparisons as links."""
    for each in paged(found, "races"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                "pages/compare.py",
                label=f"**{plain(each.name)}**, {state.moment(each.created)}",
                query_params={"race": each.id, "dataset": each.dataset_id},
            )
            st.caption(f"race of {count(len(each.run_ids), 'run')}", width="content")
