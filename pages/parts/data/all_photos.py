"""All photos of a data set, a page at a time: filters, the grid, and what a press in it does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from pages.parts.data import photo_edits, photo_order, photo_view
from pages.parts.data.photo_actions import photo_actions
from pages.parts.data.photo_view import LEFT_OUT, PAGE_SIZE, SIZES, USUAL_SIZE, PhotoView
from pages.shared import gallery, photo_grid, photo_viewer, state, undo
from pages.shared.dataset_photos import grid_photos
from pages.shared.photo_grid import GridPage, GridPhoto, Order
from pages.shared.widgets import plain
from tlcore.cleaning.results import load_measures
from tlcore.data.edits import history
from tlcore.data.manifest import Dataset
from tlcore.messages.quantities import count

SORT_WORDS = {
    photo_view.ADDED: "Newest first",
    photo_view.NAME: "Name",
    photo_view.DOUBT: "Most doubtful first",
    photo_view.SIMILARITY: "Most alike first",
    photo_view.SHARPNESS: "Most blurred first",
    photo_view.PIXELS: "Smallest first",
}
PART_WORDS = {**photo_viewer.PARTS, LEFT_OUT: "Left out"}
KEY = "all_photos"
CHECK_FIRST = "check photos first"


def show(dataset: Dataset, changes: bool = True) -> None:
    """The filters, how many photos they find, and a page of them.

    Args:
        changes: whether photos can be changed here; those of an earlier version are only seen.
    """
    view, measures = photo_view.current_view(dataset), load_measures(state.workspace(), dataset)
    offered = photo_order.sorts_offered(measures)
    _filters(dataset, view, offered)
    if not offered[view.sort]:
        st.caption("Check photos on the data set’s page first. Until then they are sorted by name.")
    rows = _rows(dataset, view, measures)
    num_pages = max(1, -(-len(rows) // PAGE_SIZE))
    view = replace(view, page=min(view.page, num_pages))
    first = (view.page - 1) * PAGE_SIZE
    with st.container(horizontal=True, vertical_alignment="center", key="tl_all_found"):
        st.markdown(f"**{found_message(first, len(rows))}**", width="stretch")
        _pages(dataset, num_pages, view.page, "above")
    if rows.empty:
        st.button("Show all photos", on_click=photo_view.go, args=(PhotoView(),), key="show_all_photos")
        return
    shown = rows.iloc[first : first + PAGE_SIZE]
    page = GridPage(
        _photos(dataset, shown, view, measures),
        first,
        len(rows),
        num_pages,
        dataset.labels,
        tuple(gallery.hue(place) for place in range(len(dataset.labels))),
        photo_edits.offered(dataset, view.part) if changes else (),
        view.size,
        f"{view.label} {view.part}",
        grid="data",
        per_page=PAGE_SIZE,
        usual_size=USUAL_SIZE,
        sizes=SIZES,
    )
    if (place := photo_viewer.place_to_return(KEY)) is not None:
        _open(dataset, rows, min(place, len(rows) - 1))
    photo_grid.show(page, KEY, lambda order: _on_order(dataset, rows, view, order))
    _pages(dataset, num_pages, view.page, "below")


def _on_order(dataset: Dataset, rows: pd.DataFrame, view: PhotoView, order: Order) -> None:
    """Do what somebody wants of the grid; whatever changes what is seen runs the page again."""
    if order.kind == photo_grid.OPEN:
        _open(dataset, rows, (view.page - 1) * PAGE_SIZE + order.number)
    elif order.kind == photo_grid.SIZE:
        photo_view.go(replace(view, size=order.number))
    elif order.kind == photo_grid.TURN:
        photo_view.go(replace(view, page=max(1, view.page + order.number)))
        st.rerun()
    elif order.kind == photo_grid.UNDO:
        undo.undo_edit(dataset)
        st.rerun()
    elif order.kind == photo_grid.REDO:
        undo.redo_edit(dataset)
        st.rerun()
    else:
        photo_edits.carry_out(dataset, rows, order)


def _open(dataset: Dataset, rows: pd.DataFrame, place: int) -> None:
    """One photo large, with what can be done to it; after that the one that is in its place then."""
    photos = photo_viewer.from_dataset(dataset, rows)
    photo_viewer.show(photos, place, photo_actions(dataset, rows["path"]), returns_to=KEY)


def _rows(dataset: Dataset, view: PhotoView, measures: pd.DataFrame | None) -> pd.DataFrame:
    """The photos of the view in its order."""
    workspace, is_newest = state.workspace(), view.sort == photo_view.ADDED
    added = photo_order.added_times(dataset, history(workspace, dataset)) if is_newest else None
    return photo_order.arrange(photo_order.select(dataset, view), view.sort, measures, added)


def _filters(dataset: Dataset, view: PhotoView, offered: Mapping[str, bool]) -> None:
    """Class, part and order, as they stand in the address."""
    of_part, of_label = (photo_order.select(dataset, replace(view, **{field: ""})) for field in ("label", "part"))
    classes, parts = of_part["label"].value_counts(), of_label["split"].value_counts()
    labels = {"": f"All classes · {len(of_part):,}"}
    labels |= {label: f"{plain(label)} · {int(classes.get(label, 0)):,}" for label in dataset.labels}
    uses = {"": f"All parts · {len(of_label):,}"}
    uses |= {part: f"{PART_WORDS[part]} · {int(parts.get(part, 0)):,}" for part in photo_viewer.PARTS}
    if not dataset.left_out.empty or view.part == LEFT_OUT:
        uses[LEFT_OUT] = f"{PART_WORDS[LEFT_OUT]} · {len(photo_order.select(dataset, replace(view, part=LEFT_OUT))):,}"
    sorts = {sort: SORT_WORDS[sort] + ("" if ready else f" ({CHECK_FIRST})") for sort, ready in offered.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", key="tl_all_filters"):
        _choice(dataset, "Class", "label", labels, view.label)
        _choice(dataset, "Part", "part", uses, view.part)
        _choice(dataset, "Sort by", "sort", sorts, view.sort)


def _choice(dataset: Dataset, label: str, field: str, words: Mapping[str, str], value: str) -> None:
    """One filter; what is chosen goes into the address, which is where its value comes from in each run."""
    key = f"all_photos_{field}"
    st.session_state[key] = value

    def chosen() -> None:
        photo_view.go(photo_view.current_view(dataset).over(**{field: st.session_state[key]}))

    st.selectbox(label, list(words), format_func=words.__getitem__, key=key, on_change=chosen, width=240)


def _pages(dataset: Dataset, num_pages: int, page: int, place: str) -> None:
    """The numbers of the pages, where there is more than one."""
    if num_pages < 2:
        return
    key = f"all_photos_page_{place}_{page}"  # another one for each page, since the address may change it too

    def chosen() -> None:
        photo_view.go(replace(photo_view.current_view(dataset), page=st.session_state[key]))

    st.pagination(num_pages, default=page, key=key, on_change=chosen, width="content")


def found_message(first: int, total: int) -> str:
    """Which of the photos found are seen: "1–120 of 1,000 photos"."""
    if not total:
        return "No photos match"
    last = min(first + PAGE_SIZE, total)
    return count(total, "photo") if total <= PAGE_SIZE else f"{first + 1:,}–{last:,} of {count(total, 'photo')}"


def _photos(
    dataset: Dataset, rows: pd.DataFrame, view: PhotoView, measures: pd.DataFrame | None
) -> Sequence[GridPhoto]:
    """The photos of one page as the grid draws them."""
    return grid_photos(
        dataset,
        rows,
        lambda row: PART_WORDS.get(row.split, ""),
        lambda row: photo_order.note(view.sort, row.path, (row.width, row.height), measures),
    )
