"""A table whose rows lead somewhere: the first cell of each is a button, and a click anywhere in the row presses it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared.component_script import component_script

_FOLDER = Path(__file__).parent
_MOUNT = st.components.v2.component(
    "transferlab_row_table",
    css=(_FOLDER / "row_table.css").read_text(encoding="utf-8"),
    js=component_script(_FOLDER / "row_table.js"),
)


@dataclass(frozen=True)
class Cell:
    """A figure in a row: its text, what it was counted from below it, and a bar where `share` (0–1) is given."""

    text: str
    detail: str = ""
    share: float | None = None


@dataclass(frozen=True)
class Row:
    """A row: its name, what pressing it does in words, its figures, and the number of its class's hue."""

    name: str
    action: str
    cells: tuple[Cell, ...]
    hue: int | None = None


def show(
    columns: Sequence[str],
    rows: Sequence[Row],
    description: str,
    key: str,
    chosen: int | None,
    on_row: Callable[[int], None],
) -> None:
    """Draw the table.

    Args:
        columns: their names, that of the rows' names first. description: what it shows, for those who do not see it.
        key: of the component. chosen: the row that is marked. on_row: what to do with the number of a pressed row.
    """

    def report() -> None:
        row = row_of(st.session_state.get(key), len(rows))
        if row is not None:
            on_row(row)

    data = {
        "columns": list(columns),
        "rows": [asdict(row) for row in rows],
        "description": description,
        "chosen": chosen,
    }
    _MOUNT(key=key, data=data, on_row_change=report)


def row_of(message: Any, num_rows: int) -> int | None:
    """The row that the browser sent; None for anything else, since it may send anything."""
    row = message.get("row") if hasattr(message, "get") else None
    return row if type(row) is int and 0 <= row < num_rows else None
