"""Before a classroom is open: the one button that opens one, what happens then, and the earlier ones."""

import streamlit as st

from pages.parts.classroom import leaving, views
from pages.shared import actions, state
from pages.shared.widgets import paged, plain
from tlcore.classroom.store import list_classrooms, list_groups, open_classroom
from tlcore.classroom.values import Classroom
from tlcore.messages.quantities import count

STEPS = (
    ("Groups join", "On phones, tablets or computers, with a code and a name. Nobody needs an account."),
    ("They collect and train", "Each group adds its own photos and trains its own model. You see all of them live."),
    ("You compare", "A test that no group has seen shows whose model does best, and which differences are chance."),
)


def show() -> None:
    """The name, which may stay empty, the button, and below it what is kept."""
    with (
        st.form("open_classroom", border=False),
        st.container(key="tl_open_classroom", horizontal=True, vertical_alignment="bottom"),
    ):
        name = st.text_input("Name (optional)", placeholder="Biology 7b", max_chars=40, key="classroom_name", width=320)
        pressed = st.form_submit_button("Open a classroom", type="primary", key="classroom_open")
    if (now := open_classroom(state.workspace())) is not None:
        st.caption(f"Opening a new classroom closes “{plain(now.name)}”, which is open now.")
    if pressed and (made := actions.open_classroom(name)) is not None:
        st.query_params.from_dict(views.link(made))
        st.rerun()
    st.html(
        '<ol class="tl-steps tl-three">'
        + "".join(f"<li><b>{title}</b><span>{sentence}</span></li>" for title, sentence in STEPS)
        + "</ol>"
    )
    _earlier(list_classrooms(state.workspace()))


def _earlier(found: list[Classroom]) -> None:
    """The classrooms that are there, each with what can be done with it."""
    if not found:
        return
    st.subheader("Your classrooms", anchor=False)
    for each in paged(found, "classrooms"):
        with st.container(key=f"line_classroom_{each.id}", horizontal=True, vertical_alignment="center", gap="small"):
            st.page_link("pages/classroom.py", label=f"**{plain(each.name)}**", query_params=views.link(each))
            groups = count(len(list_groups(state.workspace(), each.id)), "group")
            words = (groups, state.moment(each.created), "open" if each.is_open else "closed")
            st.caption(" · ".join(words), width="stretch")
            leaving.menu(each, "list")
