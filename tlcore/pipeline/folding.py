"""Which photos of a data set take part in its cross-validation, and their folds. No TensorFlow, no photo is read."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tlcore.config import TrainConfig
from tlcore.data.manifest import Dataset
from tlcore.data.split import group_keys
from tlcore.evaluation.folds import MOST_FOLDS, USUAL_FOLDS, Fold, make_folds, num_folds
from tlcore.features.extract import Photo


@dataclass(frozen=True, eq=False)
class Folding:
    """The photos that take part.

    `rows`: of the manifest; `groups`: what each belongs to; `classes`: numbers, int32; `most_folds`: there may be.
    """

    rows: pd.DataFrame
    groups: pd.Series
    classes: np.ndarray
    most_folds: int = MOST_FOLDS

    @property
    def photos(self) -> list[Photo]:
        return [Photo(*row) for row in self.rows[["sha256", "path"]].itertuples(index=False)]

    @property
    def num_folds(self) -> int:
        """How many folds; 0 where none are possible."""
        return num_folds(self.rows["label"], self.groups, self.most_folds)


def fold_photos(dataset: Dataset, config: TrainConfig | None = None) -> Folding:
    """All photos, but those of a test part that came with them: whoever gave it wants it kept apart.

    Args:
        config: where its network trains, which takes minutes a fold, there are not as many folds.
    """
    rows = dataset.photos
    rows = rows[rows["split"] != "test"] if dataset.given_test else rows
    rows = rows.reset_index(drop=True)
    classes = pd.Categorical(rows["label"], categories=list(dataset.labels)).codes.astype(np.int32)
    return Folding(
        rows, group_keys(rows), classes, USUAL_FOLDS if config is not None and config.fine_tunes else MOST_FOLDS
    )


def folds_of(folding: Folding, dataset: Dataset, seed: int) -> list[Fold]:
    """The folds, each with as large a share of its learning photos for validation as the data set has.

    Raises:
        UserError: some class could not be learned in every fold.
    """
    parts = dataset.photos["split"].value_counts()
    train, validation = int(parts.get("train", 0)), int(parts.get("validation", 0))
    groups = pd.factorize(folding.groups)[0].astype(np.int64)
    share = validation / max(1, train + validation)
    return make_folds(folding.classes.astype(np.int64), groups, folding.num_folds, share, seed)
