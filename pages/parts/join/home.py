"""The home of a group: its task, how far it is with it, and how a phone of its members joins."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.join import phones, progress, results
from pages.shared import group_line, state
from pages.shared.widgets import note
from tlcore.classroom.store import load_classroom
from tlcore.classroom.values import Group


def show(action: DeltaGenerator, group: Group) -> None:
    """Draw it; `action` gets the one button that leads on."""
    classroom = load_classroom(state.workspace(), group.classroom_id)
    progress.button(action, progress.find(group, classroom))
    results.show(classroom)
    left, right = st.columns([7, 5], gap="large")
    with left:
        if group_line.task_title(classroom):
            with st.container(key="card_task", gap="small"):
                st.subheader("Your task", anchor=False)
                group_line.show_task(classroom)
        else:
            note("Your teacher has set no task. Collect photos of two or more classes, then train your own model.")
        progress.steps(group)
    with right:
        phones.show(group)
        phones.leave(group)
