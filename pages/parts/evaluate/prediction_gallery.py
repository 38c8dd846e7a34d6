"""Test photos in a gallery, each with its class, what was predicted, and the probability of that."""

from pathlib import PurePath

import pandas as pd

from pages.shared.decoding import dataset_thumbnail
from pages.shared.gallery import GalleryPhoto, own_pixels
from tlcore.data.manifest import Dataset
from tlcore.messages.quantities import percent


def from_predictions(dataset: Dataset, rows: pd.DataFrame, size: int = 240) -> list[GalleryPhoto]:
    """Rows of a report's predictions as photos with their class and the prediction."""
    sizes = dataset.photos.set_index("path")[["width", "height"]]
    return [
        GalleryPhoto(
            source=dataset_thumbnail(dataset, row.path, row.sha256, size),
            caption=str(row.label) if row.correct else f"Predicted {row.predicted}, actually {row.label}",
            detail=f"{percent(row.probability)} confident",
            alt=f"Test photo, predicted {row.predicted}, actually {row.label}",
            more=f"{' × '.join(map(str, sizes.loc[row.path]))} pixels · {PurePath(row.path).name}",
            mark=bool(row.correct),
            pixels=own_pixels(*sizes.loc[row.path]),
        )
        for row in rows.itertuples()
    ]
