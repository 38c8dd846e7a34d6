"""The way to hand something on: a link with a key, made only when somebody asks for it and chooses what it allows."""

from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import state
from tlcore.access import Made, Right, share_key

LOOK, CHANGE = "Look only", "Look and change"
ALLOWED: dict[str, dict[str, tuple[Right, str]]] = {
    "run": {
        LOOK: ("see", "People with the link can view this training, its results and photos, and use the model."),
        CHANGE: ("act", "They can also stop, continue, restart, rename, delete and share it."),
    },
    "race": {
        LOOK: ("see", "People with the link can view this race, its runs and photos, and use the models."),
        CHANGE: ("act", "They can also stop, continue, restart, rename, delete and share it."),
    },
    "dataset": {
        "Look and train": (
            "see",
            "People with the link can view these photos and train on them, but not change or delete them.",
        ),
    },
}
"""For each kind of thing, what a link can allow, with the right and what that means."""


def show(action: DeltaGenerator, kind: str, thing: Made) -> None:
    """The button that opens the choice, for who may change the thing, on a server that others can reach.

    Args:
        kind: "run", "race" or "dataset".
    """
    if not state.may_act(thing) or not state.others_can_come():
        return
    with action.popover("Share"):
        choose(kind, thing)


def choose(kind: str, thing: Made) -> None:
    """What people with the link may do, and the link, for who may share the thing."""
    if not state.may_act(thing):
        return
    choices = ALLOWED[kind]
    chosen = st.segmented_control("What can people with the link do?", list(choices), key=f"share_{kind}_{thing.id}")
    if chosen is None:
        return
    right, meaning = choices[chosen]
    st.markdown(meaning)
    st.code(link(right, kind, thing.id), language=None, wrap_lines=True)
    st.caption("Anyone with this link has access until the item is deleted.")


def link(right: Right, kind: str, an_id: str) -> str:
    """The address of this page with the thing and the key to it."""
    key = share_key(state.workspace(), right, kind, an_id)
    return f"{st.context.url}?{urlencode({kind: an_id, 'key': key})}"
