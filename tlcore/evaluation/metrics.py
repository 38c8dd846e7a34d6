"""Counting how good a classifier is, with the uncertainty of the count. scikit-learn and SciPy do the arithmetic."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share, 0–1, after Wilson (1927): where the true accuracy plausibly lies.

    Unlike the textbook's normal interval it stays inside 0–1 and is right for few photos too.
    """
    from scipy.stats import binomtest  # half a second to import, needed only where figures are made

    if not total:
        return 0.0, 1.0
    interval = binomtest(correct, total).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


def confusion_table(truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> pd.DataFrame:
    """Counts: a row for each true class, a column for each predicted one, both in the order of `labels`."""
    from sklearn.metrics import confusion_matrix

    counts = confusion_matrix(truth, predicted, labels=list(labels))
    return pd.DataFrame(counts, index=list(labels), columns=list(labels))


def class_table(truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> pd.DataFrame:
    """A row a class: label, support (photos of it), correct, precision, recall and F1 (0–1, 0 where undefined)."""
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
