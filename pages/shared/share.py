"""The way to hand something on: a link with a key, made only when somebody asks for it and chooses what it allows."""

from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import actions, qr, state
from tlcore.access import Made, Right
from tlcore.grants import link_key, visitors_with
from tlcore.messages.sharing import KEEPS_WORKING, STOP_MEANING, opened_message, stopped_message

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

STOP, STOPPED = "Stop sharing", "share_stopped"


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
    """What people with the link may do, the link as address and QR code, and the end of it, for who may share it."""
    if not state.may_act(thing):
        return
    choices = ALLOWED[kind]
    chosen = st.segmented_control("What can people with the link do?", list(choices), key=f"share_{kind}_{thing.id}")
    if chosen is not None:
        right, meaning = choices[chosen]
        st.markdown(meaning)
        address = link(right, kind, thing.id)
        with st.container(key="tl_share"):
            st.code(address, language=None, wrap_lines=True)
        qr.show(address, f"QR code of this link ({chosen.lower()})")
        # Counted only for who has chosen something: it looks through the files of all visitors.
        st.caption(f"{KEEPS_WORKING} {opened_message(visitors_with(state.workspace(), kind, thing.id))}")
    if actions.is_maker(thing):
        _stop(kind, thing)


def _stop(kind: str, thing: Made) -> None:
    """The button that ends all links."""
    st.button(STOP, key=f"stop_sharing_{kind}_{thing.id}", help=STOP_MEANING, on_click=_end, args=(thing,))
    if done := st.session_state.pop(STOPPED, None):
        st.success(done)


def _end(thing: Made) -> None:
    with actions.refusals_kept():
        number = actions.stop_sharing(thing)
        if number is not None:
            st.session_state[STOPPED] = stopped_message(number)


def link(right: Right, kind: str, an_id: str) -> str:
    """The address of this page with the thing and the key to it."""
    key = link_key(state.workspace(), right, kind, an_id)
    return f"{st.context.url}?{urlencode({kind: an_id, 'key': key})}"
