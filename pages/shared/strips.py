"""The strip of thumbnails at the left of a line or on a card: a few photos of a data set as one small picture."""

import html
from typing import Literal

import streamlit as st

from pages.shared import state
from pages.shared.decoding import picture_address
from tlcore.data.strip import dataset_strip


def show(dataset_id: str, name: str, width: Literal["content", "stretch"] = "content") -> None:
    """A few photos of a data set, or an empty strip where it has none to show."""
    address = _address(state.workspace().root.as_posix(), dataset_id)
    alt = html.escape(f"Photos of {name}")
    st.html(
        f'<img class="tl-strip-of" src="{address}" alt="{alt}">'
        if address
        else '<span class="tl-strip-of" aria-hidden="true"></span>',
        width=width,
    )


@st.cache_data(max_entries=200, show_spinner=False)
def _address(root: str, dataset_id: str) -> str:
    """A data set never changes, so its strip is read once."""
    del root  # of the cache's key
    jpeg = dataset_strip(state.workspace(), dataset_id)
    return picture_address(jpeg) if jpeg else ""
