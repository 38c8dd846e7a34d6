"""Above what a group of a classroom made, for the teacher: whose it is, and the way back to the classroom."""

from contextlib import suppress

import streamlit as st

from pages.shared import state
from pages.shared.navigation import CLASSROOM, HOST, PRIVACY
from pages.shared.widgets import plain
from tlcore.classroom.store import list_classrooms, list_groups
from tlcore.classroom.values import Classroom, Group
from tlcore.errors import UserError

OF_ALL = {word for _, word in (CLASSROOM, HOST, PRIVACY)}
"""The pages that are about nobody's data set or run."""


def show(tab: str) -> None:
    """Draw the line where the owner looks at a group's data set or run; never raises: the page itself will.

    Args:
        tab: the word of the page, as in `chrome.page`.
    """
    found = None
    if tab not in OF_ALL and state.is_owner():
        with suppress(UserError, OSError):
            found = _find()
    if found is None:
        return
    classroom, group = found
    with st.container(key="tl_shown_group", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(group.name)}** · {plain(classroom.name)}", width="content")
        query = {"classroom": classroom.id, "group": group.id}
        st.page_link(f"pages/{CLASSROOM[0]}.py", label="Back to the classroom", query_params=query)


def _find() -> tuple[Classroom, Group] | None:
    """The group that made what is in use, with its classroom; None where it is nobody's of a classroom."""
    used = state.run() or state.comparison() or state.dataset()
    if used is None or not used.visitor:
        return None
    for classroom in list_classrooms(state.workspace()):
        for group in list_groups(state.workspace(), classroom.id):
            if group.visitor == used.visitor:
                return classroom, group
    return None
