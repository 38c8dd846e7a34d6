"""The map of the photos as a canvas: move, zoom, lasso, and the keyboard; map_canvas.js and map_points.js draw it.

20,000 photos are sent as a few hundred kilobytes: places as 16-bit numbers, and of each photo the letters by which the
browser fetches its thumbnail when it is pointed at. What the browser says may be anything.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.server.thumbnails import LETTERS
from pages.shared import chrome, gallery
from pages.shared.component_script import component_script
from tlcore.charts.tokens import CLASS_HUES

UNTESTED, CORRECT, MISTAKE = 0, 1, 2
_LAST = 65535  # the largest number of 16 bits

_FOLDER = Path(__file__).parent
_MOUNT = st.components.v2.component(
    "transferlab_photo_map",
    css=(_FOLDER / "map_canvas.css").read_text(encoding="utf-8"),
    js=component_script(
        _FOLDER.parents[1] / "shared" / "button.js", _FOLDER / "map_points.js", _FOLDER / "map_canvas.js"
    ),
)


@dataclass(frozen=True, eq=False)
class MapPoints:
    """What the canvas shows.

    Attributes:
        photos: a row a photo: path, sha256, label, x and y (0–1), correct (True, False, or None where it was not
            tested), predicted (a class, "" for none).
        labels: the classes. finding: what the map shows, for those who do not see it. name: of this arrangement.
        thumbnails: the address below which thumbnails lie.
    """

    photos: pd.DataFrame
    labels: tuple[str, ...]
    finding: str
    name: str
    thumbnails: str


def show(points: MapPoints, key: str, on_open: Callable[[int], None], on_show: Callable[[list[int]], None]) -> None:
    """Draw the map.

    Args:
        on_open: gets the row of a photo that was pressed. on_show: gets the rows of those that were selected, as a
            callback before the page runs.
    """
    data, number = _data(points), len(points.photos)

    def chosen() -> None:
        rows = rows_of(st.session_state.get(key), number)
        if rows:
            on_show(rows)

    @chrome.errors_shown()
    def canvas() -> None:
        gallery.rerun_if_stale()
        result = _MOUNT(key=key, data=data, on_opened_change=lambda: None, on_shown_change=chosen)
        opened = result.get("opened") if hasattr(result, "get") else None
        if type(opened) is int and 0 <= opened < number:
            on_open(opened)
        if result.get("shown") if hasattr(result, "get") else None:
            st.rerun()

    st.fragment(canvas, key=f"{key}_fragment")()


def rows_of(message: Any, number: int) -> list[int]:
    """The rows that the browser wants to see; [] for nothing, and for what no map sends."""
    rows = message.get("shown") if hasattr(message, "get") else None
    if not isinstance(rows, list | tuple) or not 0 < len(rows) <= number:
        return []
    if not all(type(row) is int and 0 <= row < number for row in rows):
        return []
    return sorted(set(rows))


def _data(points: MapPoints) -> dict[str, Any]:
    photos = points.photos
    place = {label: number for number, label in enumerate(points.labels)}
    marks = np.where(photos["correct"].isna(), UNTESTED, np.where(photos["correct"] == True, CORRECT, MISTAKE))  # noqa: E712
    wrong = np.flatnonzero(marks == MISTAKE)
    return {
        "x": _numbers(photos["x"].to_numpy() * _LAST, "<u2"),
        "y": _numbers((1 - photos["y"].to_numpy()) * _LAST, "<u2"),
        "classes": _numbers(photos["label"].map(place).to_numpy(), "<u2"),
        "marks": _numbers(marks, "u1"),
        "predicted": {str(row): place.get(photos["predicted"].iat[row], 0) for row in wrong},
        "names": [PurePosixPath(path).name for path in photos["path"]],
        "keys": "".join(photos["sha256"].str[:LETTERS]),
        "labels": list(points.labels),
        "hues": [number % len(CLASS_HUES[False]) for number in range(len(points.labels))],
        "finding": points.finding,
        "name": points.name,
        "thumbnails": points.thumbnails,
    }


def _numbers(values: Sequence[float] | np.ndarray, kind: str) -> str:
    """Numbers as bytes in letters."""
    return base64.b64encode(np.round(np.asarray(values)).astype(kind).tobytes()).decode("ascii")
