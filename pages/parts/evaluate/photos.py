"""The photos of a run, a page at a time: those that the filter, the matrix or the table asks for, or any list.

Each can be opened large, and corrected here; what is planned collects in the tray.
"""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from pages.parts.evaluate import photo_lists, planning, prediction_grid
from pages.parts.evaluate.photo_filter import EVERY_MEANS, PhotoFilter, Shown, select, shown_message
from pages.parts.evaluate.planning import Planning
from pages.shared import photo_grid, photo_viewer
from pages.shared.photo_grid import Order
from pages.shared.widgets import plain
from tlcore.messages.quantities import count

PAGE_SIZE = 24
KEY = "run_photos"


def show(plan: Planning, lists: photo_lists.PhotoLists, photos: PhotoFilter, shown: Shown) -> None:
    """The filter, what it finds in words, and the photos."""
    with st.container(key="photos"):
        st.subheader("Photos", anchor=False)
        photos.draw()
        rows = select(lists.of(shown), shown)
        if rows.empty:
            _nothing(photos, shown)
            return
        st.markdown(f"**{plain(shown_message(rows, shown))}**")
        if shown.every:
            st.caption(EVERY_MEANS)
        _other_mistakes(lists, photos, shown)
        page = photos.page(num_pages(rows))
        _grid(plan, rows, page, KEY, f"{photos.run_id} {shown}", photos.turn)


def _other_mistakes(lists: photo_lists.PhotoLists, photos: PhotoFilter, shown: Shown) -> None:
    """The way to the mistakes of cross-validation, where there are none among the test photos."""
    if shown.every or shown.suspects or lists.every is None or not lists.tested["correct"].all():
        return
    number = int((~lists.every["correct"]).sum())
    if number:
        words = f"Show the {count(number, 'mistake')} of cross-validation"
        st.button(
            words, key="mistakes_of_folds", type="tertiary", on_click=photos.choose, args=(Shown(True, every=True),)
        )


def show_list(plan: Planning, paths: Sequence[str], predictions: pd.DataFrame, key: str) -> None:
    """Photos that were chosen elsewhere, such as by a lasso on the map, in the order that is given.

    Args:
        paths: of `Dataset.photos["path"]`; what is none is passed over.
        predictions: as of a report, of as many of them as were predicted. key: names the list.
    """
    rows = photo_lists.of_paths(plan.dataset, paths, predictions)
    if rows.empty:
        return
    st.markdown(f"**{count(len(rows), 'photo')}**")
    name = f"page_of_{key}"
    pages = num_pages(rows)
    page = min(st.session_state.setdefault(name, 1), pages)
    if pages > 1:
        page = st.pagination(pages, default=page, key=f"{name}_{page}")
        st.session_state[name] = page

    def turn(to: int) -> None:
        st.session_state[name] = max(1, to)

    _grid(plan, rows, page, f"{KEY}_{key}", f"{key} {len(rows)}", turn)


def num_pages(rows: pd.DataFrame) -> int:
    """How many pages the photos take."""
    return -(-len(rows) // PAGE_SIZE)


def _grid(plan: Planning, rows: pd.DataFrame, page: int, key: str, name: str, turn: Callable[[int], None]) -> None:
    """A page of the photos.

    Args:
        page: from 1. key: of the grid. name: of what is seen in it, so that another list begins without a selection.
        turn: lets the next run show another page.
    """
    first = (page - 1) * PAGE_SIZE
    shown = rows.iloc[first : first + PAGE_SIZE]

    def on_order(order: Order) -> None:
        if order.kind == photo_grid.OPEN:
            _open(plan, rows, first + order.number, key)
        elif order.kind == photo_grid.TURN:
            turn(page + order.number)
            st.rerun()
        elif order.kind == photo_grid.UNDO:
            planning.take_back_last(plan)
        elif order.kind in planning.OFFERED:
            planning.on_order(plan, rows, order)

    if (place := photo_viewer.place_to_return(key)) is not None:
        _open(plan, rows, min(place, len(rows) - 1), key)
    photo_grid.show(prediction_grid.page(plan, shown, first, len(rows), PAGE_SIZE, key, name), key, on_order)


def _open(plan: Planning, rows: pd.DataFrame, place: int, key: str) -> None:
    """One photo large, with what can be planned for it."""
    photos = photo_viewer.from_predictions(plan.dataset, rows)
    photo_viewer.show(photos, place, planning.viewer_actions(plan, rows), returns_to=key)


def _nothing(photos: PhotoFilter, shown: Shown) -> None:
    """Where the filter finds no photo: why that may be good news, and the way back to all of them."""
    if shown == Shown(True):
        st.markdown("No mistakes on the test photos")
    elif shown == Shown(True, every=True):
        st.markdown("No mistakes on any photo")
    else:
        st.markdown("No photos match")
    st.button("Show all photos", on_click=photos.choose, args=(Shown(False),))
