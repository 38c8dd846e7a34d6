"""Predictions for new photos: made once a photo and visit, shown as bars, a table and a file."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import pandas as pd
import streamlit as st

from pages.shared import drawn, gallery, state
from pages.shared.decoding import decoder, jpeg_address
from pages.shared.gallery import GalleryPhoto
from pages.shared.widgets import table
from tlcore.charts import results as charts
from tlcore.data import thumbnails
from tlcore.data.images import PhotoRefused, Wanted
from tlcore.jobs.store import Run
from tlcore.messages.quantities import count
from tlcore.messages.tables import csv_text
from tlcore.serving.bundle import FOLDER, INFO
from tlcore.serving.predict import ImageClassifier
from tlcore.serving.probe import load_safely

PAGE_SIZE = 6


@dataclass(frozen=True)
class PhotoPrediction:
    """What was predicted for one photo. `reason`: why it was refused, else None; then the rest is empty."""

    name: str
    reason: str | None
    ranked: tuple[tuple[str, float], ...] = ()
    milliseconds: float = 0.0
    thumbnail: str = ""


def predictor(run: Run) -> ImageClassifier:
    """The network of a finished run, loaded once a server. Raises UserError where its files are gone or damaged."""
    try:
        packed = (run.folder / FOLDER / INFO).stat().st_mtime_ns  # a run that is started again gets another model
    except OSError:
        packed = 0
    return _predictor(run.id, packed)


@st.cache_resource(show_spinner=False, max_entries=4)
def _predictor(run_id: str, packed: int) -> ImageClassifier:
    return ImageClassifier(load_safely(state.workspace().runs / run_id, own=True))


def predict(run: Run, network: ImageClassifier, given: Sequence[tuple[str, bytes]]) -> list[PhotoPrediction]:
    """The predictions for photos (name, file content), in their order; none is made twice in a visit."""
    known: dict[tuple[str, str, str], PhotoPrediction] = st.session_state.get("predictions", {})
    found = {}
    waiting = st.empty()
    for number, (name, data) in enumerate(given, start=1):
        key = (run.id, name, sha256(data).hexdigest())
        if key not in known and len(given) > PAGE_SIZE:
            waiting.progress(number / len(given), text=f"Looking at photo {number:,} of {len(given):,}")
        found[key] = known.get(key) or _predict(network, name, data)
    waiting.empty()
    st.session_state["predictions"] = found
    return list(found.values())


def _predict(network: ImageClassifier, name: str, data: bytes) -> PhotoPrediction:
    """The photo is decoded once, in a process of its own; the network looks at it in this one."""
    start, bundle = time.perf_counter(), network.bundle
    try:
        photo = decoder().decode(data, Wanted(bundle.image_size, bundle.policy, thumbnails.SIZE))
    except PhotoRefused as error:
        return PhotoPrediction(name, error.reason)
    assert photo.input is not None  # it was asked for
    ranked = network.predict_input(photo.input).ranked
    return PhotoPrediction(name, None, ranked, (time.perf_counter() - start) * 1000, jpeg_address(photo.thumbnail))


def refused(found: Sequence[PhotoPrediction]) -> None:
    """The files that are no photos, each with the reason."""
    rows = [(each.name, each.reason) for each in found if each.reason is not None]
    if rows:
        st.markdown(f"**{count(len(rows), 'file')} left out:**")
        table(pd.DataFrame(rows, columns=["File", "Why"]), "Files left out, with the reason")


def bars(good: Sequence[PhotoPrediction], dark: bool) -> None:
    """Each photo beside its most probable classes, a page at a time."""
    pages = -(-len(good) // PAGE_SIZE)
    page = st.pagination(pages, key="answers_page") if pages > 1 else 1
    columns = st.columns(2, gap="large") if len(good) > 1 else [st.container()]
    for number, each in enumerate(good[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]):
        with columns[number % len(columns)]:
            top = charts.top_frame(*zip(*each.ranked))
            finding = charts.top_alt_text(top)
            picture, chart = st.columns([1, 2], vertical_alignment="center")
            with picture:
                alt = f"Your photo {each.name}. {finding}"
                gallery.grid([GalleryPhoto(each.thumbnail, each.name, alt, finding)], 1)
            with chart:
                drawn.top_bars(top, dark, f"top_{number}", finding)


def frame(good: Sequence[PhotoPrediction]) -> pd.DataFrame:
    """A row a photo: photo, class, probability, then the probability of every class."""
    rows = [{"photo": each.name, "class": each.ranked[0][0], "probability": each.ranked[0][1]} for each in good]
    every = [{f"p({label})": value for label, value in sorted(each.ranked)} for each in good]
    return pd.concat([pd.DataFrame(rows), pd.DataFrame(every)], axis=1)


def csv(table: pd.DataFrame) -> bytes:
    """The table as CSV that spreadsheets read rightly; a name that looks like a formula is kept from being one."""
    return csv_text(table.columns, table.itertuples(index=False, name=None), ".6f").encode("utf-8-sig")
