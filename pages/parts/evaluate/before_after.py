"""Before and after: what the corrections of a run's photos were worth, on the test photos of both models."""

import streamlit as st

from pages.parts.evaluate import photos
from pages.parts.evaluate.planning import Planning
from pages.shared import chrome, drawn, state
from pages.shared.widgets import plain
from tlcore.charts import comparison as charts
from tlcore.charts.comparison import Score
from tlcore.comparison.retraining import later_run, load_before_after
from tlcore.evaluation.before_after import BeforeAfter
from tlcore.evaluation.report import Report
from tlcore.jobs.status import job_status
from tlcore.jobs.store import load_run
from tlcore.messages.corrections import before_after_message, before_after_title, labels_message


def show(plan: Planning, report: Report) -> None:
    """The comparison with the run whose mistakes were corrected for this one; nothing for a run of its own.

    Args:
        report: of this run.
    """
    _later(plan)
    found = load_before_after(state.workspace(), plan.run) if plan.run.before else None
    if found is None or not state.may_see(load_run(state.workspace(), plan.run.before)):
        return
    with st.container(border=True, key="tl_before_after"):
        st.subheader(before_after_title(found), anchor=False)
        if found.total:
            _scores(found)
        if words := before_after_message(found):
            st.markdown(plain(words))
        _changed(plan, report, found)
        if words := labels_message(found):
            st.caption(plain(words))
        earlier = state.link(run=plan.run.before)
        st.page_link("pages/evaluate.py", label="View the earlier model’s results", query_params=earlier)


def _later(plan: Planning) -> None:
    """The way to the run that was trained on corrections of this one, where there is one."""
    later = later_run(state.workspace(), plan.run)
    if later is None or not state.may_see(later) or not job_status(later).usable:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("A newer model was trained on corrections of these photos.", width="content")
        query = state.link(run=later.id, dataset=later.dataset_id)
        st.page_link("pages/evaluate.py", label="View its results", query_params=query)


def _scores(found: BeforeAfter) -> None:
    """Both scores as dots on their likely ranges."""
    names = (f"Before: {found.correct_before:,} of {found.total:,}", f"After: {found.correct:,} of {found.total:,}")
    scores = [
        Score(names[0], found.correct_before, found.total, *found.interval_before),
        Score(names[1], found.correct, found.total, *found.interval),
    ]
    frame = charts.scores_frame(scores)
    finding = charts.scores_alt_text(scores)
    drawn.chart(charts.scores_chart, frame, names, chrome.is_dark(), key="before_after", description=finding)
    st.caption("Correct on the test photos of both models, each with its likely range (95%)")


def _changed(plan: Planning, report: Report, found: BeforeAfter) -> None:
    """The photos that only one of the two got correct, to look at."""
    rows = found.photos
    lists = {
        f"{found.only_after:,} now correct": rows[rows["correct"] & ~rows["correct_before"]],
        f"{found.only_before:,} now wrong": rows[rows["correct_before"] & ~rows["correct"]],
    }
    offered = [words for words, listed in lists.items() if len(listed)]
    if not offered:
        return
    chosen = st.pills("Photos that changed", offered, key=f"changed_{plan.run.id}", persist_state="session")
    if chosen:
        photos.show_list(plan, lists[chosen]["path"].tolist(), report.predictions, "changed")
