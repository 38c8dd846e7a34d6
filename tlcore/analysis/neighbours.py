"""Which photos are near each other in a network's feature space, and what that says of their classes. NumPy alone."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]

NEAREST = 10
MOST_ASKED = 2000  # photos whose neighbours are looked for: of more, a sample says as much
BLOCK = 256
LEAST_OVERLAP = 0.02  # of a class's neighbours that are of the other one, from which two classes are said to overlap


@dataclass(frozen=True)
class Neighbourhood:
    """How far classes keep apart. `purity`: the share, 0–1, of the nearest photos that are of the same class; `chance`:
    what it would be if classes were dealt at random; `overlap`: the two classes that are among each other most, "" and
    "" where none are; `shared`: the share of their nearest photos that are of the other one."""

    purity: float
    chance: float
    overlap: tuple[str, str]
    shared: float


def unit(vectors: Vectors) -> Vectors:
    """Each of length 1, float32."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: Vectors = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return found


def nearest(vectors: Vectors, asked: Codes, among: Codes, number: int = NEAREST) -> Codes:
    """The most similar photos of each one that is asked about, the most similar first: rows (asked, number).

    Args:
        vectors: (n, d), of length 1. asked, among: rows. A photo is not its own neighbour.
    """
    number = min(number, len(among) - 1)
    found = np.empty((len(asked), number), np.int64)
    pool = vectors[among]
    for start in range(0, len(asked), BLOCK):
        rows = asked[start : start + BLOCK]
        similar = vectors[rows] @ pool.T
        similar[rows[:, None] == among[None]] = -np.inf
        best = np.argpartition(-similar, number - 1, axis=1)[:, :number]
        order = np.argsort(-np.take_along_axis(similar, best, axis=1), axis=1, kind="stable")
        found[start : start + BLOCK] = among[np.take_along_axis(best, order, axis=1)]
    return found


def measure_neighbourhood(vectors: Vectors, classes: Codes, labels: tuple[str, ...], seed: int = 0) -> Neighbourhood:
    """How far the classes of photos keep apart in the network's own space, not on a map of it.

    Args:
        vectors: (n, d), of length 1, each photo once. classes: (n,), places in `labels`.
    """
    number, shares = len(vectors), np.bincount(classes, minlength=len(labels)) / max(1, len(classes))
    chance = float((shares**2).sum())
    if number < 3:
        return Neighbourhood(1.0, chance, ("", ""), 0.0)
    asked = np.arange(number)
    if number > MOST_ASKED:
        asked = np.sort(np.random.default_rng(seed).choice(number, MOST_ASKED, replace=False))
    near = classes[nearest(vectors, asked, np.arange(number))]
    mixed = np.zeros((len(labels), len(labels)))
    for place in range(len(labels)):
        own = near[classes[asked] == place]
        if len(own):
            mixed[place] = np.bincount(own.ravel(), minlength=len(labels)) / own.size
    purity = float((near == classes[asked][:, None]).mean())
    return Neighbourhood(purity, chance, *_most_mixed(mixed, labels))


def _most_mixed(mixed: npt.NDArray[np.float64], labels: tuple[str, ...]) -> tuple[tuple[str, str], float]:
    """The pair of classes that are among each other most, and the share of neighbours that are the other's."""
    both = np.triu((mixed + mixed.T) / 2, 1)
    first, second = np.unravel_index(int(both.argmax()), both.shape)
    shared = float(both[first, second])
    return ((labels[first], labels[second]), shared) if shared >= LEAST_OVERLAP else (("", ""), shared)
