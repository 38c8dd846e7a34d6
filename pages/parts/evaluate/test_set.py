"""The model on other photos than its own: hand them in, follow the test, and see what came of each such test."""

import time

import streamlit as st

from pages.parts.evaluate import test_set_results
from pages.shared import actions, drop_zone, follow, new_photo_jobs, photo_source, reading_question, state
from tlcore.analysis.test_set_results import Results, list_test_sets, load_results, title
from tlcore.evaluation.report import Report
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run
from tlcore.messages.other_photos import KEPT_NOTE
from tlcore.messages.quantities import percent

WHAT = (
    "Photos from another day, place or camera show how far the score holds. Use one folder per class, named as here; "
    "photos without class folders get predictions instead of a score."
)
ZONE = drop_zone.Words(
    "Test photos",
    "Drop a folder or a zip of test photos here",
    "Choose a zip or photos",
    "Choose a folder",
    "Testing…",
)
CHOSEN = "test_set_chosen"  # begins the key of the choice among several


def show(run: Run, report: Report) -> None:
    """The place for photos or the progress of a test, and what came of those before."""
    with st.container(key="tl_test_set"):
        st.subheader("Test on other photos", anchor=False)
        jobs = list_test_sets(state.workspace(), run)
        active = next((job for job in jobs if job_status(job).active), None)
        if active is not None:
            follow.watch(active, lambda status: None)
        elif state.may_act(run) and not reading_question.is_asked(run, jobs):
            _offer(run, len(jobs))
        done = [(job, results) for job in jobs if job != active and (results := load_results(job)) is not None]
        ended = [job for job in jobs if job != active and job not in [each for each, _ in done]]
        new_photo_jobs.failed(run, [(f"{title(job)} was not tested.", job) for job in ended], "The test was stopped.")
        if done:
            _show_one(run, report, done)


def _offer(run: Run, number: int) -> None:
    st.markdown(WHAT)
    key, example = f"test_upload_{run.id}_{number}", "/home/you/Pictures/more-leaves"
    options = photo_source.ask("test", key, ZONE, KEPT_NOTE, "Test on these photos", example)
    if options is not None:
        actions.test_on_photos(run, options)
        st.rerun()


def _show_one(run: Run, report: Report, done: list[tuple[Job, Results]]) -> None:
    """One of the tests; which one is a choice where there are several."""
    names = {job.id: _name(job, results) for job, results in done}
    chosen = new_photo_jobs.chosen("Test set", f"{CHOSEN}_{run.id}", names)
    job, results = next(each for each in done if each[0].id == chosen)
    test_set_results.show(run, report, job, results, names[job.id] if len(done) == 1 else "")


def _name(job: Job, results: Results) -> str:
    score = f"{percent(results.report.accuracy)} correct" if results.report is not None else "predictions"
    return f"{title(job)} · {state.moment(results.created or time.time())} · {score}"
