"""A page of photos as a grid: arrow keys, selection, and a bar with what can be done to those that are selected.

What is selected stays in the browser until something is done to it; photo_grid.js and photo_grid_bar.js draw it all.
Python hears of a press once, as an `Order`, and the browser may have said anything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared import chrome, gallery
from pages.shared.component_script import component_script
from tlcore.data.manifest import SPLITS

OPEN, TURN, SIZE, UNDO, REDO = "open", "turn", "size", "undo", "redo"
RELABEL, LEAVE_OUT, BRING_BACK, MOVE = "relabel", "leave out", "bring back", "move"
ROTATE, DELETE, KEEP, TAKE_BACK = "rotate", "delete", "keep", "take back"
EDITS = (RELABEL, LEAVE_OUT, BRING_BACK, MOVE, ROTATE, DELETE, KEEP, TAKE_BACK)
KINDS = (OPEN, TURN, SIZE, UNDO, REDO, *EDITS)
DEGREES = (90, 180, 270)  # clockwise
MOST_LETTERS = 200  # of the name of a class

_FOLDER = Path(__file__).parent
_MOUNT = st.components.v2.component(
    "transferlab_photo_grid",
    css=(_FOLDER / "photo_grid.css").read_text(encoding="utf-8"),
    js=component_script(_FOLDER / "photo_grid_bar.js", _FOLDER / "photo_grid.js"),
    isolate_styles=False,  # its squares look as those of every other grid, by the rules of style.css
)


@dataclass(frozen=True)
class GridPhoto:
    """One photo of the grid.

    Attributes:
        id: its path, which names it when something is done to it. name: what is read out. source: of its thumbnail.
        label, hue: its class and the colour of that as CSS. note: what the order goes by, in a word; "" for nothing.
        tile, pixels: as in gallery.py: how its square looks.
        mark: of a prediction, as style and word (`gallery.mark_of`); None where nothing was predicted. With it, or with
            `detail`, a line of its own, the words below the square may take several lines.
        badge: what is planned for it, in a word. proposed: the class that it is likely to belong in, offered first.
    """

    id: str
    name: str
    source: str
    label: str
    hue: str
    part: str
    note: str
    tile: str
    pixels: int
    mark: tuple[str, str] | None = None
    detail: str = ""
    badge: str = ""
    proposed: str = ""


@dataclass(frozen=True)
class GridPage:
    """What the grid shows: a page of `total` photos, whose first one has the place `first` among all of them.

    Attributes:
        labels, hues: the classes that photos can be moved to. offered: what can be done, of `EDITS`.
        size: pixels of a thumbnail, 0 for what this browser had last. name: of what is seen, so that another view
            begins without a selection. can_undo, can_redo: whether there is anything to.
        grid: which grid of the program this is; each keeps its selection in the browser. per_page: photos on a whole
            page. sizes: pixels of a thumbnail that can be chosen, none where it is always `usual_size`.
        new_class: whether photos can be moved to a class that is not there yet.
    """

    photos: Sequence[GridPhoto]
    first: int
    total: int
    num_pages: int
    labels: tuple[str, ...]
    hues: tuple[str, ...]
    offered: tuple[str, ...]
    size: int
    name: str
    grid: str
    per_page: int
    usual_size: int
    sizes: tuple[int, ...] = ()
    new_class: bool = True
    can_undo: bool = False
    can_redo: bool = False


@dataclass(frozen=True)
class Order:
    """What somebody wants. `kind`: of `KINDS`.

    Attributes:
        paths: of photos, as the browser names them. everything: all photos of the view, instead of `paths`.
        value: a class or a part. number: a place on the page, degrees, pixels, or 1 and -1 for the next and the
            previous page.
    """

    kind: str
    paths: tuple[str, ...] = ()
    everything: bool = False
    value: str = ""
    number: int = 0


def show(page: GridPage, key: str, on_order: Callable[[Order], None]) -> None:
    """Draw the grid; a press calls `on_order`, in a run that draws nothing else of the page."""
    data = vars(page) | {"photos": [vars(photo) for photo in page.photos]}  # `asdict` copies every string

    @chrome.errors_shown()
    def grid() -> None:
        gallery.rerun_if_stale()
        order = order_of(_MOUNT(key=key, data=data, on_order_change=lambda: None), page)
        if order is not None:
            on_order(order)

    st.fragment(grid, key=f"{key}_fragment")()


def order_of(result: Any, page: GridPage) -> Order | None:
    """What the browser wants just now; None for nothing, and for what no grid sends."""
    said = result.get("order") if hasattr(result, "get") else None
    if not isinstance(said, Mapping) or said.get("kind") not in KINDS:
        return None
    paths, value, number = said.get("paths", ()), said.get("value", ""), said.get("number", 0)
    if not isinstance(paths, list | tuple) or not all(isinstance(each, str) for each in paths):
        return None
    if not isinstance(value, str) or len(value) > MOST_LETTERS or type(number) is not int:
        return None
    order = Order(str(said["kind"]), tuple(paths), said.get("everything") is True, value, number)
    return order if _is_whole(order, page) else None


def _is_whole(order: Order, page: GridPage) -> bool:
    """Whether an order says all that it needs to be done. Who may do it is for pages/shared/actions to say."""
    if order.kind in EDITS and not (order.paths or order.everything):
        return False
    needs: dict[str, bool] = {
        OPEN: 0 <= order.number < len(page.photos),
        TURN: order.number in (-1, 1),
        SIZE: order.number in page.sizes,
        ROTATE: order.number in DEGREES,
        MOVE: order.value in SPLITS,
        RELABEL: bool(order.value.strip()),
    }
    return needs.get(order.kind, True)
