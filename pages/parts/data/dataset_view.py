"""The data set in use: a few of its photos, what was left out or changed, and a card for each class."""

import html

import pandas as pd
import streamlit as st

from pages.parts.data import check, file_report, photo_view, same_names
from pages.parts.data.photo_actions import photo_actions
from pages.parts.data.photo_view import PhotoView
from pages.server.downloads import download_address
from pages.server.exports import project_address
from pages.shared import actions, chrome, drawn, gallery, manage, photo_viewer, state, widgets
from pages.shared.decoding import dataset_thumbnail
from pages.shared.widgets import plain
from tlcore.charts import results as charts
from tlcore.charts import tokens
from tlcore.data.manifest import SPLITS, Dataset
from tlcore.messages.exports import PROJECT_HELP, WITHOUT_NETWORKS_HELP
from tlcore.messages.quantities import count, format_bytes
from tlcore.projects.saving import network_bytes

PICTURES_A_CLASS = 6
PART_WORDS = {"train": "train", "validation": "validate", "test": "test"}


def show(dataset: Dataset) -> None:
    """Nine photos beside the facts, then the classes."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        turn = st.session_state.get("shuffle", 0)
        nine = gallery.three_by_three(dataset.photos, seed=turn)
        gallery.grid(gallery.from_dataset(dataset, nine), key="nine", open=lambda place: _enlarge(dataset, nine, place))
        with st.container(horizontal=True, vertical_alignment="center", key="tl_nine"):
            _all_photos_link(dataset, f"See all {count(len(dataset.photos), 'photo')}")
            if st.button("Shuffle", type="tertiary", key="shuffle_photos"):
                st.session_state["shuffle"] = turn + 1
                st.rerun()
    with right:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(plain(dataset.name), anchor=False, width="content")
            manage.dataset_menu(dataset)
        with st.container(horizontal=True, vertical_alignment="center", key="tl_facts"):
            st.markdown(" · ".join(facts(dataset)), width="content")
            for link in download_links(dataset):
                st.html(link, width="content")
        for note in dataset.notes:
            st.markdown(f"- {plain(note)}")
        file_report.show(dataset)
        same_names.offer(dataset)
        classes(dataset)
        if len(dataset.labels) > widgets.MOST_LINES:  # more than there are cards at first
            counts = charts.count_frame(dataset.photos)
            finding = charts.class_counts_alt_text(counts)
            drawn.chart(charts.class_counts, counts, chrome.is_dark(), key="class_counts", description=finding)
        if dataset.licence:
            st.caption(f"Licence of the photos: {plain(dataset.licence)}")
    check.show(dataset)


def _all_photos_link(dataset: Dataset, words: str, label: str = "") -> None:
    """The way to all photos, or to those of a class."""
    values = photo_view.link(dataset.id, PhotoView(label), run=st.query_params.get("run"))
    st.page_link("pages/data.py", label=words, query_params=values)


def _enlarge(dataset: Dataset, rows: pd.DataFrame, place: int) -> None:
    """One photo large, with the way to leave it out."""
    photo_viewer.show(photo_viewer.from_dataset(dataset, rows), place, photo_actions(dataset, rows["path"]))


def download_links(dataset: Dataset) -> list[str]:
    """Links to all photos as a zip, and for their maker to the whole project, as escaped HTML; the server makes both
    while they are sent."""
    links = [_link(download_address(state.workspace(), dataset.id), "Download photos")]
    if actions.is_maker(dataset):
        links.append(_link(project_address(state.workspace(), dataset.id), "Save project", PROJECT_HELP))
        if size := network_bytes(state.workspace(), dataset):
            address = project_address(state.workspace(), dataset.id, networks=False)
            links.append(_link(address, f"Without networks ({format_bytes(size)} less)", WITHOUT_NETWORKS_HELP))
    return links


def _link(address: str, words: str, title: str = "") -> str:
    told = f' title="{html.escape(title)}"' if title else ""
    return f'<a class="tl-download" href="{html.escape(address)}"{told} download>{words}</a>'


def facts(dataset: Dataset) -> list[str]:
    """How much there is, in words."""
    rows = dataset.photos
    sides = rows[["width", "height"]]
    low, high = sides.min(), sides.max()
    size = f"{low.width} × {low.height}"
    if not low.equals(high):
        size += f" to {high.width} × {high.height}"
    return [
        count(len(rows), "photo"),
        count(len(dataset.labels), "class", "classes"),
        f"{size} pixels",
        format_bytes(int(rows["bytes"].sum())),
    ]


def classes(dataset: Dataset) -> None:
    """A card a class, in the colour that the class has on every page."""
    hues = tokens.class_hues(dataset.labels, chrome.is_dark())
    largest = int(dataset.photos["label"].value_counts().max())
    groups = dict(list(dataset.photos.groupby("label", observed=True)))
    with st.container(key="tl_classes", horizontal=True, gap="small"):
        for place, label in enumerate(widgets.paged(dataset.labels, "classes")):
            with st.container(key=f"card_class_{place}", gap="small"):
                st.html(_card(dataset, label, groups[label], hues[label], largest))
                _all_photos_link(dataset, f"See all {len(groups[label]):,}", label)
                manage.class_menu(dataset, label)


def _card(dataset: Dataset, label: str, rows: pd.DataFrame, hue: str, largest: int) -> str:
    """The head of a class's card, a bar for how large it is, and its first photos, as escaped HTML."""
    parts = rows["split"].value_counts()
    counts = " · ".join(f"{int(parts.get(part, 0)):,} {PART_WORDS[part]}" for part in SPLITS)
    shown = rows.drop_duplicates("sha256").head(PICTURES_A_CLASS)
    pictures = "".join(
        f'<li><img src="{html.escape(dataset_thumbnail(dataset, row.path, row.sha256, 160))}" alt=""></li>'
        for row in shown.itertuples()
    )
    return (
        f'<div class="tl-class" style="--tl-hue: {hue}; --tl-share: {len(rows) / largest:.3f}">'
        f"<h3>{html.escape(label)}</h3><p>{count(len(rows), 'photo')}</p>"
        f'<div class="tl-class-bar"></div><p class="tl-small">{counts}</p>'
        f'<ul class="tl-thumbs" role="list" aria-label="Photos of {html.escape(label)}">{pictures}</ul></div>'
    )
