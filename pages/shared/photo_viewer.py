"""One photo large, over the page: all of it, what is known of it, its neighbours, and what can be done with it."""

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import Literal

import pandas as pd
import streamlit as st

from pages.shared import actions, chrome, gallery
from pages.shared.decoding import preview_address
from tlcore.data.images import PIXEL_ART, PhotoRefused
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.messages.quantities import percent

LARGEST = 1024
"""Pixels of the longer side, at most."""

MOST_SCALED = 320  # pixels that a picture of few pixels is brought to, by a whole number
PARTS = {"train": "Training", "validation": "Validation", "test": "Test"}
PLACE = "viewer_place"  # in the session
GONE, AGAIN = "viewer_gone", "viewer_again"  # the places that an action took away; whether the page has to run again
PREVIOUS, NEXT = "← Previous", "Next →"  # the arrow keys; style.css hides the sign that Streamlit adds at the right


@dataclass(frozen=True)
class ViewerPhoto:
    """What the viewer shows of a photo; what is not known stays empty.

    Attributes:
        name: of its file. read: gives the file's content; raises UserError where it is gone.
        label: its class. part: what it is used for, a word of `PARTS`.
        predicted, probability: what a model says it is, and how probable (0–1).
        width, height: pixels, 0 where they are not known.
    """

    name: str
    read: Callable[[], bytes]
    label: str = ""
    part: str = ""
    predicted: str = ""
    probability: float | None = None
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class ViewerAction:
    """Something that can be done with the photo that is shown.

    Attributes:
        do: gets the photo's place, as a callback; False where it was not done. A UserError is said in the viewer.
        offered: gets the place too, and tells whether the photo is one to do it with.
        removes: whether the photo is none of these any more after it. Then the viewer goes on to the next one, with
            `done` as what was done, and the page runs again when it is closed; else the page runs again at once.
    """

    label: str
    do: Callable[[int], object]
    offered: Callable[[int], bool] = lambda place: True
    removes: bool = False
    done: str = ""


def show(photos: Sequence[ViewerPhoto], place: int, offered: Iterable[ViewerAction] = ()) -> None:
    """Open the viewer on the photo at `place`, as an answer to a press: once, in the run that the press began."""
    st.session_state[PLACE], st.session_state[GONE] = place, {}
    can_be_done = tuple(offered)
    # The dialog's own title stays while one goes on to the next photo, so the heading that is seen is in the body.
    on_close: Literal["rerun", "ignore"] = "rerun" if any(action.removes for action in can_be_done) else "ignore"
    opened = st.dialog("Photo", width="large", on_dismiss=on_close)
    opened(chrome.errors_shown(has_way_out=False)(_body))(photos, can_be_done)


def from_dataset(dataset: Dataset, rows: pd.DataFrame) -> list[ViewerPhoto]:
    """Rows of a manifest, in their order."""
    return [
        ViewerPhoto(
            name=PurePath(row.path).name,
            read=partial(dataset.read, row.path),
            label=str(row.label),
            part=PARTS.get(str(row.split), ""),
            width=int(row.width),
            height=int(row.height),
        )
        for row in rows.itertuples()
    ]


def from_predictions(dataset: Dataset, rows: pd.DataFrame, part: str = PARTS["test"]) -> list[ViewerPhoto]:
    """Rows of a report's predictions, in their order."""
    sizes = dataset.photos.set_index("path")[["width", "height"]]
    return [
        ViewerPhoto(
            name=PurePath(row.path).name,
            read=partial(dataset.read, row.path),
            label=str(row.label),
            part=part,
            predicted=str(row.predicted),
            probability=float(row.probability),
            width=int(sizes.at[row.path, "width"]),
            height=int(sizes.at[row.path, "height"]),
        )
        for row in rows.itertuples()
    ]


def _body(photos: Sequence[ViewerPhoto], can_be_done: Sequence[ViewerAction]) -> None:
    gone: dict[int, str] = st.session_state.get(GONE, {})
    left = [place for place in range(len(photos)) if place not in gone]
    if st.session_state.pop(AGAIN, False) or not left:
        st.rerun()
    wanted = st.session_state[PLACE] % len(photos)
    turn = next((turn for turn, place in enumerate(left) if place >= wanted), 0)  # the next one, where that is gone
    place = left[turn]
    photo = photos[place]
    st.html(
        f'<h2 class="tl-viewer-name">{html.escape(photo.name)}</h2>'
        f'<div class="tl-viewer">{_picture(photo)}{facts(photo)}</div>'
    )
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="viewer_buttons"
    ):
        if len(left) > 1:
            with st.container(horizontal=True, vertical_alignment="center", width="content", key="viewer_neighbours"):
                st.button(PREVIOUS, key="viewer_previous", shortcut="Left", on_click=_go, args=(left[turn - 1],))
                st.html(f'<p class="tl-small" aria-live="polite">{turn + 1:,} of {len(left):,}</p>')
                after = left[(turn + 1) % len(left)]
                st.button(NEXT, key="viewer_next", shortcut="Right", on_click=_go, args=(after,))
        offered = [action for action in can_be_done if action.offered(place)]
        if offered:
            with st.container(horizontal=True, width="content", key="viewer_actions"):
                for number, action in enumerate(offered):
                    st.button(action.label, key=f"viewer_action_{number}", on_click=_act, args=(action, place))
    if gone:
        st.html(f'<p class="tl-small" role="status">{html.escape(list(gone.values())[-1])}</p>')


def _go(place: int) -> None:
    st.session_state[PLACE] = place


def _act(action: ViewerAction, place: int) -> None:
    with actions.refusals_kept():
        if action.do(place) is False:
            return
        if action.removes:
            st.session_state.setdefault(GONE, {})[place] = action.done
            st.session_state[gallery.STALE] = True  # until it is closed
        else:
            st.session_state[AGAIN] = True


def _picture(photo: ViewerPhoto) -> str:
    """The photo as escaped HTML, or why it cannot be shown."""
    try:
        source = preview_address(photo.read(), LARGEST)
    except (UserError, PhotoRefused):
        return '<p class="tl-stage">This photo can’t be opened any more. Its file was moved, changed or deleted.</p>'
    side = max(photo.width, photo.height)
    style, width = "", ""
    if 0 < side <= PIXEL_ART:  # a whole number of screen pixels for each of its own
        style, width = ' class="tl-pixels"', f' style="width:{photo.width * (MOST_SCALED // side)}px"'
    return f'<div class="tl-stage"><img{style}{width} src="{source}" alt="{html.escape(alt_text(photo))}"></div>'


def alt_text(photo: ViewerPhoto) -> str:
    """What the photo is, for those who do not see it: "Photo of the class cats, predicted dogs"."""
    words = f"Photo of the class {photo.label}" if photo.label else f"Photo {photo.name}"
    return f"{words}, predicted {photo.predicted}" if photo.predicted else words


def facts(photo: ViewerPhoto) -> str:
    """What is known of a photo, as escaped HTML."""
    known: Mapping[str, str] = {
        "Class": photo.label,
        "Prediction": _prediction(photo),
        "Used for": photo.part,
        "Size": f"{photo.width:,} × {photo.height:,} pixels" if photo.width else "",
    }
    rows = [f"<div><dt>{name}</dt><dd>{html.escape(value)}</dd></div>" for name, value in known.items() if value]
    if photo.label and photo.predicted:
        right = photo.label == photo.predicted
        style = "tl-right" if right else "tl-wrong"
        rows.insert(2, f'<div><dt>Result</dt><dd class="{style}">{gallery.MARKS[right]}</dd></div>')
    return f'<dl class="tl-facts">{"".join(rows)}</dl>'


def _prediction(photo: ViewerPhoto) -> str:
    if not photo.predicted or photo.probability is None:
        return photo.predicted
    return f"{photo.predicted} · {percent(photo.probability)}"
