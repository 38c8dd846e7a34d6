"""Which photos of a data set are seen, and in which order; rows of a manifest in, rows of it out."""

from collections.abc import Sequence

import pandas as pd

from pages.parts.data.photo_view import ADDED, DOUBT, LEFT_OUT, NAME, PIXELS, SHARPNESS, SIMILARITY, PhotoView
from tlcore.data import changes
from tlcore.data.changes import Edit
from tlcore.data.manifest import Dataset
from tlcore.messages.quantities import percent

MEASURES = {DOUBT: ("doubt", False), SIMILARITY: ("similarity", False), SHARPNESS: ("sharpness", True)}
"""The orders that exist once photos were checked: the column of the measures, and whether the least comes first."""


def select(dataset: Dataset, view: PhotoView) -> pd.DataFrame:
    """The rows of the view's class and part; "left out" takes the place of a part."""
    photos = dataset.left_out if view.part == LEFT_OUT else dataset.photos
    wanted = pd.Series(True, index=photos.index)
    if view.label:
        wanted &= photos["label"] == view.label
    if view.part and view.part != LEFT_OUT:
        wanted &= photos["split"] == view.part
    return photos[wanted]


def arrange(photos: pd.DataFrame, sort: str, measures: pd.DataFrame | None, added: pd.Series | None) -> pd.DataFrame:
    """The rows in the order of `sort`; those for which it is not known come last, and by name where it is equal.

    Args:
        measures: of `cleaning.load_measures`, by path. added: when each photo came (Unix seconds), by path.
    """
    named = photos.sort_values("path", kind="stable")
    if sort == NAME:
        return named
    if sort == PIXELS:
        return named.loc[(named["width"] * named["height"]).sort_values(kind="stable").index]
    if sort in MEASURES and measures is not None:
        column, ascending = MEASURES[sort]
        values = named["path"].map(measures[column])
        return named.loc[values.sort_values(ascending=ascending, kind="stable", na_position="last").index]
    if added is None:
        return named
    return named.loc[named["path"].map(added).sort_values(ascending=False, kind="stable", na_position="last").index]


def added_times(dataset: Dataset, edits: Sequence[Edit]) -> pd.Series:
    """When each photo came (Unix seconds), by path: with the import, or with an edit that added photos."""
    paths = pd.concat([dataset.photos["path"], dataset.left_out["path"]])
    times = pd.Series(dataset.created, index=paths, dtype=float)
    for edit in edits:
        if edit.change.kind == changes.ADDED:
            times[times.index.isin(edit.paths)] = edit.made
    return times


def sorts_offered(measures: pd.DataFrame | None) -> dict[str, bool]:
    """Each order, and whether it can be had now: some need the measures of the checks."""
    every = (ADDED, NAME, DOUBT, SIMILARITY, SHARPNESS, PIXELS)
    known = set() if measures is None else set(measures.columns)
    return {sort: sort not in MEASURES or MEASURES[sort][0] in known for sort in every}


def note(sort: str, path: str, size: tuple[int, int], measures: pd.DataFrame | None) -> str:
    """What the order goes by, in a word beside a photo; "" where that is its name or its time.

    Args:
        size: its width and height in pixels.
    """
    if sort == PIXELS:
        return f"{size[0]} × {size[1]}"
    if sort not in (DOUBT, SIMILARITY) or measures is None or path not in measures.index:
        return ""
    value = measures.at[path, MEASURES[sort][0]]
    return "" if pd.isna(value) else percent(float(value))
