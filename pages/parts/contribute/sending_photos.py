"""What a device of a group can send photos of, and where they go: asked every few seconds, since others work too."""

from contextlib import suppress

import streamlit as st

from pages.parts.contribute import phone
from pages.parts.contribute.phone import Place, Shown
from pages.shared import actions, chrome, state
from tlcore.classroom import contributions
from tlcore.classroom.store import load_classroom
from tlcore.classroom.values import Classroom, Group
from tlcore.data import receive
from tlcore.errors import UserError
from tlcore.settings import load_limits

POLL_SECONDS = 2.0
DEVICE_DIGITS = 16  # of the browser's public name, which mark what it sends


def show() -> None:
    """Draw it, and draw it again every few seconds."""
    st.fragment(chrome.errors_shown()(_draw), run_every=POLL_SECONDS, key="contributing")()


def _draw() -> None:
    group = state.group()
    if group is None:
        st.rerun()
    workspace, device, said = state.workspace(), state.browser_name()[:DEVICE_DIGITS], phone.last_said()
    classroom = load_classroom(workspace, group.classroom_id)
    if classroom.task.dataset_id:
        st.info("In this task all groups use the photos that your teacher has chosen.")
        return
    area = contributions.current_area(workspace, group)
    if area and said.dropped:
        with suppress(UserError):  # the area ended just now, and they were imported
            actions.take_back_photos(area, device, said.dropped)
    if said.wanted and not classroom.is_paused:
        area = actions.send_photos_of(said.wanted)
    shown = Shown(
        contributions.offered_classes(workspace, area, _names(group, classroom)),
        can_add=not classroom.task.classes,
        most=classroom.task.photos_per_class,
        mine=contributions.sent_by(workspace, area, device) if area else (),
        is_paused=classroom.is_paused,
    )
    key = receive.upload_key(workspace, area) if area else ""
    phone.mount(Place(area, key, load_limits(workspace)), device, shown)


def _names(group: Group, classroom: Classroom) -> tuple[str, ...]:
    """The classes of the task, else those of the newest data set that the group has made."""
    if classroom.task.classes:
        return classroom.task.classes
    own = next((each for each in state.datasets() if each.visitor == group.visitor), None)
    return own.labels if own is not None else ()
