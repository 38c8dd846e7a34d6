"""Why a model answers as it does, for one photo on a page: the heat map over it, for a class that a person chooses.

The photo is decoded in a limited process and explained in this one; nothing is written to the disk. Photos that are
like it: neighbours.py.
"""

import html
from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from pages.shared import predictions
from pages.shared.decoding import decoder, picture_address
from pages.shared.gallery import GalleryPhoto
from pages.shared.widgets import plain
from tlcore.data.images import PhotoRefused
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.errors import UserError
from tlcore.jobs.store import Run
from tlcore.messages.explanation import HOW_TO_READ, LEARNED_SINCE, SLOW, evidence_message
from tlcore.serving.explain import Explanation, explainer_of
from tlcore.serving.overlay import SIDE, draw_overlay
from tlcore.shares import percent

SHOWN, LAST = "why_shown", "why_last"  # in the session: whether people want to see it; what was explained last
MOST_PILLS = 4
FOR = "Show what speaks for"


@dataclass(frozen=True)
class Question:
    """A photo, and the model that is asked about it.

    Attributes:
        id: tells the photos of a visit apart. read: gives the file's content; raises UserError where it is gone.
        label: the class that is explained unless a person chooses another: what the model predicted when it was
            tested; "" for what it predicts now.
        path: of the photo in the data set of the run, "" for one that is in memory only.
    """

    run: Run
    id: str
    read: Callable[[], bytes]
    label: str = ""
    path: str = ""


@dataclass(frozen=True)
class Answer:
    """An explanation, and what it is about.

    Attributes:
        ranked: the probability of every class, the one that is explained by itself first.
        policy: how the photo becomes square.
        learned_since: whether the model has learned from this photo after it was tested on it.
    """

    explanation: Explanation
    ranked: tuple[tuple[str, float], ...]
    policy: str
    learned_since: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """The class that is explained unless a person chooses another, then the others."""
        return tuple(label for label, _ in self.ranked)


def is_shown(key: str) -> bool:
    """Whether the heat map is wanted: the value of the switch of `controls`, known before it is drawn."""
    return bool(st.session_state.get(f"{key}_toggle", st.session_state.get(SHOWN, False)))


def controls(key: str, question: Question, answer: Answer | None, with_shares: bool = False) -> bool:
    """The switch, which class is explained, and what the heat map shows in words; True where it is wanted.

    The switch stays as it is for the next photos of a visit.

    Args:
        answer: None where it is not wanted or not to be had. with_shares: classes stand there with their probability.
    """
    name = f"{key}_toggle"
    st.session_state.setdefault(name, st.session_state.get(SHOWN, False))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key=f"{key}_controls"):
        st.session_state[SHOWN] = wanted = st.toggle("Show why", key=name, help=HOW_TO_READ)
        if answer is not None:
            _choice(key, question, answer, with_shares)
    if wanted and (answer is not None or _is_slow(question)):
        words = SLOW if answer is None else evidence_message(answer.explanation)
        words += f" {LEARNED_SINCE}" if answer is not None and answer.learned_since else ""
        st.html(f'<p class="tl-small tl-words" role="status">{html.escape(words)}</p>')
    return bool(wanted)


def _choice(key: str, question: Question, answer: Answer, with_shares: bool) -> None:
    """Which class is explained; `chosen` knows it before it is drawn."""
    labels, name = answer.labels, _choice_key(key, question)
    words = {label: f"{label} {percent(share)}" if with_shares else label for label, share in answer.ranked}
    if len(labels) > MOST_PILLS:
        st.selectbox(FOR, labels, format_func=words.__getitem__, key=name, label_visibility="collapsed", width=240)
        return
    st.session_state.setdefault(name, labels[0])
    st.pills(
        FOR,
        labels,
        format_func=lambda label: plain(words[label]),
        key=name,
        required=True,
        label_visibility="collapsed",
    )


def chosen(key: str, question: Question) -> str:
    """The class that a person chose for this photo; "" before."""
    return str(st.session_state.get(_choice_key(key, question)) or "")


def _choice_key(key: str, question: Question) -> str:
    return f"{key}_class_{question.run.id}_{question.id}"


def answer_of(question: Question, label: str = "") -> Answer | None:
    """The explanation for a class; None where the network does not allow it in the blink of an eye.

    Raises:
        PhotoRefused, UserError: the photo or the model is gone or damaged.
    """
    key = (question.run.id, predictions.packed(question.run), question.id, question.label)
    if st.session_state.get(LAST, (None,))[0] != key:
        st.session_state[LAST] = key, explain(question)
    found: Answer | None = st.session_state[LAST][1]
    if found is None or label not in found.labels:
        return found
    return replace(found, explanation=found.explanation.for_label(label))


def _is_slow(question: Question) -> bool:
    """Whether the model would have to be asked many times."""
    return not explainer_of(predictions.model_of(question.run)).is_quick


def explain(question: Question) -> Answer | None:
    """`answer_of` for the question's own class, made now."""
    model = predictions.model_of(question.run)
    explainer = explainer_of(model)
    if not explainer.is_quick:
        return None
    decoded = decoder().decode(question.read(), model.bundle.wanted)
    assert decoded.input is not None  # it was asked for
    ranked = model.predict_input(decoded.input).ranked
    first = question.label if question.label in model.bundle.labels else ranked[0][0]
    ranked = tuple(sorted(ranked, key=lambda pair: pair[0] != first))
    learned_since = bool(model.bundle.info.get("refit")) and bool(question.path) and bool(question.label)
    return Answer(explainer.explain(decoded.input, first), ranked, model.bundle.policy, learned_since)


def over_tile(photo: GalleryPhoto, answer: Answer, width: int, height: int) -> GalleryPhoto:
    """A photo of a grid, as the model sees it, with the heat map over it. `width`, `height`: of the photo in pixels."""
    size = (SIDE, max(1, round(SIDE * height / width))) if photo.whole and width else (SIDE, SIDE)
    picture = picture_address(draw_overlay(answer.explanation.heat_map, *size))
    return replace(photo, over=picture, alt=f"{photo.alt}. {evidence_message(answer.explanation)}")


def over_photo(picture: str, answer: Answer, width: int, height: int) -> str:
    """A photo (an `img`) with the heat map over what the model sees of it, as escaped HTML.

    Args:
        width, height: of the photo in pixels; what lies outside of its middle square is darkened, where that is all
            that the model sees.
    """
    side = min(width, height) if answer.policy == RESIZE_POLICY and width and height else 0
    left, top = ((100 - 100 * side / length) / 2 if side else 0 for length in (width or 1, height or 1))
    style = f"inset:{top:.3f}% {left:.3f}%"
    alt, source = (
        html.escape(evidence_message(answer.explanation)),
        picture_address(draw_overlay(answer.explanation.heat_map)),
    )
    return (
        f'<span class="tl-why">{picture}<span class="tl-heat" style="{style}">'
        f'<img src="{source}" alt="{alt}"></span></span>'
    )


REFUSED = (PhotoRefused, UserError)
"""What `answer_of` raises for a photo that is gone, which is said elsewhere."""
