"""Which of a run's own photos are most like a new one: those of the answer and those of the runner-up."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.data.manifest import Dataset
from tlcore.evaluation.embedding import Embedding, Neighbour, nearest

NEIGHBOURS = 3
"""Photos of each class that are shown."""


def nearest_photos(
    embedding: Embedding,
    features: npt.NDArray[np.float32],
    labels: Sequence[str],
    among: frozenset[str],
    number: int = NEIGHBOURS,
) -> list[Neighbour]:
    """The most alike photos of each class, class by class.

    Args:
        features: float32 (D,), of a photo, as `Explanation` has them. labels: of the classes. among: `learned_photos`.
        number: of each class, at most.
    """
    return [each for label in labels for each in nearest(embedding, features, label, number, among)]


def learned_photos(
    embedding: Embedding, dataset: Dataset, info: Mapping[str, Any], without: str = ""
) -> frozenset[str]:
    """The paths of the photos that a model learned from and that are still there as they were.

    Args:
        dataset: the newest version of what the model learned from; what was left out or deleted since is not in it.
        info: the content of `model.json`. without: the path of the photo that is asked about.
    """
    rows = embedding.photos if info.get("refit") else embedding.photos[embedding.photos["split"] == "train"]
    there = set(zip(dataset.photos["path"], dataset.photos["sha256"], strict=True))
    return frozenset(path for path, sha256 in zip(rows["path"], rows["sha256"]) if (path, sha256) in there) - {without}


def mark_same(found: Sequence[Neighbour], photo: bytes) -> list[Neighbour]:
    """The neighbours, of which the photo itself is wholly alike, whatever rounding says."""
    sha256 = hashlib.sha256(photo).hexdigest()
    return [replace(each, similarity=1.0) if each.sha256 == sha256 else each for each in found]
