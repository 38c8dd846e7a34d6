"""A quick model on cached features that predicts every photo without having learned from it or from one like it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]

NUM_FOLDS = 5
STRENGTH = 4.0  # inverse of the regularisation: strong, since some of the labels are wrong
NUM_DIRECTIONS = 128
MOST_STEPS = 100


@dataclass(frozen=True)
class Fold:
    """Rows that a model learns from, and those that it predicts then."""

    learn: Codes
    predict: Codes


def make_folds(labels: Codes, groups: Codes, seed: int = 0) -> list[Fold]:
    """Folds that have about the same share of each class, with every group on one side; [] where that cannot be.

    Args:
        labels: (n,), the class of each row. groups: (n,), equal numbers for rows that belong together.
    """
    num_groups = {label: len(np.unique(groups[labels == label])) for label in np.unique(labels)}
    usable = [label for label, number in num_groups.items() if number >= 2]  # else it is never learned when predicted
    if len(usable) < 2:
        return []
    rows = np.flatnonzero(np.isin(labels, usable))
    fewest = min(num_groups[label] for label in usable)
    splitter = StratifiedGroupKFold(min(NUM_FOLDS, fewest), shuffle=True, random_state=seed)
    parts = splitter.split(rows, labels[rows], groups[rows])
    return [Fold(rows[learn], rows[predict]) for learn, predict in parts if len(np.unique(labels[rows[learn]])) > 1]


def predict_folds(
    features: Floats, labels: Codes, num_classes: int, folds: list[Fold]
) -> Iterator[tuple[Fold, Floats]]:
    """Each fold with the probabilities of its rows, (rows, classes): 0 for a class that it could not learn.

    Args:
        features: (n, dimension), from `summarise`.
    """
    for fold in folds:
        with threadpool_limits(1):  # so little is computed that threads wait for one another longer than they work
            model = LogisticRegression(C=STRENGTH, max_iter=MOST_STEPS)
            model.fit(features[fold.learn], labels[fold.learn])
            found = np.zeros((len(fold.predict), num_classes), np.float32)
            found[:, model.classes_] = model.predict_proba(features[fold.predict])
        yield fold, found


def summarise(features: Floats) -> Floats:
    """Standardised features, by the directions in which these photos differ most: (n, `NUM_DIRECTIONS`) at most.

    Together they have a variance of 1, however many features there are. A model of them is as good as one of all, and
    trains ten times as fast. No label is looked at.
    """
    with threadpool_limits(1):
        scaled = StandardScaler().fit_transform(features) / np.float32(np.sqrt(features.shape[1]))
        most = min(NUM_DIRECTIONS, *scaled.shape)
        summary: Floats = PCA(most, svd_solver="randomized", random_state=0).fit_transform(scaled).astype(np.float32)
    return summary
