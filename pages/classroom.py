"""For the teacher: a classroom that groups join with a code, what they make, and the test that compares them."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.classroom import (
    dialogs,
    group_page,
    groups,
    joining,
    leaving,
    opening,
    scoring,
    task_form,
    views,
)
from pages.shared import chrome, state, widgets
from pages.shared.navigation import CLASSROOM
from tlcore.classroom.values import Classroom


def show(classroom: Classroom, action: DeltaGenerator) -> None:
    """A classroom: how to join it and its groups, its task, or its hidden test."""
    leaving.controls(classroom, action)
    action.page_link("pages/classroom.py", label="All classrooms", query_params=views.start())
    view = views.chosen()
    if view == views.TASK:
        task_form.show(classroom)
    elif view == views.TEST:
        scoring.show(classroom)
    else:
        if classroom.is_open:
            joining.show(classroom)
        groups.show(classroom)


def project(classroom: Classroom, action: DeltaGenerator) -> None:
    """What the class sees on the wall, and nothing else."""
    with st.container(key="tl_projector", gap="medium"):
        if views.shown() == views.CODE:
            joining.full_screen(classroom)
        else:
            scoring.full_screen(classroom)
    view = "groups" if views.shown() == views.CODE else "test"
    action.page_link("pages/classroom.py", label="Leave full screen", query_params=views.link(classroom, view))


title, sentence = views.heading()

with chrome.page(title, sentence, step=0, tab=CLASSROOM[1]) as action:
    if not state.is_owner():
        widgets.empty(
            "Only the owner of this server can open this page.", "streamlit_app.py", "Go to the start", state.link()
        )
    else:
        dialogs.open_dialog()
        classroom = views.classroom()
        if classroom is None:
            opening.show()
        elif views.shown():
            project(classroom, action)
        elif (group := views.group(classroom)) is not None:
            group_page.show(classroom, group, action)
        else:
            show(classroom, action)
