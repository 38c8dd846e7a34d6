"""What is done with a whole classroom: pause it, close it or open it again, take it home, erase it."""

import html

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.classroom import dialogs
from pages.server.exports import classroom_address
from pages.shared import actions, state
from pages.shared.widgets import plain
from tlcore.classroom.values import Classroom

MENU = {"Rename…": dialogs.RENAME, "Close the classroom…": dialogs.CLOSE, "Erase…": dialogs.ERASE}
REOPEN = "Open again"


def controls(classroom: Classroom, action: DeltaGenerator) -> None:
    """Above an open classroom: the pause, and the menu; above a closed one, the way to open it again."""
    with action:
        if classroom.is_open:
            st.session_state["classroom_paused"] = classroom.is_paused
            st.toggle("Pause groups", key="classroom_paused", on_change=_pause, args=(classroom,))
        else:
            st.button(REOPEN, key="classroom_reopen", on_click=_reopen, args=(classroom,))
        with st.popover("Take home"):
            _take_home(classroom)
        menu(classroom, "page")


def _take_home(classroom: Classroom) -> None:
    """Links to all that was made, as one file; the server makes it while it is sent."""
    st.markdown("One zip: each group’s photos, the model it handed in, and the podium.")
    st.html(_link(classroom_address(state.workspace(), classroom.id), "Download everything"))
    if classroom.hidden_test:
        address = classroom_address(state.workspace(), classroom.id, hidden_test=True)
        st.html(_link(address, "Download everything and the hidden test"))


def _link(address: str, words: str) -> str:
    return f'<a class="tl-download" href="{html.escape(address)}" download>{html.escape(words)}</a>'


def menu(classroom: Classroom, place: str) -> None:
    """Rename, close, erase. `place`: keeps two menus of one classroom apart."""
    key = f"menu_classroom_{place}_{classroom.id}"
    words = [each for each, what in MENU.items() if classroom.is_open or what != dialogs.CLOSE]
    with st.container(key=f"tl_{key}", width="content"):
        st.menu_button(
            f"Options for the classroom {plain(classroom.name)}",
            words,
            key=key,
            type="tertiary",
            on_click=_choose,
            args=(key, classroom),
        )


def _choose(key: str, classroom: Classroom) -> None:
    chosen = st.session_state.get(key)
    if chosen in MENU:
        dialogs.ask(MENU[chosen], classroom)


def _pause(classroom: Classroom) -> None:
    with actions.refusals_kept():
        actions.change_classroom(classroom, is_paused=bool(st.session_state["classroom_paused"]))


def _reopen(classroom: Classroom) -> None:
    with actions.refusals_kept():
        actions.reopen_classroom(classroom)
