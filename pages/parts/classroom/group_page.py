"""One group: its photos, of which the teacher can take some out, its trainings, and what to show the class of it."""

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.classroom import dialogs, group_card, groups, views
from pages.shared import actions, chrome, gallery, photo_grid, photo_viewer, run_list, state, undo
from pages.shared.dataset_photos import grid_photos
from pages.shared.navigation import PHOTOS, SHOW
from pages.shared.photo_grid import GridPage, Order
from pages.shared.widgets import note, plain
from tlcore.classroom.overview import GroupState, overview
from tlcore.classroom.store import load_classroom
from tlcore.classroom.values import Classroom, Group
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.jobs.store import Run, load_run
from tlcore.messages.quantities import count

KEY = "group_photos"
PAGE_SIZE, USUAL_SIZE = 120, 128
PAGE = "group_photos_page"  # in the session, with the group's id: the page of photos that is seen


def show(classroom: Classroom, group: Group, action: DeltaGenerator) -> None:
    """The ways on, how the group stands, its photos and its runs."""
    found = _state_of(classroom, group)
    action.page_link("pages/classroom.py", label="Back to all groups", query_params=views.link(classroom))
    _show_to_class(found, action)
    action.button(
        "Remove group…",
        key="group_remove",
        type="tertiary",
        on_click=dialogs.ask,
        args=(dialogs.REMOVE, classroom, group.id),
    )
    drawn = found.dataset.id if found.dataset is not None else ""
    every = groups.POLL_SECONDS if classroom.is_open else None
    live = st.fragment(chrome.errors_shown()(_now), run_every=every, key="classroom_group")
    left, right = st.columns([1, 2], gap="large")
    with left, st.container(key="card_group_now"):
        live(classroom.id, group, drawn)
    with right:
        st.subheader("Trainings", anchor=False)
        _runs(found)
    st.subheader("Photos", anchor=False)
    if found.dataset is None or not found.dataset.num_photos:
        note("No photos yet.")
        return
    dataset = state.dataset_of(found.dataset.id)
    if dataset.visitor != group.visitor:
        note(f"This group works on the photos of the task: **{plain(dataset.name)}**.")
        return
    _photos(dataset, group)


def _state_of(classroom: Classroom, group: Group) -> GroupState:
    """How the group stands. Raises UserError where it is gone."""
    for each in overview(state.workspace(), classroom):
        if each.group.id == group.id:
            return each
    raise UserError("This group no longer exists.", "It was removed.")


def _show_to_class(found: GroupState, action: DeltaGenerator) -> None:
    """The way to the page that shows most of the group's work: its results, else its photos."""
    run = group_card.newest_scored(found)
    if run is not None:
        its = _run(run.id)
        if its is not None:
            query = {"run": its.id, "dataset": its.dataset_id}
            action.page_link("pages/evaluate.py", label="Show its results to the class", query_params=query)
    if found.dataset is not None and found.dataset.num_photos:
        query = {"dataset": found.dataset.id, SHOW: PHOTOS}
        action.page_link("pages/data.py", label="Show its photos to the class", query_params=query)


def _now(classroom_id: str, group: Group, drawn: str) -> None:
    """The group's card; where photos came since the page was drawn, the button that shows them."""
    found = _state_of(load_classroom(state.workspace(), classroom_id), group)
    st.html(group_card.drawing(found))
    st.caption(f"Last active {state.moment(found.seen)}")
    if found.dataset is not None and found.dataset.id != drawn:
        if st.button("Show changed photos", key="group_refresh"):
            st.rerun()


def _runs(found: GroupState) -> None:
    """The group's trainings, the newest first."""
    runs = [run for each in found.runs if (run := _run(each.id)) is not None]
    if runs:
        run_list.show(runs)
    else:
        st.caption("No training yet.")


def _run(run_id: str) -> Run | None:
    """A run; None where it is gone."""
    try:
        return load_run(state.workspace(), run_id)
    except UserError:
        return None


def _photos(dataset: Dataset, group: Group) -> None:
    """All photos of the group, a page at a time; some can be taken out, which can be undone."""
    rows = dataset.photos.iloc[::-1]
    num_pages = max(1, -(-len(rows) // PAGE_SIZE))
    key = f"{PAGE}_{group.id}"
    number = min(st.session_state.get(key, 1), num_pages)
    first = (number - 1) * PAGE_SIZE
    st.caption(f"{count(len(rows), 'photo')}, newest first. Select photos to leave them out.")
    page = GridPage(
        grid_photos(dataset, rows.iloc[first : first + PAGE_SIZE]),
        first,
        len(rows),
        num_pages,
        dataset.labels,
        tuple(gallery.hue(place) for place in range(len(dataset.labels))),
        (photo_grid.LEAVE_OUT,) if state.may_act(dataset) else (),
        0,
        group.id,
        grid="group",
        per_page=PAGE_SIZE,
        usual_size=USUAL_SIZE,
    )
    photo_grid.show(page, KEY, lambda order: _on_order(dataset, rows, key, order))
    if num_pages > 1:
        st.pagination(
            num_pages, default=number, key=f"{key}_{number}", width="content", on_change=_turned, args=(key, number)
        )


def _turned(key: str, number: int) -> None:
    st.session_state[key] = st.session_state[f"{key}_{number}"]


def _on_order(dataset: Dataset, rows: pd.DataFrame, key: str, order: Order) -> None:
    """What somebody wants of the grid."""
    number = st.session_state.get(key, 1)
    if order.kind == photo_grid.OPEN:
        photo_viewer.show(photo_viewer.from_dataset(dataset, rows), (number - 1) * PAGE_SIZE + order.number)
    elif order.kind == photo_grid.TURN:
        st.session_state[key] = max(1, number + order.number)
        st.rerun()
    elif order.kind == photo_grid.UNDO:
        undo.undo_edit(dataset)
        st.rerun()
    elif order.kind == photo_grid.REDO:
        undo.redo_edit(dataset)
        st.rerun()
    elif order.kind == photo_grid.LEAVE_OUT:
        known = set(dataset.photos["path"])
        paths = list(rows["path"]) if order.everything else [path for path in order.paths if path in known]
        with actions.refusals_kept():
            undo.edited(actions.leave_out(dataset, paths))
        st.rerun()
