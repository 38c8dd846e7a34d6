"""The results of a run: its score, its classes, what gets mixed up, and the photos behind all of that."""

import streamlit as st

from pages.parts.evaluate import before_after, check_line, cross_validation, figures, photo_lists, photos
from pages.parts.evaluate.photo_filter import PhotoFilter
from pages.parts.evaluate.planning import planning_of
from pages.shared import doubts, ensemble_view
from pages.shared import score as score_card
from tlcore.data.manifest import Dataset
from tlcore.evaluation.report import Report
from tlcore.jobs.store import Run
from tlcore.messages.ensembles import NO_RETRAINING


def show(run: Run, dataset: Dataset, report: Report) -> None:
    """Everything there is to know about a run that can be used."""
    plan = planning_of(run, dataset)
    lists = photo_lists.load_lists(plan, report)
    choice = PhotoFilter(run.id, tuple(report.labels), not lists.suspects.empty, lists.every is not None)
    shown = choice.chosen(has_mistakes=report.correct < report.total)
    before_after.show(plan, report)
    if len(report.labels) <= figures.MOST_BESIDE:
        left, right = st.columns(2, gap="large")
        with left:
            score(run, report)
            figures.classes(report, choice, shown)
        with right, st.container(key="tl_mixed_up"):
            figures.mixed_up(report, choice, shown)
    else:
        score(run, report)
        figures.mixed_up(report, choice, shown)
        figures.classes(report, choice, shown)
    check_line.show()
    photos.show(plan, lists, choice, shown)


def score(run: Run, report: Report) -> None:
    """The test accuracy, never a number alone; below it that of cross-validation, where there is one."""
    score_card.show(report.correct, report.total, report.low, report.high)
    st.caption(
        "Test accuracy, counted on photos that had not been used for training. With other photos of the same "
        "kind, expect a result within the likely range (95% confidence interval)."
    )
    doubts.show(run, report)
    cross_validation.card(run)
    if run.ensemble is not None:
        ensemble_view.members(run)
        st.caption(NO_RETRAINING)
