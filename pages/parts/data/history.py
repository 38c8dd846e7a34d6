"""The versions of a data set: what each change did, which runs learned from which, and the way to any of them."""

from collections.abc import Sequence
from pathlib import PurePath

import pandas as pd
import streamlit as st

from pages.parts.data import photo_view
from pages.shared import actions, gallery, state, undo, widgets
from pages.shared.decoding import dataset_thumbnail
from pages.shared.gallery import GalleryPhoto
from pages.shared.navigation import COMPARE, history_link
from pages.shared.widgets import plain
from tlcore.data import thumbnails
from tlcore.data.changes import Edit
from tlcore.data.edit_log import PYTHON, TERMINAL
from tlcore.data.edits import compare_versions, history
from tlcore.data.manifest import Dataset
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages.edits import comparison_message, difference_message, edit_message
from tlcore.messages.quantities import count
from tlcore.messages.titles import run_title
from tlcore.workspace import split_version, version_id

WAYS = {None: "", TERMINAL: "in the terminal", PYTHON: "in Python"}
"""Who made a change, where that is not a visitor: the owner without a browser, or nobody wrote it down."""

MOST_PICTURES, MOST_DIFFERENCES = 24, 500


def version_line(dataset: Dataset, version: int) -> None:
    """Above the photos of an earlier version: which one it is, and the ways on."""
    with st.container(key="tl_version", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"You are looking at version {version}, not at your photos as they are now.", width="content")
        st.page_link("pages/data.py", label="Show current photos", query_params=photo_view.link(dataset.id))
        if state.may_act(dataset):
            st.button("Restore", key="restore_version", type="tertiary", on_click=_restore, args=(dataset, version))


def show(dataset: Dataset) -> None:
    """The comparison that the address asks for, then every version, the newest first."""
    edits = history(state.workspace(), dataset)
    if (other := photo_view.version_in_address(dataset, COMPARE)) is not None:
        _comparison(dataset, other)
    _undo_and_redo(dataset, edits)
    runs = _runs(dataset)
    for edit in widgets.paged(tuple(reversed(edits)), f"history_{dataset.id}"):
        when = " · ".join(filter(None, (state.moment(edit.made), _who(dataset, edit.by))))
        _line(dataset, edit.version, edit_message(edit.change), when, runs, edit.undone)
    when = " · ".join(filter(None, (state.moment(dataset.created), _who(dataset, dataset.visitor))))
    _line(dataset, 1, f"Imported “{dataset.name}”", when, runs, undone=False)


def _who(dataset: Dataset, by: str | None) -> str:
    """Who made a change, as this visitor knows them; "" where nobody wrote it down."""
    if by in WAYS:
        return WAYS[by]
    if by == state.maker():
        return "you"
    return "the owner of these photos" if by == dataset.visitor else "someone you share with"


def _undo_and_redo(dataset: Dataset, edits: Sequence[Edit]) -> None:
    if not state.may_act(dataset) or not edits:
        return
    with st.container(horizontal=True, key="tl_history_actions"):
        st.button("Undo", key="history_undo", disabled=edits[0].undone, on_click=undo.undo_edit, args=(dataset,))
        st.button("Redo", key="history_redo", disabled=not edits[-1].undone, on_click=undo.redo_edit, args=(dataset,))


def _line(dataset: Dataset, version: int, words: str, when: str, runs: Sequence[Run], undone: bool) -> None:
    """One version: what made it, when, what can be done with it, and the runs that learned from it."""
    is_current = version == dataset.version
    with st.container(key=f"line_version_{version}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", key=f"line_version_head_{version}"):
            st.markdown(f"**{plain(words)}**", width="content")
            st.caption(" · ".join([when, *(["Undone"] if undone else []), *(["Current"] if is_current else [])]))
        with st.container(horizontal=True, vertical_alignment="center", key=f"line_version_links_{version}"):
            seen = photo_view.link(dataset.id) | ({} if is_current else {photo_view.VERSION: str(version)})
            st.page_link("pages/data.py", label="Show photos", query_params=seen)
            if not is_current:
                compared = history_link(dataset.id, version)
                st.page_link("pages/data.py", label="Compare with current", query_params=compared)
                if state.may_act(dataset):
                    st.button(
                        "Restore",
                        key=f"restore_version_{version}",
                        type="tertiary",
                        on_click=_restore,
                        args=(dataset, version),
                    )
        for run in (run for run in runs if split_version(run.dataset_id)[1] == version):
            words = f"Trained model: {run_title(run, job_status(run))}"
            st.page_link("pages/evaluate.py", label=plain(words), query_params={"dataset": dataset.id, "run": run.id})


def _runs(dataset: Dataset) -> list[Run]:
    """The runs that learned from any version of this data set and have results."""
    folder = split_version(dataset.id)[0]
    found = (run for run in state.runs() if split_version(run.dataset_id)[0] == folder)
    return [run for run in found if job_status(run).usable]


def _restore(dataset: Dataset, version: int) -> None:
    """Make an earlier version the current one."""
    with actions.refusals_kept():
        restored = actions.go_to(dataset, version_id(split_version(dataset.id)[0], version))
        if restored is not None:
            state.choose(**{"dataset": restored.id, photo_view.VERSION: None, COMPARE: None})
            st.toast("Restored")


def _comparison(dataset: Dataset, version: int) -> None:
    """What is different now from an earlier version: in a sentence, in pictures, and photo by photo."""
    other = state.dataset_of(version_id(split_version(dataset.id)[0], version))
    found = compare_versions(state.workspace(), other, dataset)
    with st.container(key="card_comparison"):
        st.subheader(f"Version {version} and now", anchor=False)
        st.markdown(plain(comparison_message(found)))
        if not found.empty:
            gallery.grid(_pictures(dataset, other, found.head(MOST_PICTURES)), None)
            shown = found.head(MOST_DIFFERENCES)
            rows = [(row.path, difference_message(row.what, row.before, row.after)) for row in shown.itertuples()]
            with st.expander(f"List of {count(len(found), 'change')}"):
                widgets.table(pd.DataFrame(rows, columns=["Photo", "Change"]), "What changed, photo by photo")
                if len(found) > len(shown):
                    st.caption(f"And {count(len(found) - len(shown), 'more change')}")
        st.page_link("pages/data.py", label="Close", query_params=history_link(dataset.id))


def _pictures(dataset: Dataset, other: Dataset, found: pd.DataFrame) -> list[GalleryPhoto]:
    """The photos that differ, as they are now or, of those that are not there any more, as they were."""
    columns = ["path", "sha256", "width", "height"]
    known = pd.concat([dataset.photos[columns], other.photos[columns]]).drop_duplicates("path").set_index("path")
    return [
        GalleryPhoto(
            source=dataset_thumbnail(dataset, row.path, (photo := known.loc[row.path])["sha256"], thumbnails.SIZE),
            caption=(words := difference_message(row.what, row.before, row.after)),
            alt=f"Photo {PurePath(row.path).name}: {words}",
            more=PurePath(row.path).name,
            pixels=gallery.own_pixels(photo["width"], photo["height"]),
        )
        for row in found.itertuples()
    ]
