"""Counting how good a classifier is, by class. scikit-learn does the arithmetic; intervals.py has the uncertainty."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tlcore.errors import require_package

SCIKIT_LEARN = ("sklearn", "scikit-learn", "Counting how good a model is", "train")


def confusion_table(truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> pd.DataFrame:
    """Counts: a row for each true class, a column for each predicted one, both in the order of `labels`."""
    require_package(*SCIKIT_LEARN)
    from sklearn.metrics import confusion_matrix

    counts = confusion_matrix(truth, predicted, labels=list(labels))
    return pd.DataFrame(counts, index=list(labels), columns=list(labels))


def class_table(truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> pd.DataFrame:
    """A row a class: label, support (photos of it), correct, precision, recall and F1 (0–1, 0 where undefined)."""
    require_package(*SCIKIT_LEARN)
    from sklearn.metrics import precision_recall_fscore_support

    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=list(labels), zero_division=0.0
    )
    hits = np.asarray(truth, dtype=object) == np.asarray(predicted, dtype=object)
    correct = pd.Series(np.asarray(truth, dtype=object)[hits]).value_counts()
    return pd.DataFrame(
        {
            "label": list(labels),
            "support": support.astype(int),
            "correct": [int(correct.get(label, 0)) for label in labels],
            "precision": precision,
            "recall": recall,
            "f1": f1,
        }
    )


def most_confused(confusion: pd.DataFrame, limit: int = 15) -> pd.DataFrame:
    """The pairs of classes mixed up most often, worst first: `truth, predicted, photos`."""
    labels = [str(label) for label in confusion.index]
    counts = confusion.to_numpy()
    pairs = [
        (truth, predicted, int(counts[row, column]))
        for row, truth in enumerate(labels)
        for column, predicted in enumerate(labels)
        if row != column and counts[row, column]
    ]
    pairs.sort(key=lambda pair: -pair[2])
    return pd.DataFrame(pairs[:limit], columns=["truth", "predicted", "photos"])
