"""How familiar photos are to prototypes that were made without them. No TensorFlow, no photo is read."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.evaluation.prototypes import are_all_prototypes, left_out_familiarity, out_of_fold_familiarity
from tlcore.pipeline.folding import Folding, folds_of

Vectors = npt.NDArray[np.float32]


def left_out(folding: Folding, dataset: Dataset, seed: int, features: Vectors, asked: Vectors | None = None) -> Vectors:
    """How familiar each photo is to prototypes that were made without it and what belongs to it, float32 (n,).

    Args:
        features: of the photos that take part, float32 (n, dimension); prototypes are made of these.
        asked: what is held against them, as a file with other weights sees the same photos; None: the same.
    """
    groups = pd.factorize(folding.groups)[0].astype(np.int64)
    if are_all_prototypes(folding.classes):
        return left_out_familiarity(features, groups, asked)
    try:
        folds = [fold.predict for fold in folds_of(folding, dataset, seed)] if folding.num_folds else []
    except UserError:
        folds = []
    if not folds:  # a class is one group: what is left of it is nothing
        return left_out_familiarity(features, groups, asked)
    return out_of_fold_familiarity(features, folding.classes, folds, seed, asked)
