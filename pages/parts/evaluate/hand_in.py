"""Handing in a model: the one that counts for a group when its teacher tests the models of all groups."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import actions, state
from pages.shared.widgets import plain
from tlcore.classroom.values import Group
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run

HANDED_IN = "Handed in: this model counts for your group."
NEWEST = "Until your group hands in a model, its newest finished one counts."


def show(action: DeltaGenerator, run: Run) -> None:
    """The button among the page's others, and below them which model counts; nothing for anybody but a group."""
    group = state.group()
    if group is None or run.visitor != group.visitor or not job_status(run).predicts:
        return
    if group.entry != run.id:
        action.button("Hand in this model", key="hand_in", on_click=_hand_in, args=(run,))
    st.caption(_which_counts(group, run))


def _hand_in(run: Run) -> None:
    with actions.refusals_kept():
        actions.hand_in(run)


def _which_counts(group: Group, run: Run) -> str:
    """The sentence about the group's entry."""
    if group.entry == run.id:
        return HANDED_IN
    entry = next((each for each in state.runs() if each.id == group.entry), None)
    if entry is None or not job_status(entry).predicts:
        return NEWEST
    return f"Your group has handed in “{plain(state.run_name(entry))}”."
