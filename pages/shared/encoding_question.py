"""The question which names are right, where those in an archive read differently in several encodings."""

import html

import streamlit as st

from pages.shared import state
from tlcore.errors import EncodingChoice
from tlcore.jobs.store import Job
from tlcore.messages.encodings import encoding_message

TITLE = "Which names are correct?"


def sentence(choices: tuple[EncodingChoice, ...]) -> str:
    """What to do, below the title."""
    return f"The names in this archive can be read in {len(choices)} ways. Nothing was saved yet."


def ask(job: Job, choices: tuple[EncodingChoice, ...]) -> str:
    """Draw the choices; returns the encoding of the one that was pressed, "" where none was or this visitor may not."""
    may_choose, chosen = state.may_act(job), ""
    for place, choice in enumerate(choices):
        with st.container(key=f"card_encoding_{place}", gap="small"):
            st.html(_card(choice))
            kind = "primary" if place == 0 else "secondary"
            label = f"Use these names, {encoding_message(choice)}"
            if may_choose and st.button("Use these names", key=f"encoding_{place}", type=kind, help=label):
                chosen = choice.encoding
    return chosen


def _card(choice: EncodingChoice) -> str:
    """Some folders as they would be called, as escaped HTML."""
    names = "".join(f"<li>{html.escape(name)}</li>" for name in choice.names)
    return (
        f'<div class="tl-layout"><ul class="tl-sample-words" role="list" aria-label="Names of folders">{names}</ul>'
        f'<p class="tl-small">{html.escape(encoding_message(choice))}</p></div>'
    )
