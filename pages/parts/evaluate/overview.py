"""At the head of Trust: in a few sentences how far the score can be relied on, what speaks for it and what against."""

import streamlit as st

from pages.shared import doubts, state
from tlcore.documents.facts import find_limits_of
from tlcore.evaluation.report import Report
from tlcore.jobs.store import Run
from tlcore.messages.trust import TITLE


def show(run: Run, report: Report) -> None:
    """The list, the weightiest first, and what can be done about it."""
    findings = find_limits_of(state.workspace(), run, report, state.learned_from(run))
    with st.container(key="tl_overview"):
        st.subheader(TITLE, anchor=False)
        doubts.listed(findings)
        with st.container(horizontal=True, gap="medium"):
            doubts.remedies(run, findings)
