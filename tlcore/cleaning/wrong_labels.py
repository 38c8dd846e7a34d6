"""Labels that may be wrong: photos that a model which never learned from them puts in another class, and is sure.

Confident learning (Northcutt et al. 2021): a label is suspect where another class is as probable as it is on average
for the photos of that class. What is found first would still teach the model the wrong thing about photos like it, so
the model is trained once more without it, and all photos are judged by that second one.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.cleaning.quick_model import Codes, Floats, Fold, make_folds, predict_folds, summarise

PASSES = 2  # each trains a model a fold
MOST_SPARED = 0.25  # of a class, that the second pass does not learn from
LEAST_PROBABILITY = 0.7  # of the proposed class, from which it is suspect even if that class is usually surer


@dataclass(frozen=True)
class Doubts:
    """What the model says of each photo. `doubt`: (n,), 1 minus the probability of its label, 0 where nobody knows.

    `suspects`: rows, the most doubtful first; `proposed`: the class of each, `probability`: of that class; `margin`: by
    how much that exceeds the probability of the label, 0–1.
    """

    doubt: npt.NDArray[np.float64]
    suspects: Codes
    proposed: Codes
    probability: npt.NDArray[np.float64]
    margin: npt.NDArray[np.float64]


def find_wrong_labels(
    features: Floats, labels: Codes, groups: Codes, num_classes: int, seed: int = 0
) -> Generator[int, None, Doubts]:
    """Find the labels that are in doubt. Yields after each model that was trained.

    Args:
        features: (n, dimension). labels: (n,), 0 to num_classes - 1. groups: (n,), equal for photos that are alike.
    """
    summary, folds = summarise(features), make_folds(labels, groups, seed)
    believed = np.ones(len(labels), bool)
    probabilities = np.zeros((len(labels), num_classes), np.float32)
    suspects: Codes = np.zeros(0, np.int64)
    for _ in range(PASSES):
        cleaned = [_without(fold, ~believed, labels) for fold in folds]
        for fold, found in predict_folds(summary, labels, num_classes, cleaned):
            probabilities[fold.predict] = found
            yield 1
        suspects = _suspects(probabilities, labels)
        believed[_most_doubtful(suspects, labels)] = False
    return _doubts(probabilities, labels, suspects)


def _most_doubtful(suspects: Codes, labels: Codes) -> Codes:
    """The first of the suspects, of each class no more than can be spared: else the model may lose a whole class."""
    place = pd.Series(labels[suspects]).groupby(labels[suspects]).cumcount().to_numpy()
    sizes = np.bincount(labels)
    spared: Codes = suspects[place < MOST_SPARED * sizes[labels[suspects]]]
    return spared


def _without(fold: Fold, doubted: npt.NDArray[np.bool_], labels: Codes) -> Fold:
    """The fold without the rows whose labels are doubted, unless a class would be lost."""
    learn = fold.learn[~doubted[fold.learn]]
    kept = np.isin(labels[fold.learn], np.unique(labels[learn]))
    return Fold(np.union1d(learn, fold.learn[~kept]), fold.predict)


def _suspects(probabilities: Floats, labels: Codes) -> Codes:
    """Rows with a class more probable than their own, and as probable as for its own photos; the surest first."""
    rows = np.arange(len(labels))
    own = probabilities[rows, labels]
    known = probabilities.sum(axis=1) > 0
    usual = np.ones(probabilities.shape[1])
    for label in np.unique(labels[known]):
        usual[label] = own[known & (labels == label)].mean()
    others = probabilities.copy()
    others[rows, labels] = -1
    best = others.argmax(axis=1)
    likely = others[rows, best]
    found = rows[known & (likely > own) & (likely >= np.minimum(usual[best], LEAST_PROBABILITY))]
    surest_first: Codes = found[np.argsort(own[found] - likely[found], kind="stable")]
    return surest_first


def _doubts(probabilities: Floats, labels: Codes, suspects: Codes) -> Doubts:
    rows = np.arange(len(labels))
    own = probabilities[rows, labels].astype(np.float64)
    doubt = np.where(probabilities.sum(axis=1) > 0, 1 - own, 0.0)
    others = probabilities.astype(np.float64)
    others[rows, labels] = -1
    proposed = others.argmax(axis=1)[suspects]
    probability = others.max(axis=1)[suspects]
    return Doubts(doubt, suspects, proposed, probability, probability - own[suspects])
