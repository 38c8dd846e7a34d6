"""Prototypes of each class in feature space, and how familiar a photo is: how near it lies to the nearest of them.

A linear head gives every photo a class, however strange it is. Strange photos lie in other directions of feature space
than the known ones, so the cosine similarity to the nearest known direction tells them apart (Sun et al. 2022,
"Out-of-Distribution Detection with Deep Nearest Neighbors"). Some centres of each class (Mensink et al. 2013,
"Distance-Based Image Classification") do as well as all photos, and fit into the model's file.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

LEAST, MOST = 8, 32  # prototypes of a class that has photos enough
MOST_IN_ALL = 1024  # with classes so many that each would have more than LEAST
MOST_PHOTOS = 1000  # of a class, to find its centres; more of them move little

Vectors = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.integer]


def num_prototypes(photos: int, num_classes: int) -> int:
    """How many prototypes a class of so many photos gets: each photo of a small class is one."""
    return min(photos, max(LEAST, min(MOST, MOST_IN_ALL // num_classes)))


def fit_prototypes(features: Vectors, classes: Numbers, seed: int = 0) -> Vectors:
    """The centres of each class by k-means on unit vectors (spherical k-means, Dhillon & Modha 2001).

    Args:
        features: float32 (n, dimension). classes: (n,), the class of each row.

    Returns:
        float32 (prototypes, dimension), each of length 1. The same rows and seed give the same.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    rows, random, present = unit(features), np.random.default_rng(seed), np.unique(classes)
    centres = []
    for number in present:
        own = rows[classes == number]
        if len(own) > MOST_PHOTOS:
            own = own[random.choice(len(own), MOST_PHOTOS, replace=False)]
        wanted = num_prototypes(len(own), len(present))
        if wanted == len(own) or len(np.unique(own, axis=0)) <= wanted:
            centres.append(own[:wanted])
        else:
            with threadpool_limits(1):  # so little is computed that threads wait for one another longer than they work
                centres.append(KMeans(wanted, n_init=1, random_state=seed).fit(own).cluster_centers_)
    return unit(np.concatenate(centres))


def familiarity(features: Vectors, prototypes: Vectors) -> Vectors:
    """The cosine similarity of each row to the nearest prototype, 0–1: float32 (n,). Below 0 counts as 0."""
    if not len(features):
        return np.empty(0, np.float32)
    return np.asarray(np.clip((unit(features) @ prototypes.T).max(axis=1), 0, 1), np.float32)


def are_all_prototypes(classes: Numbers) -> bool:
    """Whether each photo becomes a prototype itself, so that leaving one out costs nothing."""
    _, counts = np.unique(classes, return_counts=True)
    return all(num_prototypes(int(count), len(counts)) == count for count in counts)


def left_out_familiarity(features: Vectors, groups: Numbers, asked: Vectors | None = None) -> Vectors:
    """How familiar each row is to all rows but those of its own group, float32 (n,): leave-one-out.

    Args:
        groups: (n,), equal for rows that belong together, such as photos of one burst.
        asked: the rows of the same photos that are held against them, as another file gives them; None: the same.
    """
    rows = unit(features)
    likeness = np.where(groups[:, np.newaxis] == groups, 0, (rows if asked is None else unit(asked)) @ rows.T)
    return np.asarray(np.clip(likeness.max(axis=1), 0, 1), np.float32)


def out_of_fold_familiarity(
    features: Vectors,
    classes: Numbers,
    folds: Sequence[npt.NDArray[np.int64]],
    seed: int = 0,
    asked: Vectors | None = None,
) -> Vectors:
    """How familiar each row is to prototypes that were made without its fold, float32 (n,).

    Args:
        features, classes: see `fit_prototypes`. folds: the rows of each fold; every row is in one.
        asked: see `left_out_familiarity`.
    """
    rows = features if asked is None else asked
    result = np.zeros(len(classes), np.float32)
    for held_out in folds:
        others = np.setdiff1d(np.arange(len(classes)), held_out)
        prototypes = fit_prototypes(features[others], classes[others], seed)
        result[held_out] = familiarity(rows[held_out], prototypes)
    return result


def unit(rows: npt.NDArray[np.floating]) -> Vectors:
    """Rows of length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)
