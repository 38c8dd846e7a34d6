"""Every photo tested once: the second score beside that of the test photos, and what lies behind it."""

import pandas as pd
import streamlit as st

from pages.parts.evaluate import analysis_job
from pages.shared import score, state, widgets
from pages.shared.widgets import plain
from tlcore.data.manifest import Dataset
from tlcore.evaluation.cross_validation import ANALYSIS, CrossValidation, load_cross_validation
from tlcore.evaluation.report import Report
from tlcore.jobs.store import Run
from tlcore.messages import cross_validation as messages
from tlcore.messages.quantities import percent
from tlcore.pipeline.estimate import estimate_cross_validation
from tlcore.serving.bundle import read_info


def card(run: Run) -> None:
    """The score of cross-validation as a card of its own; nothing where there is none."""
    found = load_cross_validation(run.folder)
    if found is None:
        return
    with st.container(border=True, key="tl_cross_validation"):
        st.markdown(f"**{plain(messages.cross_validation_title(found))}**")
        score.show(found.correct, found.total, *found.interval, label="photos")
        st.caption(messages.how_message(found))
        _refitted(run)


def show(run: Run, dataset: Dataset, report: Report) -> None:
    """The section of the Trust view: score, spread, classes; or the offer to find out."""
    with st.container(key="tl_every_photo"):
        found = load_cross_validation(run.folder)
        st.subheader(messages.cross_validation_title(found) if found else messages.TITLE, anchor=False)
        if found is None:
            _offer(run, dataset)
            return
        left, right = st.columns(2, gap="large")
        with left:
            score.show(found.correct, found.total, *found.interval, label="photos")
            st.caption(f"{messages.how_message(found)} {messages.coverage_message(found)}")
            _refitted(run)
        with right:
            st.markdown(f"{messages.test_comparison_message(found, report)} {messages.spread_message(found)}".strip())
            widgets.table(class_frame(found), "For each class: photos found and correct when predicted, out of fold")


def _refitted(run: Run) -> None:
    words = messages.refit_message(read_info(run.folder))
    if words:
        st.caption(words)


def _offer(run: Run, dataset: Dataset) -> None:
    """Before it was done: what it is for, and the job that does it, with its time."""

    def offer() -> None:
        st.markdown(f"{messages.WHAT} {messages.WHY}")
        estimate = estimate_cross_validation(state.workspace(), dataset, run.config)
        st.caption(messages.offer_message(estimate.seconds, estimate.folds))

    analysis_job.show(run, ANALYSIS, "Test all photos", offer)


def class_frame(found: CrossValidation) -> pd.DataFrame:
    """The table of classes as it is shown: each figure with its counts."""
    predicted = found.report.confusion.sum(axis=0)
    rows = [
        (
            str(each.label),
            f"{percent(each.recall)} ({each.correct:,} of {each.support:,})",
            f"{percent(each.precision)} ({each.correct:,} of {int(predicted.iloc[place]):,})"
            if predicted.iloc[place]
            else "never predicted",
        )
        for place, each in enumerate(found.report.per_class.itertuples())
    ]
    return pd.DataFrame(rows, columns=["Class", "Found (recall)", "Correct when predicted (precision)"])
