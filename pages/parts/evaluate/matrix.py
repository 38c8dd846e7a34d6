"""The confusion matrix as a grid of buttons: each cell opens its photos, by mouse, by finger and by keyboard.

Altair's selection cannot be reached with the keyboard, so this is a component of its own; matrix.js draws it. How full
a cell is tells the share of its class; the diagonal is teal, mistakes are orange, and every number stands in its cell.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from pages.shared import chrome
from pages.shared.component_script import component_script
from tlcore.charts.tokens import CLASS_HUES

MOST_CLASSES = 20  # more have cells too small to read; most_confused lists their pairs
FULLEST = {False: 0.6, True: 0.46}
"""How much of its colour the fullest cell has, light and dark: more, and the number on it would not stand out."""
ZERO = 0.88
"""How much of the muted ink an empty cell's 0 has: faint, and still to be read."""

_FOLDER = Path(__file__).parent
_MOUNT = st.components.v2.component(
    "transferlab_matrix",
    css=(_FOLDER / "matrix.css").read_text(encoding="utf-8"),
    js=component_script(_FOLDER / "matrix.js"),
)

OnCell = Callable[[str, str], None]
"""What to do with a chosen cell: the actual class and the predicted one."""


def show(confusion: pd.DataFrame, finding: str, key: str, chosen: tuple[str, str] | None, on_cell: OnCell) -> None:
    """Draw the matrix.

    Args:
        confusion: counts, actual classes in rows, predicted ones in columns.
        finding: what it shows, for those who do not see it. key: of the component.
        chosen: the cell whose photos are shown, as actual and predicted class.
    """
    labels = [str(label) for label in confusion.index]
    known = chosen is not None and chosen[0] in labels and chosen[1] in labels
    data = {
        "labels": labels,
        "hues": [place % len(CLASS_HUES[False]) for place in range(len(labels))],
        "counts": confusion.to_numpy().tolist(),
        "fullest": FULLEST[chrome.is_dark()],
        "zero": ZERO,
        "finding": finding,
        "chosen": [labels.index(each) for each in chosen] if chosen and known else None,
    }

    def report() -> None:
        cell = cell_of(st.session_state.get(key), len(labels))
        if cell is not None:
            on_cell(labels[cell[0]], labels[cell[1]])

    _MOUNT(key=key, data=data, on_cell_change=report)


def cell_of(message: Any, num_classes: int) -> tuple[int, int] | None:
    """The cell that the browser sent as row and column; None for anything else, since it may send anything."""
    cell = message.get("cell") if hasattr(message, "get") else None
    if not isinstance(cell, list | tuple) or len(cell) != 2:
        return None
    if not all(type(place) is int and 0 <= place < num_classes for place in cell):
        return None
    return cell[0], cell[1]
