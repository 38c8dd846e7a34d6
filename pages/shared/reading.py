"""What a page needs beside what is drawn on it, for keyboards, screen readers and dark systems (reading.js).

Landmarks around the steps, the focus on the heading of a page one comes to, progress told to a screen reader, and a
new run of the page when the system's colours change, since charts are drawn in them here.
"""

import re
from pathlib import Path

import streamlit as st

_MOUNT = st.components.v2.component(
    "transferlab_reading", js=Path(__file__).with_name("reading.js").read_text(encoding="utf-8"), isolate_styles=False
)


def accompany(page: str, title: str) -> None:
    """Put it into a page; it takes no room there.

    Args:
        page: which of the pages it is. title: its heading, as Markdown; it gets the focus when one comes from another
            page, and is told when it changes on the same page.
    """
    words = re.sub(r"\\(.)", r"\1", title)
    _MOUNT(key="tl_reading", data={"page": page, "title": words}, on_scheme_change=lambda: None)
