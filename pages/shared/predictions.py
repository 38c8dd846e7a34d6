"""Predictions for new photos, made once a photo and visit, a slice at a time so that the page never stands still.

A photo is decoded in a limited process; the model looks at it in this one. Nothing is written to the disk. How the
predictions are shown: answers.py and answer_grid.py.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from pages.shared import state
from pages.shared.decoding import decoder, picture_address
from pages.shared.gallery import GalleryPhoto
from tlcore.data import thumbnails
from tlcore.data.images import PhotoRefused
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.errors import UserError
from tlcore.jobs.store import Run
from tlcore.messages.quantities import percent
from tlcore.messages.unknown import NONE, closest_message
from tlcore.serving.bundle import FOLDER, INFO
from tlcore.serving.predict import ImageClassifier
from tlcore.serving.probe import load_safely

KNOWN, LAST, SMALL = "predictions", "last_prediction", "prediction_thumbnails"
MOST_THUMBNAILS = 200  # kept for a visit; the photos themselves are there anyway


@dataclass(frozen=True)
class NewPhoto:
    """A photo that somebody handed in. `id`: of this upload; `read`: gives the file's content."""

    id: str
    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class PhotoPrediction:
    """What was predicted for one photo.

    Attributes:
        reason: why it was refused, else None; then the rest is empty.
        ranked: label and probability (0–1) of every class, most probable first.
        milliseconds: what it took. width, height: pixels of the photo.
        changed: what was done to its pixels, as words that follow its name, "" for nothing.
        familiarity: how similar it is to the training photos, 0–1; None where the model does not know.
        threshold: how familiar a photo has to be for an answer.
    """

    photo: NewPhoto
    reason: str | None
    ranked: tuple[tuple[str, float], ...] = ()
    milliseconds: float = 0.0
    width: int = 0
    height: int = 0
    changed: str = ""
    familiarity: float | None = None
    threshold: float = 0.0

    @property
    def known(self) -> bool:
        """False where it shows none of the classes; `label` is then only the nearest."""
        return self.familiarity is None or self.familiarity >= self.threshold

    @property
    def answer(self) -> str:
        """The class that is predicted, or that it is none of them."""
        return self.label if self.known else NONE

    @property
    def label(self) -> str:
        """The most probable class."""
        return self.ranked[0][0]

    @property
    def probability(self) -> float:
        """That of `label`, 0–1."""
        return self.ranked[0][1]


def model_of(run: Run) -> ImageClassifier:
    """The model of a finished run, loaded once a server. Raises UserError where its files are gone or damaged."""
    return _model(run.id, packed(run))


def packed(run: Run) -> int:
    """When the model was packed: a run that is started again gets another one."""
    try:
        return (run.folder / FOLDER / INFO).stat().st_mtime_ns
    except OSError:
        return 0


@st.cache_resource(show_spinner=False, max_entries=4)
def _model(run_id: str, packed: int) -> ImageClassifier:
    return ImageClassifier(load_safely(state.workspace().runs / run_id, own=True))


def predict(
    run: Run, model: ImageClassifier, given: Sequence[NewPhoto], seconds: float, threshold: float = 0.0
) -> tuple[list[PhotoPrediction], int]:
    """The predictions that are there after some work, in the order of the photos; and how many are still to be made.

    Args:
        seconds: to work for, at most; one photo is always predicted. Those of photos that are not given any more are
            forgotten.
        threshold: how familiar a photo has to be for an answer.
    """
    model_time, until = packed(run), time.monotonic() + seconds
    before: dict[tuple[str, int, str], PhotoPrediction] = st.session_state.get(KNOWN, {})
    keys = {photo.id: (run.id, model_time, photo.id) for photo in given}
    known = {key: before[key] for key in keys.values() if key in before}
    st.session_state[KNOWN] = known  # what is made below stays, though somebody presses a button meanwhile
    for photo in given:
        key = keys[photo.id]
        if key not in known:
            known[key] = _predict(model, photo)
            if time.monotonic() > until:
                break
    found = [replace(known[key], threshold=threshold) for key in keys.values() if key in known]
    return found, len(keys) - len(found)


def predict_one(run: Run, model: ImageClassifier, photo: NewPhoto, threshold: float = 0.0) -> PhotoPrediction:
    """The prediction for the camera's last photo, beside those of `predict`."""
    key = (run.id, packed(run), photo.id)
    if st.session_state.get(LAST, (None, None))[0] != key:
        st.session_state[LAST] = key, _predict(model, photo)
    found: PhotoPrediction = st.session_state[LAST][1]
    return replace(found, threshold=threshold)


def _predict(model: ImageClassifier, photo: NewPhoto) -> PhotoPrediction:
    start, bundle = time.perf_counter(), model.bundle
    try:
        decoded = decoder().decode(photo.read(), bundle.wanted)
    except PhotoRefused as error:
        return PhotoPrediction(photo, error.reason)
    assert decoded.input is not None  # it was asked for
    found = model.predict_input(decoded.input)
    info, took = decoded.info, (time.perf_counter() - start) * 1000
    return PhotoPrediction(photo, None, found.ranked, took, info.width, info.height, decoded.changed, found.familiarity)


def picture(each: PhotoPrediction, model: ImageClassifier, size: int = thumbnails.SIZE) -> GalleryPhoto:
    """The photo as the model sees it, for a page, with what was predicted as its caption.

    Args:
        size: pixels of its side, at most.
    """
    label, side = each.label, min(each.width, each.height)
    share = percent(each.probability)
    return GalleryPhoto(
        source=_thumbnail(each.photo, size, model),
        caption=f"{label} {share}" if each.known else NONE,
        detail="" if each.known else closest_message(label, each.probability),
        alt=f"Your photo {each.photo.name}",
        more=each.photo.name,
        pixels=side if side < size else 0,
        hue=model.bundle.labels.index(label) if each.known else None,
        whole=model.bundle.policy != RESIZE_POLICY,
    )


def _thumbnail(photo: NewPhoto, size: int, model: ImageClassifier) -> str:
    whole = model.bundle.policy != RESIZE_POLICY
    made: dict[tuple[str, int, bool, str], str] = st.session_state.setdefault(SMALL, {})
    key = (photo.id, size, whole, repr(model.bundle.data_ranges))
    if key not in made:
        try:
            wanted = replace(model.bundle.wanted, input_size=0, thumbnail_size=size, whole=whole)
            made[key] = picture_address(decoder().decode(photo.read(), wanted).thumbnail)
        except (PhotoRefused, UserError):
            return ""
        while len(made) > MOST_THUMBNAILS:
            made.pop(next(iter(made)))
    return made[key]
