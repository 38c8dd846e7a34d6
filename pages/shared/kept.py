"""What is kept of a visitor on this server, how long, and the way to delete all of it."""

import streamlit as st

from pages.shared import state
from tlcore.messages.storage import deleted_message, deletion_message, kept_message, usage_message
from tlcore.settings import load_limits
from tlcore.storage.deletion import delete_everything
from tlcore.storage.usage import usage

ASKED, DELETED = "delete_asked", "delete_done"  # in the session: the question is open; what is said once afterwards


def show() -> None:
    """For visitors: the section at the end of the page. The owner's things are not for two presses of a button."""
    if state.is_owner():
        return
    st.subheader("What is kept here", anchor=False)
    st.markdown(kept_message(load_limits(state.workspace())))
    offer_deletion()


def offer_deletion() -> None:
    """The button that deletes all that a visitor made, after one question."""
    if done := st.session_state.pop(DELETED, ""):
        st.success(done)
    if st.session_state.get(ASKED):
        _ask()
    elif st.button("Delete everything I made here", key="delete_everything"):
        st.session_state[ASKED] = True
        st.rerun()


def _ask() -> None:
    """What would go, looked up only now since it means looking at every folder, and the button that does it."""
    found = usage(state.workspace(), state.visitor())
    with st.container(border=True):
        st.markdown(deletion_message(found))
        st.caption(usage_message(found, load_limits(state.workspace())))
        with st.container(horizontal=True):
            confirmed = bool(found) and st.button("Delete all of it", type="primary", key="delete_all")
            kept = st.button("Keep everything" if found else "Close", key="delete_not")
    if confirmed:
        with st.spinner("Deleting"):
            st.session_state[DELETED] = deleted_message(delete_everything(state.workspace(), state.visitor()))
        st.session_state.pop("incoming", None)
        st.query_params.clear()
    if confirmed or kept:
        del st.session_state[ASKED]
        st.rerun()
