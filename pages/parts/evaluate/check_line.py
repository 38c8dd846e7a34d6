"""One line beside results: photos may have a wrong label, or may be checked for that; with the way to the check."""

import streamlit as st

from pages.shared import state
from tlcore.cleaning.issues import WRONG_LABEL
from tlcore.cleaning.results import load_issues
from tlcore.messages.checks import wrong_labels_message


def show() -> None:
    """The line, for the newest version of the data set in use; nothing where a check found no wrong label."""
    dataset = state.current_dataset()
    if dataset is None:
        return
    issues = load_issues(state.workspace(), dataset)
    number = int((issues["kind"] == WRONG_LABEL).sum()) if issues is not None else 0
    if issues is not None and not number:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="tl_check_line"):
        words = wrong_labels_message(number) if number else "A wrong label lowers the score."
        st.markdown(words, width="content")
        label = "View them" if number else "Check your photos"
        st.page_link("pages/data.py", label=label, query_params=state.link(dataset=dataset.id, run=None))
