"""The test photos of a run, a page at a time: those that the filter, the matrix or the table of classes asks for."""

import streamlit as st

from pages.parts.evaluate.photo_filter import PhotoFilter, Shown, select, shown_message
from pages.parts.evaluate.prediction_gallery import from_predictions
from pages.shared import gallery, photo_viewer
from pages.shared.photo_actions import photo_actions
from pages.shared.widgets import plain
from tlcore.data.manifest import Dataset
from tlcore.evaluation.report import Report

PAGE_SIZE = 24


def show(dataset: Dataset, report: Report, photos: PhotoFilter, shown: Shown) -> None:
    """The filter, what it finds in words, and the photos."""
    with st.container(key="photos"):
        st.subheader("Test photos", anchor=False)
        photos.draw()
        rows = select(report.predictions, shown)
        if rows.empty:
            _nothing(photos, shown)
            return
        st.markdown(f"**{plain(shown_message(rows, shown))}**")
        first = (photos.page(-(-len(rows) // PAGE_SIZE)) - 1) * PAGE_SIZE

        def enlarge(place: int) -> None:
            actions = photo_actions(dataset, rows["path"], tuple(rows["predicted"].astype(str)))
            photo_viewer.show(photo_viewer.from_predictions(dataset, rows), first + place, actions)

        gallery.grid(
            from_predictions(dataset, rows.iloc[first : first + PAGE_SIZE]), None, f"grid_{photos.run_id}", enlarge
        )


def _nothing(photos: PhotoFilter, shown: Shown) -> None:
    """Where the filter finds no photo: why that may be good news, and the way back to all of them."""
    if shown == Shown(True):
        st.markdown("No mistakes on the test photos")
    else:
        st.markdown("No photos match")
    st.button("Show all photos", on_click=photos.choose, args=(Shown(False),))
