"""What this server stores of its visitors, for how long, who can see it, and the way to delete all of it."""

import streamlit as st

from pages.server import accounts
from pages.shared import chrome, kept, state
from pages.shared.widgets import plain
from tlcore.messages.privacy import own_notice, privacy_notice
from tlcore.settings import load_limits, load_operator

LINE_PIXELS = 720  # longer lines are hard to read

with (
    chrome.page("Privacy", "What is stored here, for how long, and who can see it.", step=0, tab="Privacy"),
    st.container(width=LINE_PIXELS),
):
    if not state.others_can_come():
        st.markdown(own_notice())
    else:
        limits, operator = load_limits(state.workspace()), load_operator(state.workspace())
        for section in privacy_notice(limits, operator, accounts.is_configured()):
            st.subheader(section.heading, anchor=False)
            lines = [*map(plain, section.names), *section.lines]
            st.markdown(lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines))
        if not state.is_owner():
            st.subheader("Delete everything", anchor=False)
            kept.offer_deletion()
