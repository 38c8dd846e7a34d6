"""Earlier comparisons, a line each: what they learned from, a link, how many runs, and the menu."""

from collections.abc import Sequence

import streamlit as st

from pages.shared import manage, state, strips
from pages.shared.widgets import paged, plain, searched
from tlcore.comparison.store import Comparison
from tlcore.messages.quantities import count


def show(found: Sequence[Comparison]) -> None:
    """Comparisons as links."""
    for each in paged(searched(found, "races", lambda each: each.name), "races"):
        with st.container(key=f"line_race_{each.id}", horizontal=True, vertical_alignment="center", gap="small"):
            strips.show(each.dataset_id, each.name)
            st.page_link(
                "pages/compare.py",
                label=f"**{plain(each.name)}**",
                query_params={"race": each.id, "dataset": each.dataset_id},
            )
            words = (state.moment(each.created), f"race of {count(len(each.run_ids), 'run')}")
            st.caption(" · ".join(words), width="stretch")
            manage.comparison_menu(each, "list")
