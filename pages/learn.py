"""Transfer learning in short steps, each with a live picture of the person's own data."""

import streamlit as st

from pages.parts.learn import folds_lesson, lessons, unknown_lesson, why_lesson
from pages.parts.learn.lessons import Material
from pages.shared import chrome, recommendation, state
from tlcore.data.manifest import Dataset
from tlcore.data.samples import find_sample
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run


def example() -> Dataset | None:
    """The built-in pictures, where somebody has taken them up before."""
    emoji = find_sample("emoji")
    ids = [each.id for each in state.datasets() if each.source == emoji.source]
    return state.dataset_of(ids[0]) if ids else None


def latest_run(dataset: Dataset) -> Run | None:
    """The run in use, else the newest one of these photos that has learned something."""
    used = state.run()
    own = [run for run in state.runs() if run.dataset_id == dataset.id]
    return next((run for run in [*([used] if used else []), *own] if _has_ended(run)), None)


def _has_ended(run: Run) -> bool:
    """Whether it has learned something and learns no more: only then is it known which epoch is kept."""
    status = job_status(run)
    return bool(status.epochs) and (status.usable or not status.active)


with chrome.page(
    "Learn",
    "See how transfer learning works, in short steps with your own photos.",
    step=0,
    tab="Learn",
) as action:
    dataset = state.dataset()
    shown = dataset or example()
    if dataset is None:
        whose = "these examples use the built-in emoji" if shown else "some of the examples need photos"
        st.markdown(f"No photos chosen yet: {whose}.")
        if action.button("Choose photos", type="primary"):
            st.switch_page("pages/data.py", query_params=state.link())
    elif action.button("Train on these photos", type="primary"):
        st.switch_page("pages/train.py", query_params=state.link(run=None))
    found = recommendation.find(shown) if shown else None
    if found and found.recommendation is None:
        recommendation.wait(found)
    material = Material(shown, found.recommendation if found else None, latest_run(shown) if shown else None)
    for step in (
        lessons.pretrained,
        lessons.frozen_parts,
        lessons.few_shot,
        lessons.quadrants,
        lessons.overfitting,
        unknown_lesson.it_does_not_know,
        why_lesson.why_it_said_that,
        folds_lesson.every_photo_tests_once,
    ):
        step(material)
