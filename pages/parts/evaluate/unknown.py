"""When the model says "none of these": the dial and what it costs, what it leaves unanswered, a place to try it."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from pages.parts.evaluate.prediction_gallery import from_predictions
from pages.shared import chrome, gallery, photo_limit, photo_viewer, predictions, rejection_dial
from pages.shared.predictions import NewPhoto, PhotoPrediction
from tlcore.data.manifest import Dataset
from tlcore.evaluation.rejection import RejectionRule
from tlcore.evaluation.report import FAMILIARITY, Report
from tlcore.jobs.store import Run
from tlcore.messages import unknown as messages
from tlcore.messages.quantities import count
from tlcore.serving.bundle import read_info
from tlcore.serving.predict import ImageClassifier

UPLOADER = "unknown_photos"
MOST_SHOWN = 24
SLICE_SECONDS, POLL_SECONDS = 0.5, 0.6


def show(run: Run, dataset: Dataset, report: Report) -> None:
    """The section of the Trust view."""
    with st.container(key="tl_unknown"):
        st.subheader(messages.TITLE, anchor=False)
        rule = _rule(run)
        if rule is None:
            st.markdown(messages.NEVER)
            return
        st.markdown(f"{messages.WHAT} {messages.basis_message(rule)}")
        threshold = rule.threshold(rejection_dial.show(rule))
        _unanswered(dataset, report, threshold)
        _try(run, threshold)


def _rule(run: Run) -> RejectionRule | None:
    try:
        return RejectionRule.from_dict(read_info(run.folder)["unknown"])
    except (LookupError, TypeError, ValueError):
        return None


def _unanswered(dataset: Dataset, report: Report, threshold: float) -> None:
    """The test photos that get no answer, the least familiar first."""
    rows = report.predictions.sort_values(FAMILIARITY)
    rows = rows[rows[FAMILIARITY] < threshold]
    if rows.empty:
        return
    with st.expander(messages.unanswered_title(len(rows))):
        shown = rows.head(MOST_SHOWN)

        def enlarge(place: int) -> None:
            photo_viewer.show(photo_viewer.from_predictions(dataset, shown), place)

        gallery.grid(from_predictions(dataset, shown), None, "unanswered", enlarge)


def _try(run: Run, threshold: float) -> None:
    """Photos of other things, and how many of them get an answer all the same."""
    st.markdown(f"**{messages.TRY}**")
    files = st.file_uploader(messages.TRY, accept_multiple_files=True, key=UPLOADER, label_visibility="collapsed")
    photo_limit.watch(run, UPLOADER, len(files))
    photos = [NewPhoto(file.file_id, file.name, file.getvalue) for file in files[: photo_limit.MOST_PHOTOS]]
    if not photos:
        st.caption(messages.EMPTY_TRY)
        return
    model = predictions.model_of(run)
    _, left = predictions.predict(run, model, photos, SLICE_SECONDS)
    results = chrome.errors_shown()(partial(_results, run, photos, threshold, unfinished=left > 0))
    st.fragment(results, run_every=POLL_SECONDS if left else None, key="unknown_results")()


def _results(run: Run, photos: Sequence[NewPhoto], threshold: float, unfinished: bool) -> None:
    model = predictions.model_of(run)  # not handed in, see predict_panel._results
    found, left = predictions.predict(run, model, photos, SLICE_SECONDS, threshold)
    if unfinished and not left:
        st.rerun()  # drops the timer
    if left:
        st.progress(len(found) / len(photos), f"Predicting · {len(found):,} of {count(len(photos), 'photo')}")
    good = [each for each in found if each.reason is None]
    if not good:
        return
    answered = sorted((each for each in good if each.known), key=lambda each: -(each.familiarity or 0.0))
    st.markdown(messages.unknown_message(len(good) - len(answered), len(good)))
    if answered:
        st.caption(messages.ANSWERED)
        _pictures(answered[:MOST_SHOWN], model)


def _pictures(answered: Sequence[PhotoPrediction], model: ImageClassifier) -> None:
    gallery.grid([predictions.picture(each, model) for each in answered], None)
