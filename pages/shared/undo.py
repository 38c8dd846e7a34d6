"""The way back after a deletion or a change: the banner on every page, and what can still be brought back on Data."""

import time
from dataclasses import dataclass

import streamlit as st

from pages.shared import actions, state
from pages.shared.widgets import plain
from tlcore.data.edits import history
from tlcore.data.manifest import Dataset
from tlcore.data.versions import version_before
from tlcore.messages.deletions import along_message, deleted_message, time_left_message, undoable_message
from tlcore.messages.edits import edit_message
from tlcore.settings import load_limits
from tlcore.storage.put_aside import Deletion
from tlcore.storage.undoable import CHANGE, Undoable, list_undoable
from tlcore.workspace import split_version

MOST_DELETED = 20  # lines of what was deleted lately
_UNDO = "last_change"  # in the session: what was done last and can be undone


@dataclass(frozen=True)
class Undo:
    """What was done last. `id`: what to restore; `dataset`, `run`: what is in use again then, "" for none.

    `is_edit`: it is an edit of a data set. `can_redo`: that was undone, so the banner offers to make it again.
    """

    id: str
    visitor: str
    words: str
    dataset: str = ""
    run: str = ""
    is_edit: bool = False
    can_redo: bool = False


def banner() -> None:
    """What was deleted or changed last, with the button that undoes it, for as long as the visit.

    Its place is there always, so that nothing below is drawn again when it comes.
    """
    last: Undo | None = st.session_state.get(_UNDO)
    with st.container(key="tl_undo", horizontal=True, vertical_alignment="center", gap="small"):
        if last is None:
            return
        st.markdown(plain(last.words), width="content")
        if last.can_redo:
            st.button("Redo", key="redo", type="tertiary", on_click=_redo, args=(last,))
            if split_version(last.dataset)[1] > 1:
                st.button("Undo earlier change", key="undo_more", type="tertiary", on_click=_undo_more, args=(last,))
        else:
            st.button("Undo", key="undo", type="tertiary", on_click=_undo, args=(last,))
        st.button("Close", key="undo_close", type="tertiary", on_click=_close)


def recently_deleted() -> None:
    """What this visitor can bring back or undo, with what is left of the day; nothing where there is nothing."""
    limits, now = load_limits(state.workspace()), time.time()
    visitor = state.me()
    found = [each for each in list_undoable(state.workspace(), limits, now) if visitor.may_act(each)]
    if not found:
        return
    title = "Recently deleted or changed" if any(each.kind == CHANGE for each in found) else "Recently deleted"
    with st.expander(f"{title} ({len(found):,})"):
        for place, each in enumerate(found[:MOST_DELETED]):
            _undoable_line(place, each, time_left_message(each, limits, now))


def _undoable_line(place: int, each: Undoable, left: str) -> None:
    """What was deleted or changed, how long that can be undone, and the button."""
    along = along_message(each.deletion).replace("go with it", "go along").rstrip(".") if each.deletion else ""
    words = undoable_message(each)
    with st.container(key=f"line_deleted_{place}", horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(words[:1].upper() + words[1:])}**", width="content")
        st.caption(left, width="stretch", help=along or None)
        if not each.is_latest:
            st.caption("Undo the later change first", width="content")
            return
        st.button(
            "Undo" if each.kind == CHANGE else "Restore",
            key=f"restore_{each.id}",
            type="tertiary",
            on_click=_undo,
            args=(Undo(each.id, each.visitor, "", each.dataset),),
        )


def deleted(gone: Deletion) -> None:
    """After a deletion: take what is gone out of the address, and go where one sees what is left."""
    ids = {an_id for _, an_id in gone.parts}
    used = {kind: st.query_params.get(kind) for kind in ("dataset", "run", "race")}
    if used["dataset"]:
        used["dataset"] = split_version(used["dataset"])[0]  # whichever version was in use
    run = used["run"] if used["run"] in ids else None
    st.session_state[_UNDO] = Undo(
        gone.id, gone.visitor, deleted_message(gone), gone.id if gone.kind == "data set" else "", run or ""
    )
    if used["dataset"] in ids:
        st.switch_page("pages/data.py", query_params={"more": "1"})
    dead: dict[str, str | None] = {kind: None for kind, value in used.items() if value in ids}
    state.choose(**dead)


def changed(newer: Dataset, words: str) -> None:
    """After a class or photos were changed: the newer version is in use, and the change can be undone.

    The run in use stays, with the photos that it learned from.
    """
    before = version_before(state.workspace(), newer.id)
    run = st.query_params.get("run") or ""
    st.session_state[_UNDO] = Undo(before, newer.visitor, words, before, run, is_edit=True)
    state.choose(dataset=newer.id)


def edited(newer: Dataset | None) -> None:
    """After an edit of a data set, or none: its version is in use, and the banner says what was done.

    Args:
        newer: what an edit of pages/shared/actions gave: None where this visitor may not.
    """
    if newer is None or newer.id == st.query_params.get("dataset"):
        return
    done = [each for each in history(state.workspace(), newer) if not each.undone]
    changed(newer, f"{edit_message(done[-1].change)}." if done else "Changed the photos.")


def undo_edit(dataset: Dataset) -> None:
    """Take the last edit of a data set back; the banner offers to make it again."""
    with actions.refusals_kept():
        older = actions.undo(dataset)
        if older is not None:
            undone = next(each for each in history(state.workspace(), older) if each.undone)
            _moved(older, f"Undone: {edit_message(undone.change)}.")


def redo_edit(dataset: Dataset) -> None:
    """Make the edit again that was undone last."""
    with actions.refusals_kept():
        edited(actions.redo(dataset))


def _moved(version: Dataset, words: str) -> None:
    """An edit was undone, so the version before it is in use."""
    run = st.query_params.get("run") or ""
    st.session_state[_UNDO] = Undo(version.id, version.visitor, words, version.id, run, can_redo=True)
    state.choose(dataset=version.id)


def _undo(last: Undo) -> None:
    with actions.refusals_kept():
        if not actions.restore(last):
            return
        st.session_state.pop(_UNDO, None)
        if last.is_edit:
            state.choose(run=last.run or None, more=None)
            _moved(state.dataset_of(last.dataset), f"Undone: {last.words}")
            return
        if last.dataset:
            state.choose(dataset=last.dataset, run=last.run or None, more=None)
        elif last.run:
            state.choose(run=last.run)
        st.toast("Restored")


def _redo(last: Undo) -> None:
    with actions.refusals_kept():
        redo_edit(state.dataset_of(last.dataset))


def _undo_more(last: Undo) -> None:
    with actions.refusals_kept():
        undo_edit(state.dataset_of(last.dataset))


def _close() -> None:
    st.session_state.pop(_UNDO, None)
