"""Photos on a page: square thumbnails in a grid, each with its label, an alt text, and more on hover.

A grid that leads nowhere is one piece of HTML and no tab stop; one whose photos open is a component of buttons
(gallery.js). The thumbnails are inside, so nothing is fetched, and no name is ever read as HTML. What opens is
photo_viewer.py's business.
"""

import html
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Any

import pandas as pd
import streamlit as st

from pages.shared import chrome
from pages.shared.component_script import component_script
from pages.shared.decoding import dataset_thumbnail, picture_address
from tlcore.charts.tokens import CLASS_HUES
from tlcore.data import samples, thumbnails
from tlcore.data.manifest import Dataset
from tlcore.data.picture_files import PIXEL_ART

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
STALE = "photos_stale"  # in the session: the viewer has changed what the page below it shows
MARKS = {True: "✓ correct", False: "✗ wrong"}

_MOUNT = st.components.v2.component(
    "transferlab_gallery",
    js=component_script(Path(__file__).with_name("gallery.js")),
    isolate_styles=False,  # the grid looks as the one without buttons does, by the same rules of style.css
)


@dataclass(frozen=True)
class GalleryPhoto:
    """One photo of a grid. `source`: a data address; `mark`: None, or whether the prediction is right.

    `pixels`: the side of the thumbnail where that is smaller than usual, else 0. Such a picture is shown at its own
    size, and one of few pixels without smoothing. `hue`: the place of a class whose hue stands before the caption.
    `whole`: all of the picture is shown, also where it is not square. `over`: the data address of a picture that lies
    over it; `alt` tells of it too.
    """

    source: str
    caption: str
    alt: str
    more: str
    mark: bool | None = None
    detail: str = ""
    pixels: int = 0
    hue: int | None = None
    whole: bool = False
    over: str = ""


def grid(
    photos: Sequence[GalleryPhoto],
    columns: int | None = 3,
    key: str | None = None,
    open: Callable[[int], None] | None = None,
) -> None:
    """Draw the photos.

    Args:
        columns: how many stand side by side; None fits as many as there is room for.
        key, open: given both, each photo is a button; a press calls `open` with the photo's place in `photos`. `key`
            names the grid.
    """
    if key is None or open is None:
        st.html(f"{_list_start(columns)}{''.join(map(figure, photos))}</ul>")
        return

    @chrome.errors_shown()
    def drawn() -> None:
        rerun_if_stale()
        opened = buttons(photos, columns, key)
        if opened is not None:
            open(opened)

    st.fragment(drawn, key=f"{key}_fragment")()  # a press redraws nothing of the page


def buttons(photos: Sequence[GalleryPhoto], columns: int | None, key: str) -> int | None:
    """Draw the photos as buttons, for who is in a fragment already; the place of the one that was pressed just now."""
    data = {"photos": [_button(photo) for photo in photos], "style": _style(columns), "columns": columns or 3}
    return _place(_MOUNT(key=key, data=data, on_opened_change=lambda: None), len(photos))


def rerun_if_stale() -> None:
    """Run the page again where the viewer that was closed just now has changed what is on it.

    To be called by the fragment that opened the viewer: when that is closed, Streamlit runs the fragment alone.
    """
    if st.session_state.pop(STALE, False):
        st.rerun()


def _place(result: Any, number: int) -> int | None:
    """The place of the photo that was pressed just now. The browser may have said anything."""
    opened = result.get("opened") if hasattr(result, "get") else None
    return opened if type(opened) is int and 0 <= opened < number else None


def _style(columns: int | None) -> str:
    return "tl-grid" + (" tl-flow" if columns is None else " tl-one" if columns == 1 else "")


def _list_start(columns: int | None) -> str:
    return f'<ul class="{_style(columns)}" role="list" style="--tl-columns:{columns or 3}">'


def figure(photo: GalleryPhoto) -> str:
    """One photo as escaped HTML."""
    alt, more = html.escape(photo.alt), html.escape(photo.more)
    sign = "" if photo.mark is None else '<span class="{}">{}</span> · '.format(*mark_of(photo.mark))
    detail = f"<br>{html.escape(photo.detail)}" if photo.detail else ""
    colour = "" if photo.hue is None else dot(photo.hue)
    over = f'<img class="tl-over" src="{html.escape(photo.over)}" alt="">' if photo.over else ""
    return (
        f'<li><figure class="tl-photo"><span class="{_tile(photo)}" style="--tl-pixels:{photo.pixels}px">'
        f'<img src="{html.escape(photo.source)}" alt="{alt}">{over}</span>'
        f'<span class="tl-more">{more}</span>'
        f"<figcaption>{sign}{colour}{html.escape(photo.caption)}{detail}</figcaption></figure></li>"
    )


def _button(photo: GalleryPhoto) -> dict[str, Any]:
    """One photo as gallery.js draws it: what `figure` gives as HTML."""
    mark = None if photo.mark is None else dict(zip(("style", "word"), mark_of(photo.mark)))
    colour = None if photo.hue is None else hue(photo.hue)
    return asdict(photo) | {"mark": mark, "tile": _tile(photo), "hue": colour}


def mark_of(correct: bool) -> tuple[str, str]:
    """The style and the word that say whether a prediction is correct."""
    return "tl-right" if correct else "tl-wrong", MARKS[correct]


def hue(place: int) -> str:
    """The hue of a class as CSS, by its place among the labels; it follows the colour scheme."""
    return f"var(--tl-class-{place % len(CLASS_HUES[False])})"


def dot(place: int) -> str:
    """A dot in the hue of a class, as HTML. It says nothing that is not written beside it."""
    return f'<span class="tl-dot" style="background:{hue(place)}"></span>'


def _tile(photo: GalleryPhoto) -> str:
    return tile_style(photo.pixels) + (" tl-all-of-it" if photo.whole else "")


def tile_style(pixels: int) -> str:
    """The style of the square that a picture lies on: one smaller than usual is not blown up, and does not blaze."""
    if not pixels:
        return "tl-tile"
    return "tl-tile " + ("tl-pixel-art" if pixels <= PIXEL_ART else "tl-own-size")


def from_dataset(dataset: Dataset, rows: pd.DataFrame, size: int = 240) -> list[GalleryPhoto]:
    """Rows of a manifest as photos with their label."""
    return [
        GalleryPhoto(
            source=dataset_thumbnail(dataset, row.path, row.sha256, size),
            caption=str(row.label),
            alt=f"Photo of the class {row.label}",
            more=f"{row.width} × {row.height} pixels · {PurePath(row.path).name}",
            pixels=own_pixels(row.width, row.height),
        )
        for row in rows.itertuples()
    ]


def own_pixels(width: int, height: int) -> int:
    """The side in pixels of the thumbnail of a photo, 0 where it is of the usual size."""
    side = min(int(width), int(height))
    return side if side < thumbnails.SIZE else 0


def strip(photos: Sequence[GalleryPhoto]) -> None:
    """A few photos in one line (two on a small screen); nine in one line (three on a small screen)."""
    nine = " tl-nine" if len(photos) == 9 else ""
    st.html(f'<ul class="tl-grid tl-strip{nine}" role="list">{"".join(map(figure, photos))}</ul>')


def sample_strip() -> None:
    """A strip of pictures of the built-in set, one a class."""
    st.html(f'<ul class="tl-grid tl-strip" role="list">{_sample_figures()}</ul>')


@st.cache_data(show_spinner=False)
def _sample_figures() -> str:
    found = [(name.split("/")[0], picture_address(data)) for name, data in samples.emoji_thumbnails(STRIP, 160)]
    shown = [
        GalleryPhoto(source, label, f"Built-in picture: {label}", label, pixels=samples.EMOJI_PIXELS)
        for label, source in found
    ]
    return "".join(map(figure, shown))


def three_by_three(frame: pd.DataFrame, by: str = "label", seed: int = 0) -> pd.DataFrame:
    """Nine rows in which as many different values of `by` come up as there is room for; always the same nine.

    Each row has its place by its own path, not by how many there are: without one of the nine the other eight stay.

    Args:
        seed: another one gives nine others.
    """
    own, group = (
        pd.util.hash_array(frame[name].astype(str).to_numpy(object), hash_key=f"{seed:016d}") for name in ("path", by)
    )
    shuffled = frame.assign(_own=own, _group=group).sort_values("_own", kind="stable")
    shuffled["_turn"] = shuffled.groupby("_group").cumcount()
    nine = shuffled.sort_values(["_turn", "_group"], kind="stable").head(9)
    return nine.drop(columns=["_own", "_group", "_turn"])
