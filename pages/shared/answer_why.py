"""Why the model answers so for a photo that was just handed in: the switch below the large answer; what it shows."""

from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from pages.shared import gallery, neighbours, photo_details, photo_viewer, why
from pages.shared.gallery import GalleryPhoto
from pages.shared.predictions import PhotoPrediction
from pages.shared.why import Answer, Question

KEY, CAMERA = "answer_why", "camera_why"


@dataclass(frozen=True)
class Explained:
    """A photo that can be asked about, and the answer, None where it is not wanted or not to be had."""

    question: Question
    answer: Answer | None
    key: str


def question_of(each: PhotoPrediction) -> Question | None:
    """What can be asked about a new photo: the run in use, where it has a model."""
    run = photo_details.model_in_use()
    return Question(run, each.photo.id, each.photo.read) if run is not None else None


def explained(each: PhotoPrediction, key: str = KEY) -> Explained | None:
    """The photo with what is to be laid over it; None where there is no model to ask. `key`: names the switch."""
    question = question_of(each)
    if question is None:
        return None
    answer = None
    if why.is_shown(key):
        with suppress(*why.REFUSED):
            answer = why.answer_of(question, why.chosen(key, question))
    return Explained(question, answer, key)


def over(photo: GalleryPhoto, each: PhotoPrediction, found: Explained | None) -> GalleryPhoto:
    """The photo with its heat map, where that is wanted."""
    if found is None or found.answer is None:
        return photo
    return why.over_tile(photo, found.answer, each.width, each.height)


def show(found: Explained | None, photo: GalleryPhoto | None = None) -> None:
    """The switch; below it the class that is explained, in words too, and the training photos that are most alike.

    Args:
        photo: drawn with its heat map, where it does not stand beside this already.
    """
    if found is None:
        return
    with st.container(key=f"tl_{found.key}"):
        if not why.controls(found.key, found.question, found.answer, with_shares=True) or found.answer is None:
            return
        if photo is not None:
            gallery.grid([photo], 1)
        near = neighbours.find(found.question, found.answer)
        neighbours.heading(near[1] if near else None)
        if near and near[1]:
            dataset, photos = near
            shown = neighbours.pictures(dataset, photos, found.answer.explanation.labels)
            beside = photo_viewer.from_neighbours(dataset, photos)
            gallery.grid(shown, None, f"{found.key}_beside", lambda place: photo_viewer.show(beside, place))
