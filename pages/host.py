"""For the owner of a server: what it does, who uses it, how full it is, and what went wrong."""

import streamlit as st

from pages.parts.host import failures, visitors, work
from pages.shared import chrome, state, widgets
from tlcore.messages.host import health_lines
from tlcore.storage.health import check_health

with chrome.page("Host", "What this server does, who uses it, and how full it is.", step=0, tab="Host") as action:
    if not state.is_owner():
        widgets.empty(
            "Only the owner of this server can open this page.", "streamlit_app.py", "Go to the start", state.link()
        )
    else:
        action.page_link("pages/classroom.py", label="Open the classroom", query_params=state.link())
        health = check_health(state.workspace())
        for line in health_lines(health):
            (st.markdown if health.is_well else st.warning)(line)
        work.show()
        visitors.show()
        failures.show()
