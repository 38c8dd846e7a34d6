"""The views of the Evaluate page, in its address: what came of the test, how far that can be trusted, and a map."""

import streamlit as st

from pages.shared import address

RESULTS, TRUST, MAP = "Results", "Trust", "Map"
VIEWS = {"results": RESULTS, "trust": TRUST, "map": MAP}
"""Each view by its word in the address."""

KEY = "evaluate_view"


def chosen() -> str:
    """Draw the choice; the view that is chosen."""
    view = address.remembered(KEY, "view", VIEWS, RESULTS)
    st.segmented_control(
        "View", list(VIEWS.values()), key=KEY, required=True, label_visibility="collapsed", persist_state="session"
    )
    return view
