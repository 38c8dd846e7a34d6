"""What is asked before something of a classroom ends: closing it, removing a group, erasing all of it."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.parts.classroom import views
from pages.shared import actions, chrome, state
from pages.shared.widgets import plain
from tlcore.classroom.store import list_groups, load_classroom, load_group
from tlcore.classroom.values import Classroom
from tlcore.messages.classroom import erase_message, removal_message

RENAME, CLOSE, REMOVE, ERASE = "rename", "close", "remove", "erase"
REMOVED = "classroom_removed"  # in the session: the id of the group that was removed last, which can be undone
_ASKED = "classroom_dialog"  # in the session: the `Question` of the dialog that is open


@dataclass(frozen=True)
class Question:
    """What a dialog asks about. `what`: a key of `DIALOGS`; `group_id`: "" where it is about all of the classroom."""

    what: str
    classroom_id: str
    group_id: str = ""


def ask(what: str, classroom: Classroom, group_id: str = "") -> None:
    """Open a dialog with the next run of the page."""
    st.session_state[_ASKED] = Question(what, classroom.id, group_id)


def open_dialog() -> None:
    """The dialog that was asked for, if any; it stays open while the page below it is drawn once more."""
    asked: Question | None = st.session_state.get(_ASKED)
    if asked is None:
        return
    title, draw = DIALOGS[asked.what]

    @st.dialog(title, on_dismiss=_forget)
    @chrome.errors_shown(has_way_out=False)
    def body() -> None:
        draw(asked)

    body()


def _rename(asked: Question) -> None:
    classroom = load_classroom(state.workspace(), asked.classroom_id)
    with st.form("classroom_rename", border=False):
        name = st.text_input("Name", classroom.name, max_chars=40, key="classroom_rename_field")
        saved = st.form_submit_button("Save", type="primary", key="classroom_rename_save")
    if saved:
        actions.rename_classroom(classroom, name)
        _done()


def _close(asked: Question) -> None:
    classroom = load_classroom(state.workspace(), asked.classroom_id)
    st.markdown(
        f"Groups can no longer join **{plain(classroom.name)}**, add photos or train. Everything they made is kept "
        "here, and you can open the classroom again."
    )
    if _confirmed("Close the classroom"):
        actions.change_classroom(classroom, is_open=False)
        st.query_params.from_dict(views.link(classroom))  # without its id the address means the one that is open
        _done()


def _remove(asked: Question) -> None:
    group = load_group(state.workspace(), asked.classroom_id, asked.group_id)
    st.markdown(plain(removal_message(group.name)))
    if _confirmed("Remove the group"):
        with st.spinner("Removing…"):
            removed = actions.remove_group(group)
        if removed is not None:
            st.session_state[REMOVED] = group.id
            st.query_params.from_dict(views.link(load_classroom(state.workspace(), asked.classroom_id)))
        _done()


def _erase(asked: Question) -> None:
    """What goes, for good; the button counts only with the classroom's name above it."""
    classroom = load_classroom(state.workspace(), asked.classroom_id)
    groups = list_groups(state.workspace(), classroom.id)
    st.markdown(plain(erase_message(classroom.name, len(groups))))
    typed = st.text_input(f"Type the classroom’s name to confirm: {plain(classroom.name)}", key="classroom_erase_name")
    if _confirmed("Erase for good"):
        if typed.strip().casefold() != classroom.name.casefold():
            st.error("This is not the classroom’s name. Nothing was erased.")
            return
        with st.spinner("Erasing…"):
            actions.erase_classroom(classroom)
        st.query_params.from_dict(views.start())
        _done()


DIALOGS: dict[str, tuple[str, Callable[[Question], None]]] = {
    RENAME: ("Rename the classroom", _rename),
    CLOSE: ("Close the classroom?", _close),
    REMOVE: ("Remove this group?", _remove),
    ERASE: ("Erase the classroom for good?", _erase),
}
"""Each dialog: its title, and what is in it."""


def _confirmed(label: str) -> bool:
    """The two buttons at the end of a question; Cancel closes the dialog."""
    with st.container(horizontal=True):
        yes = st.button(label, type="primary", key="classroom_confirm")
        if st.button("Cancel", key="classroom_cancel"):
            _done()
    return yes


def _done() -> None:
    _forget()
    st.rerun()


def _forget() -> None:
    st.session_state.pop(_ASKED, None)
