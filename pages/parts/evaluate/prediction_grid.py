"""Photos of a run as the grid draws them: class, what was predicted and how confidently, and what is planned."""

import math
from pathlib import PurePath
from typing import Any

import pandas as pd

from pages.parts.evaluate.planning import Planning
from pages.shared import gallery, photo_viewer
from pages.shared.photo_grid import GridPage, GridPhoto
from pages.shared.thumbnail_address import thumbnail_address
from tlcore.data import thumbnails
from tlcore.messages.quantities import percent

THUMBNAIL = 136  # pixels, at least; seven beside one another on a wide page


def page(plan: Planning, rows: pd.DataFrame, first: int, total: int, per_page: int, grid: str, name: str) -> GridPage:
    """A page of photos.

    Args:
        rows: of photo_lists.py, those of the page. first: the place of its first photo among all `total` of them.
        grid: which grid of the page it is. name: of what is seen in it.
    """
    badges = plan.badges(rows["path"].tolist())
    photos = plan.dataset.photos.set_index("path")
    sides = photos.loc[rows["path"], ["width", "height"]]
    shown = [
        _photo(plan, row, gallery.own_pixels(*side), badges[row.path])
        for row, side in zip(rows.itertuples(), sides.itertuples(index=False))
    ]
    labels = plan.newest.labels
    return GridPage(
        shown,
        first,
        total,
        -(-total // per_page),
        labels,
        tuple(gallery.hue(place) for place in range(len(labels))),
        plan.offered,
        0,
        name,
        grid=grid,
        per_page=per_page,
        usual_size=THUMBNAIL,
        new_class=False,
    )


def _photo(plan: Planning, row: Any, pixels: int, badge: str) -> GridPhoto:
    """One photo. `row`: of photo_lists.py; `pixels`: of its thumbnail where that is small."""
    dataset, part = plan.dataset, photo_viewer.PARTS.get(row.split, "")
    differs = bool(row.predicted) and row.predicted != row.label
    words = (
        f"{row.label}, more like {row.predicted}" if row.doubted else f"Predicted {row.predicted}, actually {row.label}"
    )
    return GridPhoto(
        id=row.path,
        name=PurePath(row.path).name,
        source=thumbnail_address(dataset, row.path, row.sha256, thumbnails.SIZE),
        label=words if differs else row.label,
        hue=gallery.hue(dataset.labels.index(row.label) if row.label in dataset.labels else 0),
        part=part,
        note="",
        tile=gallery.tile_style(pixels),
        pixels=pixels,
        mark=gallery.mark_of(bool(row.correct)) if row.predicted and not row.doubted else None,
        detail=part if math.isnan(row.probability) else f"{percent(row.probability)} confident",
        badge=badge,
        proposed=row.predicted if differs else "",
    )
