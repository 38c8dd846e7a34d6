"""Who keeps something on this server, and the way to delete all of one visitor's things."""

import pandas as pd
import streamlit as st

from pages.shared import actions, state
from pages.shared.widgets import plain, table
from tlcore.classroom.store import group_names
from tlcore.messages.host import visitor_deletion_message, visitor_title
from tlcore.messages.quantities import format_bytes
from tlcore.messages.storage import deleted_message
from tlcore.storage.overview import VisitorOverview, list_visitors

CHOSEN, DELETED = "host_visitor", "host_deleted"
MEASURING_SECONDS = 0.2  # of the page's time; the server measures all of it when it cleans, every ten minutes


def show() -> None:
    """The table; below it, for the owner who asks for it, the deletion of one visitor's things."""
    st.subheader("Visitors", anchor=False)
    if done := st.session_state.pop(DELETED, ""):
        st.success(done)
    found = list_visitors(state.workspace(), MEASURING_SECONDS)
    if not found:
        st.caption("Nobody keeps anything here yet.")
        return
    groups = group_names(state.workspace())
    table(pd.DataFrame([_row(each, groups) for each in found]), "Visitors and what each keeps on this server")
    if not all(each.complete for each in found):
        st.caption("≥: some of it is still being measured.")
    _offer_deletion({each.visitor: each for each in found if each.visitor}, groups)


def _row(each: VisitorOverview, groups: dict[str, str]) -> dict[str, str]:
    return {
        "Who": visitor_title(each.visitor, groups),
        "Last seen": state.moment(each.seen) if each.seen else "",
        "Data sets": f"{each.usage.datasets:,}",
        "Photos": f"{each.usage.photos:,}",
        "Training runs": f"{each.usage.runs:,}",
        "Disk": ("" if each.complete else "≥ ") + format_bytes(each.usage.bytes),
    }


def _offer_deletion(others: dict[str, VisitorOverview], groups: dict[str, str]) -> None:
    if not others:
        return
    chosen = st.selectbox(
        "Delete a visitor’s things",
        list(others),
        None,
        lambda visitor: visitor_title(visitor, groups),
        key=CHOSEN,
        placeholder="Choose a visitor",
    )
    if chosen not in others:
        return
    with st.container(border=True):
        escaped = {visitor: plain(name) for visitor, name in groups.items()}
        st.markdown(visitor_deletion_message(others[chosen], escaped))
        if st.button("Delete all of it", type="primary", key="host_delete"):
            with st.spinner("Deleting"):
                gone = actions.delete_visitor(chosen)
            st.session_state[DELETED] = deleted_message(gone) if gone is not None else ""
            st.rerun()
