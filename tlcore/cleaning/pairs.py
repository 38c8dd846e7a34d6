"""Which photo of two that are alike should go, and why: the issues that pairs of photos make."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore.cleaning.alike import SAME_BITS, Alike
from tlcore.cleaning.issues import BURST, COPY, TWO_CLASSES
from tlcore.cleaning.reasons import SAME_FILE, SAME_LOOK


def pair_issues(alike: Alike, photos: pd.DataFrame, doubt: npt.NDArray[np.float64]) -> pd.DataFrame:
    """The issues of pairs: kind, path, other, proposed, score, value.

    Within a class every photo but the best of its neighbourhood is one, beside the better photo that is most like it:
    so leaving out all that are listed leaves the best of each. In two classes a photo is listed once, the more doubtful
    of each pair.

    Args:
        photos: path, sha256, label, width, height, sharpness, in the order of `alike`. doubt: of their labels.
    """
    labels, pairs = photos["label"].to_numpy(object), alike.pairs
    crossing = labels[pairs["first"]] != labels[pairs["second"]]
    found = [_in_two_classes(pairs[crossing], photos, doubt), _in_one_class(pairs[~crossing], photos)]
    return pd.concat(found, ignore_index=True)


def _in_one_class(pairs: pd.DataFrame, photos: pd.DataFrame) -> pd.DataFrame:
    """Copies and bursts: each photo beside the better one that is most like it."""
    rank = _rank(photos)
    ends = pairs[["first", "second"]].to_numpy(np.int64)
    swap = rank[ends[:, 0]] < rank[ends[:, 1]]  # the better one has the smaller rank and stays
    worse, better = np.where(swap, ends[:, 1], ends[:, 0]), np.where(swap, ends[:, 0], ends[:, 1])
    table = pairs.assign(worse=worse, better=better).sort_values(["similarity", "better"], ascending=[False, True])
    table = table.drop_duplicates("worse")
    kind = np.where(table["seconds"].notna(), BURST, COPY)
    value = np.where(table["seconds"].notna(), table["seconds"], _sameness(table, photos))
    return _issues(kind, table["worse"], table["better"], np.full(len(table), ""), table["similarity"], value, photos)


def _in_two_classes(pairs: pd.DataFrame, photos: pd.DataFrame, doubt: npt.NDArray[np.float64]) -> pd.DataFrame:
    """Photos of which another class has the same one, with the other class proposed."""
    ends = pairs[["first", "second"]].to_numpy(np.int64)
    swap = doubt[ends[:, 0]] < doubt[ends[:, 1]]
    doubted, other = np.where(swap, ends[:, 1], ends[:, 0]), np.where(swap, ends[:, 0], ends[:, 1])
    table = pairs.assign(doubted=doubted, other=other).sort_values("similarity", ascending=False)
    table = table.drop_duplicates("doubted")
    proposed = photos["label"].to_numpy(object)[table["other"]]
    kind, value = np.full(len(table), TWO_CLASSES), _sameness(table, photos)
    return _issues(kind, table["doubted"], table["other"], proposed, table["similarity"], value, photos)


def _rank(photos: pd.DataFrame) -> npt.NDArray[np.int64]:
    """The place of each photo among all, the best one first: most pixels, then sharpest, then by name."""
    order = pd.DataFrame(
        {
            "pixels": -(photos["width"] * photos["height"]).to_numpy(),
            "sharpness": -photos["sharpness"].round(2).to_numpy(),
            "path": photos["path"].to_numpy(),
        }
    ).sort_values(["pixels", "sharpness", "path"])
    rank = np.empty(len(photos), np.int64)
    rank[order.index.to_numpy()] = np.arange(len(photos))
    return rank


def _sameness(pairs: pd.DataFrame, photos: pd.DataFrame) -> npt.NDArray[np.float64]:
    """`SAME_FILE`, `SAME_LOOK` or less, as reasons.py wants it."""
    hashes = photos["sha256"].to_numpy(object)
    same_file = hashes[pairs["first"]] == hashes[pairs["second"]]
    same_look = np.where(pairs["bits"] <= SAME_BITS, SAME_LOOK, 0.0)
    return np.where(same_file, SAME_FILE, same_look)


def _issues(
    kind: npt.NDArray[np.object_],
    rows: pd.Series,
    others: pd.Series,
    proposed: npt.NDArray[np.object_],
    score: pd.Series,
    value: npt.NDArray[np.float64],
    photos: pd.DataFrame,
) -> pd.DataFrame:
    paths = photos["path"].to_numpy(object)
    return pd.DataFrame(
        {
            "kind": kind.astype(object),
            "path": paths[rows],
            "other": paths[others],
            "proposed": proposed.astype(object),
            "score": score.clip(0, 1).to_numpy(float),
            "value": value.astype(float),
        }
    )
