"""Step 1: photos come in, a card for each class, and one sees what they are before anything is learned from them."""

from contextlib import suppress

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.data import (
    all_photos,
    collecting,
    dataset_list,
    dataset_view,
    history,
    importing,
    other_ways,
    photo_view,
    waiting,
)
from pages.shared import chrome, group_line, kept, outdated, share, state
from pages.shared.navigation import HISTORY, PHOTOS, SHOW, history_link
from pages.shared.widgets import plain
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.workspace import split_version, version_id

OVERVIEW = ("Your photos", "Check your photos before training.")
HEADINGS = {
    PHOTOS: ("All photos", "Open a photo to see it large. Select photos to correct them."),
    HISTORY: ("History", "Every change to your photos. You can restore any version."),
}


def heading(is_importing: bool, is_chosen: bool) -> tuple[str, str]:
    """The title and the sentence of the page as it stands."""
    if is_importing:
        return importing.heading()
    if is_chosen:
        return HEADINGS.get(st.query_params.get(SHOW, ""), ("Your photos", "Check your photos before training."))
    if st.query_params.get("more") == state.ADD and state.is_set("dataset"):
        return "Add photos", "Drop photos onto their class, or add a new class."
    return "Choose your photos", "One card for each class. Drop photos onto it, or use your camera."


def choose_photos(base: Dataset | None, action: DeltaGenerator) -> None:
    """The board, the other ways to bring photos in, and the data sets that are there already."""
    has_others = base is None and not group_line.brings_photos()
    if has_others and action.button("No photos yet? Try the emoji sample", type="tertiary", key="try_sample"):
        importing.start_import(other_ways.first_sample())
    collecting.show(base, importing.start_import)
    for ask in (other_ways.sample_sets, other_ways.server_folder) if has_others else ():
        if (spec := ask()) is not None:  # at once: drawing more may end this run of the page for the next one
            importing.start_import(spec)
    earlier = state.datasets()
    if earlier and base is None:
        st.subheader("Your data sets", anchor=False)
        dataset_list.show(earlier)


def show_photos(action: DeltaGenerator, dataset: Dataset) -> None:
    """All photos of the data set in use, or of an earlier version of it."""
    action.page_link("pages/data.py", label=f"Back to {plain(dataset.name)}", query_params=state.link())
    action.page_link("pages/data.py", label="Add photos", query_params=state.link(run=None, more=state.ADD))
    action.page_link("pages/data.py", label="History", query_params=history_link(dataset.id))
    if (version := photo_view.version_in_address(dataset)) is None:
        all_photos.show(dataset)
        return
    history.version_line(dataset, version)
    all_photos.show(state.dataset_of(version_id(split_version(dataset.id)[0], version)), changes=False)


def show_history(action: DeltaGenerator, dataset: Dataset) -> None:
    """The versions of the data set in use."""
    action.page_link("pages/data.py", label=f"Back to {plain(dataset.name)}", query_params=state.link())
    action.page_link("pages/data.py", label="All photos", query_params=photo_view.link(dataset.id))
    history.show(dataset)


def show_dataset(action: DeltaGenerator, dataset: Dataset) -> None:
    """The data set in use, and the way on."""
    if action.button("Continue to training", type="primary"):
        run = state.run()
        its = {"run": None} if run is not None and outdated.is_outdated(run) else {}  # it learned from other photos
        st.switch_page("pages/train.py", query_params=state.link(dataset=dataset.id, **its))
    adding, new = state.link(run=None, more=state.ADD), state.link(run=None, more="1")
    action.page_link("pages/data.py", label="Add photos", query_params=adding)
    action.page_link("pages/data.py", label="History", query_params=history_link(dataset.id))
    action.page_link("pages/data.py", label="Choose other photos", query_params=new)
    share.show(action, "dataset", dataset)
    waiting.show(dataset)
    dataset_view.show(dataset)


with suppress(UserError):  # the page itself will say what is wrong
    state.open_last_used()  # here already, since it decides the heading
is_importing, chooses = state.is_set("job"), state.is_set("more")
title, sentence = heading(is_importing, state.is_set("dataset") and not chooses)

with chrome.page(title, sentence, step=1) as action:
    state.queue().warm_up("import", "train")
    dataset = None if is_importing else state.current_dataset()
    if is_importing:
        importing.show_import(action)
    elif dataset is None or chooses:
        if dataset is not None:
            action.page_link("pages/data.py", label=f"Back to {plain(dataset.name)}", query_params=state.link())
        choose_photos(dataset if dataset is not None and st.query_params.get("more") == state.ADD else None, action)
    elif st.query_params.get(SHOW) == PHOTOS:
        show_photos(action, dataset)
    elif st.query_params.get(SHOW) == HISTORY:
        show_history(action, dataset)
    else:
        show_dataset(action, dataset)
    if not is_importing and state.group() is None:  # what a group made its teacher keeps and deletes
        kept.show()
