"""What makes a score misleading, where the score stands: never the number without it. The whole list is on Trust."""

import html
from collections.abc import Sequence

import streamlit as st

from pages.shared import state
from tlcore.data.manifest import Dataset
from tlcore.documents.facts import find_limits_of
from tlcore.evaluation.findings import (
    FewPhotos,
    Finding,
    NearCopies,
    NotChecked,
    TornGroups,
    WrongLabels,
    is_alarm,
    is_good,
)
from tlcore.evaluation.report import Report
from tlcore.jobs.store import Run
from tlcore.messages.trust import SEE_ALL, finding_message

SIGNS = {True: ("✓", "tl-fine"), False: ("!", "tl-careful")}
"""What stands before a finding, and its style; the sentence says it too."""

REMEDIES: tuple[tuple[tuple[type, ...], str], ...] = (
    ((NearCopies, TornGroups), "Keep together what belongs together"),
    ((WrongLabels,), "Check the labels"),
    ((NotChecked,), "Check your photos"),
    ((FewPhotos,), "Add photos"),
)
"""What can be done about findings, all of it on the Data page."""


def show(run: Run, report: Report) -> None:
    """The findings under a score that make it misleading, with the ways to mend it and to the others; else nothing."""
    found = [each for each in find_limits_of(state.workspace(), run, report, state.learned_from(run)) if is_alarm(each)]
    if not found:
        return
    with st.container(key="tl_doubts"):
        listed(found)
        with st.container(horizontal=True, gap="medium"):
            remedies(run, found)
            st.page_link("pages/evaluate.py", label=SEE_ALL, query_params=state.link(run=run.id) | {"view": "trust"})


def listed(findings: Sequence[Finding]) -> None:
    """A list of findings, each with its sign."""
    st.html(f'<ul class="tl-findings" role="list">{"".join(map(_line, findings))}</ul>')


def remedies(of: Run | Dataset, findings: Sequence[Finding]) -> None:
    """Links to where something can be done about some of these, for who may change the photos.

    Args:
        of: the run or the data set that they are about.
    """
    if not state.may_act(of):
        return
    dataset = state.current_dataset()
    for kinds, label in REMEDIES:
        if dataset is not None and any(isinstance(each, kinds) for each in findings):
            st.page_link("pages/data.py", label=label, query_params=state.link(dataset=dataset.id, run=None))


def _line(finding: Finding) -> str:
    """A finding as escaped HTML."""
    sign, look = SIGNS[is_good(finding)]
    words = html.escape(finding_message(finding))
    return f'<li class="{look}"><span class="tl-sign" aria-hidden="true">{sign}</span><span>{words}</span></li>'
