"""Photos on a page: square thumbnails in a grid, each with its label, an alt text, and more on hover or focus.

The grid is one piece of HTML with the thumbnails inside, so nothing is fetched; every string in it is escaped.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import pandas as pd
import streamlit as st

from pages.shared.decoding import dataset_thumbnail, jpeg_address
from tlcore.data import samples
from tlcore.data.manifest import Dataset

STRIP = (
    "animals/1f431-noto.png",
    "food/1f34e-twemoji.png",
    "faces/1f60e-twemoji.png",
    "vehicles/1f697-twemoji.png",
    "clothing/1f3a9-noto.png",
    "hands/1f44b-noto.png",
    "buildings/1f3e0-noto.png",
    "animals/1f993-noto.png",
)


@dataclass(frozen=True)
class GalleryPhoto:
    """One photo of a grid. `source`: a data address; `mark`: None, or whether the prediction is right."""

    source: str
    caption: str
    alt: str
    more: str
    mark: bool | None = None
    detail: str = ""


def grid(photos: Sequence[GalleryPhoto], columns: int | None = 3) -> None:
    """Draw the photos; `columns` None fits as many as there is room for."""
    style = "tl-grid" + (" tl-flow" if columns is None else " tl-one" if columns == 1 else "")
    start = f'<ul class="{style}" role="list" style="--tl-columns:{columns or 3}">'
    st.html(start + "".join(map(figure, photos)) + "</ul>")


def figure(photo: GalleryPhoto) -> str:
    """One photo as escaped HTML."""
    alt, more = html.escape(photo.alt), html.escape(photo.more)
    sign = (
        ""
        if photo.mark is None
        else ('<span class="tl-right">✓ right</span> ' if photo.mark else '<span class="tl-wrong">✗ wrong</span> ')
    )
    detail = f"<br>{html.escape(photo.detail)}" if photo.detail else ""
    return (
        f'<li><figure class="tl-photo" tabindex="0"><img src="{html.escape(photo.source)}" alt="{alt}">'
        f'<span class="tl-more">{more}</span>'
        f"<figcaption>{sign}{html.escape(photo.caption)}{detail}</figcaption></figure></li>"
    )


def from_dataset(dataset: Dataset, rows: pd.DataFrame, size: int = 240) -> list[GalleryPhoto]:
    """Rows of a manifest as photos with their label."""
    return [
        GalleryPhoto(
            source=dataset_thumbnail(dataset, row.path, row.sha256, size),
            caption=str(row.label),
            alt=f"Photo of the class {row.label}",
            more=f"{row.width} × {row.height} pixels · {PurePath(row.path).name}",
        )
        for row in rows.itertuples()
    ]


def strip(photos: Sequence[GalleryPhoto]) -> None:
    """A few photos in one line (two on a small screen); nine in one line (three on a small screen)."""
    nine = " tl-nine" if len(photos) == 9 else ""
    st.html(f'<ul class="tl-grid tl-strip{nine}" role="list">{"".join(map(figure, photos))}</ul>')


def sample_strip() -> None:
    """A strip of pictures of the built-in set, one a class."""
    st.html(f'<ul class="tl-grid tl-strip" role="list">{_sample_figures()}</ul>')


@st.cache_data(show_spinner=False)
def _sample_figures() -> str:
    found = [(name.split("/")[0], jpeg_address(jpeg)) for name, jpeg in samples.emoji_thumbnails(STRIP, 160)]
    shown = [GalleryPhoto(source, label, f"Built-in picture: {label}", label) for label, source in found]
    return "".join(map(figure, shown))


def three_by_three(frame: pd.DataFrame, by: str = "label", seed: int = 0) -> pd.DataFrame:
    """Nine rows in which as many different values of `by` come up as there is room for; always the same nine."""
    shuffled = frame.sample(frac=1, random_state=seed)
    turn = shuffled.groupby(by, observed=True).cumcount()
    return shuffled.assign(_turn=turn).sort_values("_turn", kind="stable").head(9).drop(columns="_turn")
