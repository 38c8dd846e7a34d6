"""The model on other photos than its own: hand them in, follow the test, and see what came of each such test."""

import time

import streamlit as st

from pages.parts.evaluate import test_set_results
from pages.shared import actions, drop_zone, follow, photo_source, reading_question, state
from pages.shared.widgets import plain
from tlcore.analysis.test_set_results import Results, list_test_sets, load_results, title
from tlcore.evaluation.report import Report
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run
from tlcore.messages.endings import interruption_message
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
        _failed(run, [job for job in jobs if job != active and job not in [each for each, _ in done]])
        if done:
            _show_one(run, report, done)


def _offer(run: Run, number: int) -> None:
    st.markdown(WHAT)
    key, example = f"test_upload_{run.id}_{number}", "/home/you/Pictures/more-leaves"
    options = photo_source.ask("test", key, ZONE, KEPT_NOTE, "Test on these photos", example)
    if options is not None:
        actions.test_on_photos(run, options)
        st.rerun()


def _failed(run: Run, jobs: list[Job]) -> None:
    """The tests that nothing came of, each with the reason."""
    for job in jobs:
        status = job_status(job)
        if reading_question.is_question(status.error):
            continue  # asked above
        if status.error:
            words = f"{plain(status.error.what)} {plain(status.error.fix)}"
        elif status.stopped:
            words = f"The test was stopped. {plain(status.stopped.kept)}"
        else:
            ending = interruption_message(job, status)
            words = f"{plain(ending.what)} {plain(ending.fix)}"
        with st.container(border=True, key=f"test_failed_{job.id}"):
            st.markdown(f"**{plain(title(job))} was not tested.** {words}")
            if state.may_act(run):
                with st.container(horizontal=True):
                    st.button("Try again", key=f"retry_{job.id}", on_click=_retry, args=(run, job))
                    st.button("Remove", key=f"remove_{job.id}", on_click=actions.delete_new_photos, args=(run, job))


def _retry(run: Run, job: Job) -> None:
    with actions.refusals_kept():
        actions.test_on_photos(run, job.spec["options"])


def _show_one(run: Run, report: Report, done: list[tuple[Job, Results]]) -> None:
    """One of the tests; which one is a choice where there are several."""
    names = {job.id: _name(job, results) for job, results in done}
    chosen = done[0][0].id
    if len(done) > 1:
        chosen = st.selectbox(
            "Test set", list(names), format_func=names.__getitem__, key=f"{CHOSEN}_{run.id}_{len(done)}"
        )
    job, results = next(each for each in done if each[0].id == chosen)
    test_set_results.show(run, report, job, results, names[job.id] if len(done) == 1 else "")


def _name(job: Job, results: Results) -> str:
    score = f"{percent(results.report.accuracy)} correct" if results.report is not None else "predictions"
    return f"{title(job)} · {state.moment(results.created or time.time())} · {score}"
