"""More devices of a group: the QR code and the link that let them in, and the way out for this one."""

import streamlit as st

from pages.shared import actions, joining, qr
from pages.shared.widgets import plain
from tlcore.classroom.values import Group

QR_PIXELS = 220


def show(group: Group) -> None:
    """The card with the QR code."""
    with st.container(key="card_phone", gap="small"):
        st.subheader("Add a phone", anchor=False)
        st.markdown("Scan this with a phone to take photos for your group.")
        link = joining.device_link(group)
        qr.show(link, f"QR code for a device to join {group.name}", QR_PIXELS)
        with st.expander("Link for another device"):
            st.code(link, language=None, wrap_lines=True)
            st.caption("Whoever opens it works for your group, so keep it in your group.")


def leave(group: Group) -> None:
    """Let this device leave, after a second press."""
    with st.popover("Leave the group", type="tertiary"):
        st.markdown(
            f"This device stops working for {plain(group.name)}. Photos and models stay with the group. To come back, "
            "scan the QR code of a device that is still in it."
        )
        if st.button("Leave", key="leave_group"):
            actions.leave_group()
            st.query_params.clear()
            st.rerun()
