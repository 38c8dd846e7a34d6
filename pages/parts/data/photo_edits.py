"""What is done to photos that somebody selected, as edits of their data set."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.parts.data.photo_view import LEFT_OUT
from pages.shared import actions, photo_grid, state, undo
from pages.shared.photo_grid import Order
from tlcore.data.manifest import Dataset


def offered(dataset: Dataset, part: str) -> tuple[str, ...]:
    """What this visitor can do to photos of a part, as `photo_grid.EDITS`."""
    if not (state.may_act(dataset) and state.may_act(state.newest(dataset))):
        return ()
    if part == LEFT_OUT:
        return (photo_grid.BRING_BACK,)
    return (photo_grid.RELABEL, photo_grid.MOVE, photo_grid.ROTATE, photo_grid.LEAVE_OUT, photo_grid.DELETE)


def carry_out(dataset: Dataset, rows: pd.DataFrame, order: Order) -> None:
    """Do what was ordered with photos of the view; what is refused is said by the next run of the page.

    Args:
        rows: the photos of the view, on all of its pages.
    """
    known = set(dataset.photos["path"]) | set(dataset.left_out["path"])
    paths = list(rows["path"]) if order.everything else [path for path in order.paths if path in known]
    with actions.refusals_kept():
        undo.edited(_edit(dataset, paths, order))
    st.rerun()


def _edit(dataset: Dataset, paths: Sequence[str], order: Order) -> Dataset | None:
    if order.kind == photo_grid.LEAVE_OUT:
        return actions.leave_out(dataset, paths)
    if order.kind == photo_grid.DELETE:
        return actions.delete_photos(dataset, paths)
    if order.kind == photo_grid.BRING_BACK:
        return actions.bring_back(dataset, paths)
    if order.kind == photo_grid.MOVE:
        return actions.move_to_part(dataset, paths, order.value)
    if order.kind == photo_grid.ROTATE:
        return actions.rotate(dataset, paths, order.number)
    return _to_class(dataset, paths, order.value.strip()) if order.kind == photo_grid.RELABEL else None


def _to_class(dataset: Dataset, paths: Sequence[str], name: str) -> Dataset | None:
    """Move photos to a class, whatever its capitals; a name that none has makes a new one."""
    alike = [each for each in dataset.labels if each.casefold() == name.casefold()]
    label = name if name in alike else next(iter(alike), None)
    if label is None:
        return actions.split_off(dataset, paths, name)
    return actions.relabel(dataset, paths, label)
