"""Which scaling a network expects, where its file doesn't tell: that by which a person's photos are told apart best.

With a wrong scaling a network still gives features, only worse ones. So each of the usual ones is tried: what the
network makes of some photos of each class by it, and how many of the others the nearest class mean gets right
(advice/few_shot.py). No training, no TensorFlow.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.advice.few_shot import few_shot_accuracy
from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import load_input
from tlcore.data.manifest import Dataset
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.models.imported.candidate import Known
from tlcore.models.scalings import SCALING_VALUES

MOST_PHOTOS = 60
CLEARLY = 0.01
"""By how much a scaling must be better than the usual one of such files to be proposed in its place: a share, 0–1."""

_PIXELS = 8  # of the pictures for comparison, which nobody looks at here


def trial_photos(dataset: Dataset, image_size: int, target: Path) -> npt.NDArray[np.int64]:
    """Write some photos of each class as a network sees them, uint8 (n, S, S, 3), and give their class numbers (n,).

    Photos of the test part stay out of it.
    """
    rows = dataset.photos[dataset.photos["split"] != "test"].drop_duplicates("sha256")
    rows = rows.sort_values("sha256").sample(frac=1, random_state=0)
    rank = rows.groupby("label").cumcount()
    rows = rows.iloc[np.argsort(rank, kind="stable")].head(MOST_PHOTOS)
    images = [load_input(dataset.read(path), image_size, RESIZE_POLICY, ACCEPTED) for path in rows["path"]]
    np.save(target, np.stack(images))
    return pd.Categorical(rows["label"]).codes.astype(np.int64)


def best_scaling(features: npt.NDArray[np.float32], classes: npt.NDArray[np.int64], usual: str) -> Known:
    """The scaling to propose.

    Args:
        features: float32 (scalings, n, D), in the order of SCALING_VALUES. classes: int (n,).
        usual: what most networks of this kind expect; it stays unless another is clearly better.
    """
    accuracy = {scaling: _accuracy(rows, classes) for scaling, rows in zip(SCALING_VALUES, features, strict=True)}
    best = max(accuracy, key=lambda scaling: accuracy[scaling])
    if accuracy[best] <= accuracy[usual] + CLEARLY:
        return Known(usual, "photos" if accuracy[usual] else "usual")
    return Known(best, "photos")


def _accuracy(rows: npt.NDArray[np.float32], classes: npt.NDArray[np.int64]) -> float:
    """The share right on average over all numbers of example photos; 0 where nothing can be told."""
    if not np.isfinite(rows).all():
        return 0.0
    found = few_shot_accuracy(rows, np.zeros((len(rows), _PIXELS, _PIXELS, 3), np.uint8), classes)
    return float(np.mean([each.features for each in found])) if found else 0.0
