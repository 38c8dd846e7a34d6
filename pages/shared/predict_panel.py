"""A place for new photos, and the model's predictions for them. They stay in this visit and are written nowhere."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from pages.shared import (
    adding,
    answer_grid,
    answers,
    camera,
    chrome,
    live_adding,
    live_answers,
    photo_limit,
    predictions,
    rejection_dial,
    state,
)
from pages.shared.predictions import NewPhoto, PhotoPrediction
from pages.shared.widgets import plain, table
from tlcore.jobs.store import Run
from tlcore.messages.quantities import count
from tlcore.serving.predict import ImageClassifier

SLICE_SECONDS, POLL_SECONDS = 0.5, 0.6  # the page answers in between
MOST_NAMED = 12  # classes
UPLOADER = "new_photos"
GIVEN, NEWEST = "photos_given", "photo_newest"


def show(run: Run) -> bool:
    """Draw it, for a finished run; whether the dial that says how sure it must be was drawn.

    Raises:
        UserError: the model's files are gone or damaged.
    """
    model = predictions.model_of(run)
    kept = rejection_dial.chosen(model.rejection)
    threshold = model.rejection.threshold(kept) if model.rejection else 0.0
    with st.container(key="tl_new_photos", gap="small"):
        photos = _dropped(run)
        with_camera = st.toggle("Use the camera", key="camera_on")
        if with_camera:
            _camera(run, model, photos, threshold)
        elif not photos:
            st.caption(f"{recognises(model.bundle.labels)} Your photos aren’t saved.")
    given, newest = len(photos), _newest([photo.id for photo in photos])
    if with_camera and newest in {photo.id for photo in camera.shots(photos)}:  # it stands beside the camera
        photos, newest = photos if len(photos) > 1 else [], None
    has_dial = bool((given or with_camera) and model.rejection)
    if has_dial and model.rejection:
        rejection_dial.show(model.rejection)
    _, left = predictions.predict(run, model, photos, SLICE_SECONDS)
    if not photos:
        return has_dial
    results = chrome.errors_shown()(partial(_results, run, photos, newest, threshold, unfinished=left > 0))
    st.fragment(results, run_every=POLL_SECONDS if left else None, key="predictions")()
    return has_dial


def recognises(labels: Sequence[str]) -> str:
    """What the model can tell apart, as a sentence in Markdown; of many classes the first."""
    rest = len(labels) - MOST_NAMED
    names = ", ".join(plain(label) for label in labels[:MOST_NAMED])
    return f"Recognises {names}{f' and {rest:,} more' if rest > 0 else ''}."


def _dropped(run: Run) -> list[NewPhoto]:
    files = st.file_uploader(
        "Drop photos here or choose them", accept_multiple_files=True, key=UPLOADER, label_visibility="collapsed"
    )
    photo_limit.watch(run, UPLOADER, len(files))
    if len(files) > photo_limit.MOST_PHOTOS:  # a browser whose script did not keep them back
        st.caption(f"Only the first {photo_limit.MOST_PHOTOS:,} of {len(files):,} photos are used.")
    return [NewPhoto(file.file_id, file.name, file.getvalue) for file in files[: photo_limit.MOST_PHOTOS]]


def _camera(run: Run, model: ImageClassifier, photos: Sequence[NewPhoto], threshold: float) -> None:
    """The camera, and beside it (on a phone, above it) what it saw last: the eye need not go anywhere.

    Its photos go to the uploader, and come from there like all others.
    """
    with st.container(key="tl_camera"):
        left, right = st.columns(2, gap="large", vertical_alignment="center")
        with left:
            dataset, pending = live_adding.offered(camera.KEY)
            camera.mount(UPLOADER, live_answers.live_data(run, model, threshold), pending)
            live_adding.follow(camera.KEY, dataset)
        with right:
            shots = camera.shots(photos)
            if not shots:
                st.html('<p class="tl-waiting tl-small">Take a photo, and its prediction appears here.</p>')
                return
            each = predictions.predict_one(run, model, shots[-1], threshold)
            if each.reason is None:
                chrome.mark_done(4, run.id)
                answers.show(each, model, with_photo=False)
                adding.offer("shot", run, each.photo.name, each.photo.read(), each.label if each.known else "")
                _changed([each])
            else:
                _refused([each])


def _newest(ids: list[str]) -> str | None:
    """The id of the photo to show large: the only one, or one that was just added by itself."""
    before: list[str] = st.session_state.get(GIVEN, [])
    added = [each for each in ids if each not in set(before)]
    if added:
        st.session_state[NEWEST] = added[0] if len(added) == 1 else None
    st.session_state[GIVEN] = ids
    newest: str | None = st.session_state.get(NEWEST)
    return ids[0] if len(ids) == 1 else newest if newest in ids else None


def _results(run: Run, photos: Sequence[NewPhoto], newest: str | None, threshold: float, unfinished: bool) -> None:
    """What is predicted so far; while some are left, a slice more each time.

    It finds the model itself: Streamlit keeps what a fragment was given for as long as the visit, and minutes longer,
    and with it the model (30 MB) that the cache has long let go.
    """
    model = predictions.model_of(run)
    found, left = predictions.predict(run, model, photos, SLICE_SECONDS, threshold)
    if unfinished and not left:
        st.rerun()  # drops the timer
    if left:
        st.progress(len(found) / len(photos), f"Predicting · {len(found):,} of {count(len(photos), 'photo')}")
    good = [each for each in found if each.reason is None]
    for each in good:
        if each.photo.id == newest:
            answers.show(each, model)
            adding.offer("new", run, each.photo.name, each.photo.read(), each.label if each.known else "")
    if good:
        chrome.mark_done(4, run.id)
        seconds = sum(each.milliseconds for each in good) / 1000
        st.caption(f"{count(len(good), 'prediction')} · {took(seconds)}")
    if len(good) > 1:
        answer_grid.show(good, model, state.run_name(run))
    _changed(good)
    _refused([each for each in found if each.reason is not None])


def took(seconds: float) -> str:
    """A short duration: "0.2 s", "3 min"."""
    return f"{max(0.1, seconds):.1f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _changed(answered: Sequence[PhotoPrediction]) -> None:
    """The photos that the model did not see as they are, each with what was done."""
    rows = [(each.photo.name, each.changed) for each in answered if each.changed]
    if rows:
        st.markdown(f"**{count(len(rows), 'file')} changed**")
        table(pd.DataFrame(rows, columns=["File", "Why"]), "Files changed, each with the reason")


def _refused(left_out: Sequence[PhotoPrediction]) -> None:
    """The files that are no photos, each with the reason."""
    if left_out:
        rows = [(each.photo.name, each.reason) for each in left_out]
        st.markdown(f"**{count(len(rows), 'file')} left out**")
        table(pd.DataFrame(rows, columns=["File", "Why"]), "Files left out, each with the reason")
