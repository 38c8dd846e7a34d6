"""The question how photos are sorted, where their folders can be read in several ways: a card for each reading."""

import html

import streamlit as st

from pages.shared import state
from pages.shared.decoding import EMPTY_PIXEL, picture_address
from pages.shared.widgets import plain
from tlcore.data.examples import kept_pictures
from tlcore.data.thumbnails import Thumbnails
from tlcore.errors import LayoutChoice
from tlcore.jobs.store import Job
from tlcore.messages.layouts import basis_message, by_likelihood, summary_message
from tlcore.messages.quantities import count

TITLE = "How are these photos sorted?"
PART_WORDS = {"train": "for training", "validation": "for validation", "test": "for testing"}
MOST_COUNTS = 12
"""Classes whose number of photos stands on a card; of more, the last place says how many."""


def sentence(choices: tuple[LayoutChoice, ...]) -> str:
    """What to do, below the title."""
    if len(choices) == 1:
        return "Check that each photo has the correct label. Nothing was saved yet."
    return f"They can be read in {len(choices)} ways. Choose the one with the correct labels. Nothing was saved yet."


def ask(job: Job, choices: tuple[LayoutChoice, ...]) -> str:
    """Draw the choices; returns the key of the one that was pressed, "" where none was or this visitor may not."""
    pictures, may_choose = kept_pictures(job.folder), state.may_act(job)
    likely, others = by_likelihood(choices)
    chosen = [_asked(choice, place, pictures, may_choose) for place, choice in enumerate(likely)]
    if others:
        with st.expander(f"Other ways to read it ({len(others)})"):
            chosen += [
                _asked(choice, place, pictures, may_choose) for place, choice in enumerate(others, start=len(likely))
            ]
    return next(filter(None, chosen), "")


def _asked(choice: LayoutChoice, place: int, pictures: Thumbnails, may_choose: bool) -> str:
    """A card with its button; the key of the reading where that was pressed."""
    with st.container(key=f"card_layout_{place}", gap="small"):
        st.html(_card(choice, pictures))
        kind = "primary" if place == 0 else "secondary"
        pressed = may_choose and st.button(
            "Use this", key=f"layout_{place}", type=kind, help=plain(basis_message(choice))
        )
    return choice.key if pressed else ""


def _card(choice: LayoutChoice, pictures: Thumbnails) -> str:
    """What a reading gives, what it is based on, its classes and some of its photos, as escaped HTML."""
    parts = [f"{number:,} {PART_WORDS[part]}" for part, number in choice.parts]
    shown = "".join(_example(pictures, path, label) for path, label in choice.examples)
    return (
        f'<div class="tl-layout"><h2>{html.escape(summary_message(choice))}</h2>'
        f'<p class="tl-small">{html.escape(" · ".join([basis_message(choice), *parts]))}</p>'
        f'<ul class="tl-layout-counts" role="list" aria-label="Photos in each class">{_counts(choice)}</ul>'
        f'<ul class="tl-grid tl-layout-photos" role="list" aria-label="Example photos">{shown}</ul></div>'
    )


def _counts(choice: LayoutChoice) -> str:
    shown = choice.classes[:MOST_COUNTS] if choice.num_classes > MOST_COUNTS else choice.classes
    items = [f"<li>{html.escape(label)} <b>{number:,}</b></li>" for label, number in shown]
    rest = choice.num_classes - len(shown)
    return "".join([*items, f"<li>and {count(rest, 'more class', 'more classes')}</li>" if rest else ""])


def _example(pictures: Thumbnails, path: str, label: str) -> str:
    """A photo with the label that it would get, and its file."""
    picture = pictures.read(path)
    source = picture_address(picture) if picture else EMPTY_PIXEL
    name = html.escape(path)
    lines = name.replace("/", "/<wbr>").replace("_", "_<wbr>")
    return (
        f'<li><figure class="tl-photo"><div class="tl-tile"><img src="{source}" alt=""></div>'
        f'<figcaption><b>{html.escape(label)}</b> <span class="tl-file" title="{name}">{lines}</span></figcaption>'
        "</figure></li>"
    )
