"""The way back after a deletion or a change: the banner on every page, and what can still be brought back on Data."""

import time
from dataclasses import dataclass

import streamlit as st

from pages.shared import actions, state
from pages.shared.widgets import plain
from tlcore.data.manifest import Dataset
from tlcore.data.versions import version_before
from tlcore.messages.deletions import along_message, deleted_message, time_left_message, undoable_message
from tlcore.settings import load_limits
from tlcore.storage.put_aside import Deletion
from tlcore.storage.undoable import CHANGE, Undoable, list_undoable
from tlcore.workspace import split_version

MOST_DELETED = 20  # lines of what was deleted lately
_UNDO = "last_change"  # in the session: what was done last and can be undone


@dataclass(frozen=True)
class Undo:
    """What was done last. `id`: what to restore; `dataset`, `run`: what is in use again then, "" for none."""

    id: str
    visitor: str
    words: str
    dataset: str = ""
    run: str = ""


def banner() -> None:
    """What was deleted or changed last, with the button that undoes it, for as long as the visit."""
    last: Undo | None = st.session_state.get(_UNDO)
    if last is None:
        return
    with st.container(key="tl_undo", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(plain(last.words), width="content")
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
    st.session_state[_UNDO] = Undo(before, newer.visitor, words, before, st.query_params.get("run") or "")
    state.choose(dataset=newer.id)


def _undo(last: Undo) -> None:
    with actions.refusals_kept():
        if actions.restore(last):
            st.session_state.pop(_UNDO, None)
            if last.dataset:
                state.choose(dataset=last.dataset, run=last.run or None, more=None)
            elif last.run:
                state.choose(run=last.run)
            st.toast("Restored")


def _close() -> None:
    st.session_state.pop(_UNDO, None)
