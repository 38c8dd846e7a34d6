"""What every page shows the devices of a group: its name in the top line, a pause while there is one, and the task."""

import html
from contextlib import suppress
from dataclasses import replace

import streamlit as st

from pages.shared import state
from pages.shared.navigation import GROUP
from pages.shared.widgets import plain
from tlcore.classroom.membership import note_seen
from tlcore.classroom.store import load_classroom, open_classroom
from tlcore.classroom.values import Classroom, Group, Task
from tlcore.data.dataset_list import dataset_names
from tlcore.errors import UserError
from tlcore.messages.classroom import task_lines
from tlcore.workspace import split_version

POLL_SECONDS = 2.0
MOST_TITLE = 70  # characters of the task in the line that opens it
PAUSED = "Your teacher has paused the class. Look to the front."
REMOVED = "Your group was removed, or its classroom is closed."


def find() -> tuple[Group, Classroom] | None:
    """The group of this browser with its classroom, None where it is in none. Never raises: the page itself will."""
    with suppress(UserError, OSError):
        group = state.group()
        if group is not None:
            note_seen(state.workspace(), state.browser_name())
            return group, load_classroom(state.workspace(), group.classroom_id)
    return None


def can_join() -> bool:
    """Whether a classroom is open that this browser may join and has not. Never raises: the page itself will."""
    with suppress(UserError, OSError):
        return not state.is_owner() and state.group() is None and open_classroom(state.workspace()) is not None
    return False


def brings_photos() -> bool:
    """Whether this browser's group has a task that asks for photos of its own."""
    found = find()
    return found is not None and found[1].task != Task() and not found[1].task.dataset_id


def link(group: Group, tab: str) -> None:
    """The group's name in the top line, as a link to its own page.

    Args:
        tab: the word of the page that is shown, as in `chrome.page`.
    """
    with st.container(key="tl_group", width="content"):
        if tab == GROUP[1]:
            st.html(f'<span class="tl-here" aria-current="page">{html.escape(group.name)}</span>')
        else:
            st.page_link("pages/join.py", label=plain(group.name), query_params=state.link())


def banner(tab: str) -> None:
    """Whether the group should look to the front, and whether its teacher shows the results, as it is now."""
    found = find()
    if found is None:
        st.html(f'<p class="tl-paused" role="status">{REMOVED}</p>')
        st.page_link("pages/join.py", label="Join a classroom")
    elif found[1].is_paused:
        st.html(f'<p class="tl-paused" role="status">{PAUSED}</p>')
    elif found[1].is_revealed and tab != GROUP[1]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**The results are in.**", width="content")
            st.page_link("pages/join.py", label="See the podium", query_params=state.link())


def task(classroom: Classroom) -> None:
    """The task in one line, which opens; nothing where there is none."""
    if title := task_title(classroom):
        with st.expander(f"Task: {plain(_short(title))}", key="tl_task"):
            show_task(classroom)


def _short(title: str) -> str:
    return title if len(title) <= MOST_TITLE else f"{title[:MOST_TITLE].rstrip()}…"


def task_title(classroom: Classroom) -> str:
    """The first line of what the teacher wrote, else that of the rules; "" where there is no task."""
    lines = "\n".join(_rules(classroom) if not classroom.task.text else [classroom.task.text])
    return lines.partition("\n")[0]


def show_task(classroom: Classroom) -> None:
    """The task in the teacher's words, line by line as they were written, and its rules."""
    if classroom.task.text:
        st.markdown("  \n".join(map(plain, classroom.task.text.splitlines())))
    if rules := _rules(classroom):
        st.markdown("\n".join(f"- {plain(each)}" for each in rules))


def _rules(classroom: Classroom) -> list[str]:
    """The lines of the task besides the teacher's own words."""
    wanted = classroom.task
    name = dataset_names(state.workspace()).get(split_version(wanted.dataset_id)[0], "") if wanted.dataset_id else ""
    return task_lines(replace(wanted, text=""), name)
