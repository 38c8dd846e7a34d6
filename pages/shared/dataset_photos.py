"""Photos of a data set as the grid draws them: on the Data page, and of a group on its teacher's page."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import pandas as pd

from pages.shared import gallery
from pages.shared.photo_grid import GridPhoto
from pages.shared.thumbnail_address import thumbnail_address
from tlcore.data import thumbnails
from tlcore.data.manifest import Dataset

Words = Callable[[Any], str]


def nothing(row: Any) -> str:
    """No words."""
    del row
    return ""


def grid_photos(dataset: Dataset, rows: pd.DataFrame, part: Words = nothing, note: Words = nothing) -> list[GridPhoto]:
    """The photos in these rows of a data set's manifest.

    Args:
        part, note: what stands below a photo besides its class, made of its row.
    """
    hues = {label: gallery.hue(place) for place, label in enumerate(dataset.labels)}
    return [
        GridPhoto(
            id=row.path,
            name=PurePath(row.path).name,
            source=thumbnail_address(dataset, row.path, row.sha256, thumbnails.SIZE),
            label=row.label,
            hue=hues.get(row.label, gallery.hue(0)),
            part=part(row),
            note=note(row),
            tile=gallery.tile_style(pixels := gallery.own_pixels(row.width, row.height)),
            pixels=pixels,
        )
        for row in rows.itertuples()
    ]
