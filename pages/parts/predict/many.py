"""Predicting a folder or a zip of photos: hand them in, follow the job, and see what came of each."""

import time

import streamlit as st

from pages.parts.predict import many_results
from pages.shared import actions, drop_zone, follow, new_photo_jobs, photo_source, reading_question, state
from tlcore.analysis.prediction_results import PredictedPhotos, list_predictions, load_predictions
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run
from tlcore.messages.predictions import kept_note
from tlcore.messages.quantities import count
from tlcore.settings import load_limits

TITLE = "Predict a folder or zip of photos"
ZONE = drop_zone.Words(
    "Photos to predict",
    "Drop a folder or a zip of photos here",
    "Choose a zip or photos",
    "Choose a folder",
    "Predicting…",
)
CHOSEN = "many_chosen"  # begins the key of the choice among several


def show(run: Run, has_dial: bool) -> None:
    """The place for photos or the progress of their predictions, and what came of those before.

    Args:
        has_dial: whether the page has drawn the dial that says how sure the model must be.
    """
    jobs = list_predictions(state.workspace(), run)
    if not jobs and not state.may_act(run):
        return
    with st.expander(TITLE, expanded=bool(jobs), key="many_photos"), st.container(key="tl_many"):
        active = next((job for job in jobs if job_status(job).active), None)
        if active is not None:
            follow.watch(active, lambda status: None)
        is_free = active is None and state.may_act(run) and not reading_question.is_asked(run, jobs)
        done = [(job, found) for job in jobs if job != active and (found := load_predictions(job)) is not None]
        ended = [job for job in jobs if job != active and job not in [each for each, _ in done]]
        new_photo_jobs.failed(run, [(name_of(job), job) for job in ended])
        if done:
            _show_one(run, done, has_dial)
        if is_free:  # below what came of others: that is what a person came for
            _offer(run, len(jobs))


def _offer(run: Run, number: int) -> None:
    kept = kept_note(load_limits(state.workspace()).upload_hours)
    caption = "" if number else f"You get totals, a table and sorted folders. {kept}"
    key = f"many_upload_{run.id}_{number}"
    options = photo_source.ask("many", key, ZONE, caption, "Predict these photos", "/home/you/Pictures/walk")
    if options is not None:
        actions.predict_many(run, options)
        st.rerun()


def _show_one(run: Run, done: list[tuple[Job, PredictedPhotos]], has_dial: bool) -> None:
    """What came of one of them; which one is a choice where there are several."""
    names = {job.id: _title(job, found) for job, found in done}
    chosen = new_photo_jobs.chosen("Predictions", f"{CHOSEN}_{run.id}", names)
    job, found = next(each for each in done if each[0].id == chosen)
    many_results.show(run, job, found, names[job.id] if len(done) == 1 else "", has_dial)


def name_of(job: Job) -> str:
    """What the photos are called."""
    return str(job.spec["options"].get("name") or "Photos")


def _title(job: Job, found: PredictedPhotos) -> str:
    when = state.moment(found.created or time.time())
    return f"{name_of(job)} · {when} · {count(len(found.predictions), 'photo')}"
