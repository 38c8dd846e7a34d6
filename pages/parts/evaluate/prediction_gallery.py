"""Test photos in a gallery, each with its label, what was predicted, and how sure the network was."""

from pathlib import PurePath

import pandas as pd

from pages.shared.decoding import dataset_thumbnail
from pages.shared.gallery import GalleryPhoto, own_pixels
from tlcore.data.manifest import Dataset


def from_predictions(dataset: Dataset, rows: pd.DataFrame, size: int = 240) -> list[GalleryPhoto]:
    """Rows of a report's predictions as photos with truth and prediction."""
    sizes = dataset.photos.set_index("path")[["width", "height"]]
    return [
        GalleryPhoto(
            source=dataset_thumbnail(dataset, row.path, row.sha256, size),
            caption=str(row.label) if row.correct else f"{row.label}, taken for {row.predicted}",
            detail=f"{row.probability:.0%} sure",
            alt=f"Test photo of the class {row.label}; the network says {row.predicted}",
            more=f"{' × '.join(map(str, sizes.loc[row.path]))} pixels · {PurePath(row.path).name}",
            mark=bool(row.correct),
            pixels=own_pixels(*sizes.loc[row.path]),
        )
        for row in rows.itertuples()
    ]
