"""The places of all groups, once their teacher shows them."""

import streamlit as st

from pages.shared import podium, state
from tlcore.classroom.hidden_test import scores
from tlcore.classroom.podium import podium as places_of
from tlcore.classroom.store import list_groups
from tlcore.classroom.values import Classroom


def show(classroom: Classroom) -> None:
    """The podium; nothing while it is not revealed."""
    if not classroom.is_revealed:
        return
    st.subheader("Podium", anchor=False)
    names = {each.id: each.name for each in list_groups(state.workspace(), classroom.id)}
    podium.show(places_of(scores(state.workspace(), classroom)), names)
