"""All groups of a classroom, live: a card each, in the order that the teacher chooses."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.parts.classroom import dialogs, group_card, views
from pages.shared import actions, address, chrome, state
from pages.shared.widgets import note, plain
from tlcore.classroom.overview import GroupState, overview
from tlcore.classroom.removal import RemovedGroup, list_removed
from tlcore.classroom.store import load_classroom
from tlcore.classroom.values import Classroom
from tlcore.messages.quantities import count

POLL_SECONDS = 2.0
JOINED, NAME, PHOTOS, SCORE = "Joined", "Name", "Photos", "Score"
SORTS = {"joined": JOINED, "name": NAME, "photos": PHOTOS, "score": SCORE}
SORT_KEY = "classroom_sort"


def show(classroom: Classroom) -> None:
    """The choice of the order, and the cards, looked at again every two seconds while the classroom is open."""
    _undo(classroom)
    with st.container(key="tl_group_sort", horizontal=True, vertical_alignment="center"):
        st.subheader("Groups", anchor=False, width="stretch")
        sort = address.remembered(SORT_KEY, "sort", SORTS, JOINED)
        st.segmented_control("Sort by", list(SORTS.values()), key=SORT_KEY, required=True, width="content")
    every = POLL_SECONDS if classroom.is_open else None
    st.fragment(chrome.errors_shown()(_cards), run_every=every, key="classroom_groups")(classroom.id, sort)
    _removed(classroom)


def _undo(classroom: Classroom) -> None:
    """What was removed just now, with the button that brings it back; below the cards those of the last day are."""
    last = st.session_state.get(dialogs.REMOVED)
    found = next((each for each in list_removed(state.workspace(), classroom.id) if each.group.id == last), None)
    if found is None:
        return
    with st.container(key="tl_removed", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"Removed the group “{plain(found.group.name)}”.", width="content")
        _restore_button(found, "undo")


def _removed(classroom: Classroom) -> None:
    """The groups of the last day that can be brought back."""
    found = list_removed(state.workspace(), classroom.id)
    if found:
        with st.expander(f"Removed groups ({len(found)})"):
            for each in found:
                with st.container(key=f"line_removed_{each.group.id}", horizontal=True, vertical_alignment="center"):
                    st.markdown(f"**{plain(each.group.name)}**", width="content")
                    st.caption(f"Removed {state.moment(each.removed)}", width="stretch")
                    _restore_button(each, "list")


def _restore_button(removed: RemovedGroup, place: str) -> None:
    label, key = ("Undo" if place == "undo" else "Restore"), f"restore_group_{place}_{removed.group.id}"
    st.button(label, key=key, type="tertiary", on_click=_restore, args=(removed,))


def _restore(removed: RemovedGroup) -> None:
    with actions.refusals_kept():
        actions.restore_group(removed.group.classroom_id, removed.group.id)
        st.session_state.pop(dialogs.REMOVED, None)


def _cards(classroom_id: str, sort: str) -> None:
    classroom = load_classroom(state.workspace(), classroom_id)
    found = arrange(overview(state.workspace(), classroom), sort)
    if not found:
        note(
            "No group has joined yet. Groups appear here as soon as they do."
            if classroom.is_open
            else "No group joined this classroom."
        )
        return
    st.caption(plain(summary(found)))
    with st.container(key="tl_groups", horizontal=True, gap="small"):
        for each in found:
            with st.container(key=f"card_group_{each.group.id}", gap=None, height="stretch"):
                st.page_link(
                    "pages/classroom.py",
                    label=f"**{plain(each.group.name)}**",
                    query_params=views.link(classroom, group=each.group.id),
                )
                st.html(group_card.drawing(each))


def arrange(found: Sequence[GroupState], sort: str) -> list[GroupState]:
    """The groups in an order of `SORTS`: by name from A to Z; most photos, or the best newest score, first."""
    keys: dict[str, Callable[[GroupState], Any]] = {
        NAME: lambda each: each.group.name.casefold(),
        PHOTOS: lambda each: -(each.dataset.num_photos if each.dataset else 0),
        SCORE: lambda each: -group_card.newest_share(each),
    }
    return sorted(found, key=keys.get(sort, lambda each: each.group.created))


def summary(found: Sequence[GroupState]) -> str:
    """What all groups come to: "6 groups · 9 devices · 143 photos · 2 training"."""
    photos = sum(each.dataset.num_photos for each in found if each.dataset is not None)
    training = sum(1 for each in found if group_card.active_run(each) is not None)
    parts = [count(len(found), "group"), count(sum(each.devices for each in found), "device"), count(photos, "photo")]
    return " · ".join([*parts, f"{training} training"] if training else parts)
