"""How sure a model must be before it answers: the dial for Predict and Evaluate, kept in the address, and its cost."""

import streamlit as st

from pages.shared import address
from tlcore.evaluation.rejection import RejectionRule
from tlcore.messages import unknown as messages

KEY, NAME = "rejection_kept", "kept"
SETTINGS = (1.0, 0.99, 0.98, 0.97, 0.95, 0.93, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)
"""Shares of photos of the classes that get an answer, from the least strict to the strictest."""


def chosen(rule: RejectionRule | None) -> float | None:
    """The share that is chosen, in this visit or by the address; None where the model has no such rule."""
    if rule is None:
        return None
    usual = min(SETTINGS, key=lambda setting: abs(setting - rule.kept))
    offered = {f"{setting * 100:.0f}": setting for setting in SETTINGS}
    return address.remembered(KEY, NAME, offered, usual)


def show(rule: RejectionRule) -> float:
    """Draw the dial and what its setting costs; the share that is chosen."""
    kept = chosen(rule)
    assert kept is not None  # there is a rule
    with st.container(key="tl_rejection_dial", gap="small"):
        st.select_slider(
            messages.DIAL,
            SETTINGS,
            format_func=messages.setting_label,
            key=KEY,
            help=messages.DIAL_HELP,
            persist_state="session",
        )
        st.caption(messages.cost_message(rule.cost(kept)))
    return kept
