"""Whether this visitor may change a thing, asked by whatever changes one; and how a refusal is said."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.shared import state
from pages.shared.widgets import plain
from tlcore.access import Made
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError

REFUSED = "refused"  # in the session: said once by the next page, since a callback has no place on one


def is_allowed(thing: Made) -> bool:
    """Whether this visitor may change a thing; if not, the next page says so."""
    allowed = state.may_act(thing)
    if not allowed:
        st.session_state[REFUSED] = (
            "**Nothing was changed: this belongs to someone else.** Ask its owner for a link with “Look and change”."
        )
    return allowed


def may_change(dataset: Dataset) -> bool:
    """Whether this visitor may change a data set and its newest version, to which the change is made."""
    return is_allowed(dataset) and is_allowed(state.newest(dataset))


def is_maker(thing: Made) -> bool:
    """Whether this visitor made it, or owns the workspace."""
    return state.is_owner() or thing.visitor == state.maker()


@contextmanager
def refusals_kept() -> Iterator[None]:
    """Around what a button's callback does: a UserError becomes words that the next page, or fragment, says."""
    try:
        yield
    except UserError as error:
        st.session_state[REFUSED] = f"**{plain(error.what)}** {plain(error.fix)}"
