"""At the head of Trust: in a few sentences how far the score can be relied on, what speaks for it and what against."""

import html

import streamlit as st

from pages.shared import state
from tlcore.documents.facts import find_limits_of
from tlcore.evaluation.findings import Finding, is_good
from tlcore.evaluation.report import Report
from tlcore.jobs.store import Run
from tlcore.messages.trust import TITLE, finding_message

SIGNS = {True: ("✓", "tl-fine"), False: ("!", "tl-careful")}
"""What stands before a finding, and its style; the sentence says it too."""


def show(run: Run, report: Report) -> None:
    """The list, the weightiest first."""
    findings = find_limits_of(state.workspace(), run, report)
    with st.container(key="tl_overview"):
        st.subheader(TITLE, anchor=False)
        st.html(f'<ul class="tl-findings" role="list">{"".join(map(_line, findings))}</ul>')


def _line(finding: Finding) -> str:
    """A finding as escaped HTML."""
    sign, look = SIGNS[is_good(finding)]
    words = html.escape(finding_message(finding))
    return f'<li class="{look}"><span class="tl-sign" aria-hidden="true">{sign}</span><span>{words}</span></li>'
