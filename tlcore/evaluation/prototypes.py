"""Prototypes of each class in feature space, and how familiar a photo is: how near it lies to the nearest of them.

A linear head gives every photo a class, however strange it is. Strange photos lie in other directions of feature space
than the known ones, so the cosine similarity to the nearest known direction tells them apart (Sun et al. 2022,
"Out-of-Distribution Detection with Deep Nearest Neighbors"). Some centres of each class (Mensink et al. 2013,
"Distance-Based Image Classification") do as well as all photos, and fit into the model's file.
"""

import numpy as np
import numpy.typing as npt

PHOTOS_A_PROTOTYPE = 8
LEAST, MOST = 8, 32  # prototypes of a class that has photos enough
MOST_PHOTOS = 2000  # of a class, to find its centres; more of them move little
FOLDS = 10  # of the out-of-fold estimate; a class of ten photos or fewer is left out one at a time

Vectors = npt.NDArray[np.float32]


def num_prototypes(photos: int) -> int:
    """How many prototypes a class of so many photos gets: each photo of a small class is one."""
    return min(photos, max(LEAST, min(MOST, photos // PHOTOS_A_PROTOTYPE)))


def fit_prototypes(features: Vectors, classes: npt.NDArray[np.int32], seed: int = 0) -> Vectors:
    """The centres of each class by k-means on unit vectors (spherical k-means, Dhillon & Modha 2001).

    Args:
        features: float32 (n, dimension). classes: int (n,), the class of each row.

    Returns:
        float32 (prototypes, dimension), each of length 1. The same rows and seed give the same.
    """
    from sklearn.cluster import KMeans

    rows, random = unit(features), np.random.default_rng(seed)
    centres = []
    for number in np.unique(classes):
        own = rows[classes == number]
        if len(own) > MOST_PHOTOS:
            own = own[random.choice(len(own), MOST_PHOTOS, replace=False)]
        wanted = num_prototypes(len(own))
        if wanted == len(own):
            centres.append(own)
        else:
            centres.append(KMeans(wanted, n_init=1, random_state=seed).fit(own).cluster_centers_)
    return unit(np.concatenate(centres))


def familiarity(features: Vectors, prototypes: Vectors) -> Vectors:
    """The cosine similarity of each row to the nearest prototype, 0–1: float32 (n,). Below 0 counts as 0."""
    if not len(features):
        return np.empty(0, np.float32)
    return np.asarray(np.clip((unit(features) @ prototypes.T).max(axis=1), 0, 1), np.float32)


def out_of_fold_familiarity(features: Vectors, classes: npt.NDArray[np.int32], seed: int = 0) -> Vectors:
    """How familiar each row is to prototypes that were made without it, float32 (n,).

    Args: see `fit_prototypes`.
    """
    fold = np.empty(len(classes), int)
    random = np.random.default_rng(seed)
    for number in np.unique(classes):
        place = np.flatnonzero(classes == number)
        fold[place] = random.permutation(len(place)) % FOLDS
    result = np.zeros(len(classes), np.float32)
    for number in np.unique(fold):
        held_out = fold == number
        if not held_out.all():
            prototypes = fit_prototypes(features[~held_out], classes[~held_out], seed)
            result[held_out] = familiarity(features[held_out], prototypes)
    return result


def unit(rows: npt.NDArray[np.floating]) -> Vectors:
    """Rows of length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)
