"""Joining: the code and a name, nothing else."""

import streamlit as st

from pages.shared import actions, chrome, state
from pages.shared.widgets import empty
from tlcore.classroom.codes import read_code, spaced
from tlcore.classroom.store import MAX_NAME, open_classroom
from tlcore.errors import UserError

CODE = "code"  # in the address, as a QR code of the teacher has it
MOST_CODE = 12  # characters: the code with spaces or dashes between


def show() -> None:
    """The form; for the owner and where no classroom is open, what to do instead."""
    if state.is_owner():
        st.info("You are the teacher here. Groups join on their own devices, with the code of your classroom.")
        return
    if open_classroom(state.workspace()) is None:
        sentence = "No classroom is open here right now. Your teacher opens one; then load this page again."
        empty(sentence, "streamlit_app.py", "Use Transfer Lab on your own", {})
        return
    with st.container(key="tl_join"), st.form("join", border=False, enter_to_submit=True):
        code = st.text_input(
            "Code",
            _from_link(),
            max_chars=MOST_CODE,
            placeholder="ABC 234",
            autocomplete="off",
            key="join_code",
        )
        name = st.text_input(
            "Name of your group",
            max_chars=MAX_NAME,
            placeholder="The Foxes",
            autocomplete="off",
            key="join_name",
        )
        pressed = st.form_submit_button("Join", type="primary", width="stretch", key="join_pressed")
    if pressed:
        try:
            actions.join_classroom(code, name)
        except UserError as error:
            chrome.show_user_error(error, has_way_out=False)
            return
        st.query_params.clear()  # what this browser used before it joined
        st.rerun()


def _from_link() -> str:
    """The code in the address, as people read it; "" where none can be one."""
    code = read_code(st.query_params.get(CODE, ""))
    return spaced(code) if code else ""
