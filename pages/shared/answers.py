"""One prediction, large: the photo as the model sees it, the class, how probable it is, and what else it could be."""

import html

import streamlit as st

from pages.shared import answer_why, gallery, photo_viewer, predictions
from pages.shared.gallery import dot, hue
from pages.shared.photo_viewer import ViewerPhoto
from pages.shared.predictions import PhotoPrediction
from tlcore.messages import unknown as messages
from tlcore.messages.quantities import count, percent
from tlcore.serving.predict import ImageClassifier

PIXELS = 600  # of the large photo: sharp at the size it is shown in
MOST_BARS = 6
LEAST_FILL = 0.005  # of a bar: less is shown as 0% or less than 1%, and would be a sliver
SHORT = 12  # letters of a class name that fits into a line of the largest type


def show(each: PhotoPrediction, model: ImageClassifier, with_photo: bool = True) -> None:
    """Draw it. `with_photo`: False where the photo stands beside it anyway, as the camera's does."""
    words = answer(each, model.bundle.labels)
    if not with_photo:
        st.html(words)
        why = answer_why.explained(each, answer_why.CAMERA)
        answer_why.show(why, answer_why.over(predictions.picture(each, model), each, why))
        return
    why = answer_why.explained(each)
    with st.container(key="tl_answer"):
        left, right = st.columns([2, 3], gap="large", vertical_alignment="center")
        with left, st.container(key="tl_answer_photo"):
            photo = predictions.picture(each, model, PIXELS)
            shown = gallery.GalleryPhoto(
                photo.source, "", photo.alt, photo.more, pixels=photo.pixels, whole=photo.whole
            )
            shown = answer_why.over(shown, each, why)
            gallery.grid([shown], 1, "answer_photo", lambda place: photo_viewer.show([viewer_photo(each)], place))
        right.html(words)
    answer_why.show(why)


def answer(each: PhotoPrediction, labels: tuple[str, ...]) -> str:
    """The prediction as escaped HTML: class and probability, the runner-up, then every class as a bar.

    Args:
        labels: the classes in the model's order, which their hues go by.
    """
    head = _known_head(each) if each.known else _unknown_head(each)
    rows = [_bar(label, share, labels.index(label)) for label, share in each.ranked]
    bars = f'<ul class="tl-shares" role="list">{"".join(rows[:MOST_BARS])}</ul>'
    if rows[MOST_BARS:]:
        more = count(len(rows) - MOST_BARS, "more class", "more classes")
        bars += f'<details><summary>{more}</summary><ul class="tl-shares" role="list">'
        bars += f"{''.join(rows[MOST_BARS:])}</ul></details>"
    if not each.known:
        bars = f"<details><summary>{messages.IF_ONE}</summary>{bars}</details>"
    return f'<div role="status">{head}</div>{bars}'


def _known_head(each: PhotoPrediction) -> str:
    """The class with its probability, and the runner-up."""
    size = "tl-score" if len(each.label) <= SHORT else "tl-big"
    second, probability = each.ranked[1]
    return (
        f'<p class="tl-answer"><span class="{size}">{html.escape(each.label)}</span> '
        f'<span class="tl-big tl-share">{html.escape(percent(each.probability))}</span></p>'
        f'<p class="tl-small">Runner-up: {html.escape(second)}, {html.escape(percent(probability))}</p>'
    )


def _unknown_head(each: PhotoPrediction) -> str:
    """That it is none of the classes, which is nearest, and why."""
    closest = messages.closest_message(each.label, each.probability)
    why = messages.why_message(each.familiarity or 0.0, each.threshold)
    return (
        f'<p class="tl-answer tl-none"><span class="tl-big">{messages.NONE}</span></p>'
        f'<p class="tl-small">{html.escape(closest)}</p><p class="tl-small">{html.escape(why)}</p>'
    )


def _bar(label: str, share: float, place: int) -> str:
    width = f"width:{share * 100:.1f}%;background:{hue(place)}"
    fill = f'<span class="tl-fill" style="{width}"></span>' if share >= LEAST_FILL else ""
    return (
        f'<li><span class="tl-name">{dot(place)}{html.escape(label)}</span>'
        f'<span class="tl-track" aria-hidden="true">{fill}</span>'
        f'<span class="tl-count">{html.escape(percent(share))}</span></li>'
    )


def viewer_photo(each: PhotoPrediction) -> ViewerPhoto:
    """The photo for the viewer."""
    return ViewerPhoto(
        each.photo.name,
        each.photo.read,
        predicted=each.answer,
        probability=each.probability if each.known else None,
        width=each.width,
        height=each.height,
        question=answer_why.question_of(each),
    )
