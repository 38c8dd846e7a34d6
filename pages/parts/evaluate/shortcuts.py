"""Does the background give it away? Classes that are recognised without their object, as the model saw them."""

from pathlib import PurePosixPath

import streamlit as st

from pages.parts.evaluate import analysis_job
from pages.shared import gallery, state, widgets
from pages.shared.decoding import EMPTY_PIXEL, picture_address
from pages.shared.gallery import GalleryPhoto
from pages.shared.widgets import plain
from tlcore.analysis.results import analysis_folder
from tlcore.analysis.shortcuts import WHAT, ClassShortcut, Shortcuts, estimate_seconds, load_shortcuts
from tlcore.data.manifest import Dataset
from tlcore.data.thumbnails import Thumbnails
from tlcore.jobs.store import Run
from tlcore.messages import shortcuts as messages


def show(run: Run, dataset: Dataset) -> None:
    """What was found, or the offer to find out."""
    with st.container(key="tl_shortcuts"):
        st.subheader(messages.TITLE, anchor=False)
        folder = analysis_folder(state.workspace(), run.id, WHAT)
        found = load_shortcuts(folder)
        if found is not None:
            _found(dataset, found, Thumbnails(folder))
            return

        def offer() -> None:
            st.markdown(messages.WHAT_FOR)
            st.caption(messages.offer_message(estimate_seconds(len(dataset.photos))))

        analysis_job.show(run, WHAT, "Look for shortcuts", offer)


def _found(dataset: Dataset, found: Shortcuts, pictures: Thumbnails) -> None:
    st.markdown(f"**{plain(messages.shortcuts_message(found))}** {plain(messages.basis_message(found))}")
    for each in found.named:
        st.markdown(plain(messages.class_message(each)))
        gallery.strip(_photos(dataset, each, pictures))
    if found.named:
        st.caption(messages.LIMITS)
    with st.expander("Every class with parts hidden"):
        description = "For each class: photos still correct with nothing, the middle, and the border hidden"
        widgets.table(messages.shortcut_frame(found), description)


def _photos(dataset: Dataset, each: ClassShortcut, pictures: Thumbnails) -> list[GalleryPhoto]:
    """The photos that are recognised without their middle, as the model was shown them."""
    names = dict(zip(dataset.photos["sha256"], dataset.photos["path"]))
    shown = []
    for sha256 in each.examples:
        picture, name = pictures.read(sha256), PurePosixPath(names.get(sha256, "")).name
        source = picture_address(picture) if picture is not None else EMPTY_PIXEL
        alt = f"Photo of the class {each.label} with its middle hidden, still predicted correctly"
        shown.append(GalleryPhoto(source, "", alt, name, mark=True))
    return shown
