"""Data sets as cards: a strip of photos, the name as a link, how much there is, and the menu."""

from collections.abc import Sequence

import streamlit as st

from pages.shared import manage, state, strips
from pages.shared.widgets import paged, plain, searched
from tlcore.data.dataset_list import DatasetSummary
from tlcore.messages.quantities import count

COLUMNS = 3


def show(found: Sequence[DatasetSummary]) -> None:
    """Data sets as cards that put them in use on the Data page."""
    matching = searched(found, "datasets", lambda each: f"{each.name} {' '.join(each.labels)}")
    columns = None
    for place, each in enumerate(paged(matching, "datasets")):
        if columns is None or place % COLUMNS == 0:
            columns = st.columns(COLUMNS)
        with columns[place % COLUMNS]:
            _card(each)


def _card(each: DatasetSummary) -> None:
    with st.container(key=f"card_dataset_{each.id}", gap=None):
        strips.show(each.id, each.name, "stretch")
        with st.container(key=f"line_card_{each.id}", horizontal=True, vertical_alignment="center", gap="small"):
            st.page_link(
                "pages/data.py",
                label=f"**{plain(each.name)}**",
                query_params={"dataset": each.id},
                width="stretch",
            )
            manage.dataset_menu(each, "list")
        words = (
            count(each.num_photos, "photo"),
            count(len(each.labels), "class", "classes"),
            state.moment(each.created),
        )
        st.caption(" · ".join(words))
