"""Many predictions: how many of each class, a filter, the least certain first, as photos or as a table, and a file."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.shared import address, answers, gallery, photo_viewer, predictions, widgets
from pages.shared.predictions import PhotoPrediction
from pages.shared.widgets import plain
from tlcore.data.names import slug
from tlcore.messages.quantities import percent
from tlcore.messages.tables import csv_text
from tlcore.messages.unknown import NONE, known_word
from tlcore.serving.predict import ImageClassifier

PAGE_SIZE = 21  # whole rows of seven on a desk and of three on a phone
OTHERS, OTHERS_WORD = "", "none-of-these"
"""The place of photos that are none of the classes, which no class has as its name; and its word in the address."""

MOST_CHIPS = 12  # classes, so that their chips stay two lines or so; more go into a list
PICTURES, TABLE = "Photos", "Table"


def show(good: Sequence[PhotoPrediction], model: ImageClassifier, name: str) -> None:
    """Draw them. `name`: of the data set, which the file is called after."""
    label = _chosen_class(good, model.bundle.labels)
    with st.container(horizontal=True, vertical_alignment="center", key="line_answers"):
        address.remembered("answers_uncertain", "sort", {"uncertain": True}, False)
        uncertain = st.toggle("Least certain first", key="answers_uncertain")
        address.remembered("answers_view", "view", {"table": TABLE}, PICTURES)
        view = st.segmented_control("View", [PICTURES, TABLE], key="answers_view", label_visibility="collapsed")
    shown = arranged(good, label, uncertain)
    if not shown:
        st.markdown(f"No photo was predicted as {plain(label or NONE)}.")
    elif view == TABLE:
        _table(shown)
    else:
        _pictures(shown, model)
    st.download_button(
        "Download predictions (CSV)",
        lambda: csv(frame(shown)),
        f"{slug(name)}-predictions.csv",
        "text/csv",
        type="tertiary",
        key="answers_csv",
        on_click="ignore",
    )


def _chosen_class(good: Sequence[PhotoPrediction], labels: tuple[str, ...]) -> str | None:
    """The totals by class, which filter; None for all classes."""
    totals = Counter(_place(each) for each in good)
    places = [*labels, OTHERS] if totals[OTHERS] else list(labels)
    address.remembered("answers_class", "class", {OTHERS_WORD: OTHERS} | {label: label for label in labels}, None)
    names = {label: label for label in labels} | {OTHERS: NONE}
    if len(labels) > MOST_CHIPS:
        ordered = sorted(places, key=lambda place: -totals[place])
        words = {place: f"{names[place]} · {totals[place]:,}" for place in ordered}
        return st.selectbox("Show", ordered, None, words.__getitem__, placeholder="All classes", key="answers_class")
    with st.container(key="tl_with_others" if totals[OTHERS] else None):
        return st.pills(
            "Show",
            places,
            format_func=lambda place: f"{plain(names[place])} · {totals[place]:,}",
            key="answers_class",
            label_visibility="collapsed",
        )


def _place(each: PhotoPrediction) -> str:
    """Where a photo counts: its class, or OTHERS."""
    return each.label if each.known else OTHERS


def arranged(good: Sequence[PhotoPrediction], place: str | None, uncertain: bool) -> list[PhotoPrediction]:
    """Those of a class or of OTHERS (None: all), in their order or the least certain first: those without an answer."""
    kept = [each for each in good if place is None or _place(each) == place]
    return sorted(kept, key=lambda each: (each.known, each.probability)) if uncertain else kept


def _pictures(shown: Sequence[PhotoPrediction], model: ImageClassifier) -> None:
    """A page of photos at a time: only those are decoded and sent."""
    pages = -(-len(shown) // PAGE_SIZE)
    above = st.container()
    page = 1
    if pages > 1:
        address.remembered("answers_page", "page", {str(number): number for number in range(1, pages + 1)}, 1)
        page = st.pagination(pages, key="answers_page")
    first = (page - 1) * PAGE_SIZE
    photos = [predictions.picture(each, model) for each in shown[first : first + PAGE_SIZE]]
    with above:
        gallery.grid(photos, None, "answers_grid", lambda place: _open(shown, first + place))


def _open(shown: Sequence[PhotoPrediction], place: int) -> None:
    photo_viewer.show([answers.viewer_photo(each) for each in shown], place)


def _table(shown: Sequence[PhotoPrediction]) -> None:
    rows = [
        (each.photo.name, each.answer, percent(each.probability) if each.known else "", _closest(each))
        for each in shown
    ]
    table = pd.DataFrame(rows, columns=["Photo", "Prediction", "Probability", "Closest"])
    if all(each.known for each in shown):
        table = table.drop(columns="Closest")
    widgets.table(table, "The prediction for each photo")


def _closest(each: PhotoPrediction) -> str:
    return "" if each.known else f"{each.label} {percent(each.probability)}"


def frame(good: Sequence[PhotoPrediction]) -> pd.DataFrame:
    """A row a photo: photo, nearest class, whether it is known, probability, familiarity, then the probability of every
    class."""
    rows = [
        {
            "photo": each.photo.name,
            "class": each.label,
            "known": known_word(each.known),
            "probability": each.probability,
            "familiarity": "" if each.familiarity is None else each.familiarity,
        }
        for each in good
    ]
    every = [{f"p({label})": value for label, value in sorted(each.ranked)} for each in good]
    return pd.concat([pd.DataFrame(rows), pd.DataFrame(every)], axis=1)


def csv(table: pd.DataFrame) -> bytes:
    """The table as CSV that spreadsheets read rightly; a name that looks like a formula is kept from being one."""
    return csv_text(table.columns, table.itertuples(index=False, name=None), ".6f").encode("utf-8-sig")
