"""What of the Classroom page is seen, as the address says: which classroom, which group, and which side of it."""

import streamlit as st

from pages.shared import address, state
from pages.shared.widgets import plain
from tlcore.classroom.store import load_classroom, load_group, open_classroom
from tlcore.classroom.values import Classroom, Group
from tlcore.errors import UserError

GROUPS, TASK, TEST = "Groups", "Task", "Hidden test"
VIEWS = {"groups": GROUPS, "task": TASK, "test": TEST}
"""Each side of a classroom by its word in the address."""

KEY = "classroom_view"
SHOW, CODE, PODIUM = "show", "code", "podium"
"""`show` in the address: what is projected for the class, alone on the page."""


def link(classroom: Classroom, view: str = "groups", **values: str) -> dict[str, str]:
    """The query parameters of a link to a side of a classroom.

    Args:
        view: a key of `VIEWS`. values: `group` or `show`.
    """
    return {"classroom": classroom.id, "view": view, **values}


def start() -> dict[str, str]:
    """The query parameters of a link to where classrooms are opened; none at all would leave the old ones standing."""
    return {"view": "all"}


def classroom() -> Classroom | None:
    """The classroom of the address, else the one that is open; None for none. Raises UserError where it is gone."""
    wanted = st.query_params.get("classroom", "")
    if wanted:
        return load_classroom(state.workspace(), wanted)
    return None if st.query_params.get("view") == "all" else open_classroom(state.workspace())


def group(its: Classroom) -> Group | None:
    """The group of the address; None where none is named. Raises UserError where it is gone."""
    wanted = st.query_params.get("group", "")
    return load_group(state.workspace(), its.id, wanted) if wanted else None


def shown() -> str:
    """What is projected: `CODE`, `PODIUM`, or "" for the page as the teacher has it."""
    wanted = st.query_params.get(SHOW, "")
    return wanted if wanted in (CODE, PODIUM) else ""


def chosen() -> str:
    """Draw the choice of sides; the one that is chosen."""
    view = address.remembered(KEY, "view", VIEWS, GROUPS)
    st.segmented_control(
        "View", list(VIEWS.values()), key=KEY, required=True, label_visibility="collapsed", persist_state="session"
    )
    return view


def heading() -> tuple[str, str]:
    """The title and the sentence of the page as it stands, as Markdown. Never raises: the page itself will."""
    usual = "Classroom", "Groups join with a code, train on their own photos, and compare their models."
    if not state.is_owner():
        return usual
    try:
        its = classroom()
        asked = group(its) if its is not None else None
    except UserError:
        return usual
    if its is None:
        return usual
    if shown() == CODE:
        return "Join the classroom", ""
    if shown() == PODIUM:
        return "Results on the hidden test", ""
    if asked is not None:
        return plain(asked.name), f"A group of the classroom “{plain(its.name)}”."
    return plain(its.name), _sentence(its)


def _sentence(its: Classroom) -> str:
    if not its.is_open:
        return "This classroom is closed. What its groups made is kept."
    if its.is_paused:
        return "Paused: groups are asked to look to the front, and nothing new starts."
    return "Groups join with the code. This page updates by itself."
