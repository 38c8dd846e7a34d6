"""How similar photos are to those of ImageNet, 0–1, measured by the network that has learned from those.

A network that knows what it sees is sure of it (Hendrycks & Gimpel 2017: the highest probability tells known pictures
from unknown ones). Alone, that measure takes cats and dogs for half unknown: ImageNet has 118 breeds of dogs, and being
torn between two of them is not being at a loss. So probabilities of classes that are alike are counted together (as
Leinster & Cobbold 2012 do for the diversity of species); how alike two classes are is read off the network's weights.
docs/notes/recommendation-calibration.md has the calibration, and where the measure is wrong.
"""

import numpy as np
import numpy.typing as npt

from tlcore.models.imagenet_head import ImageNetHead

ALIKE = 0.2
"""Cosine between the weights of two classes from which on they count as the same; below, in proportion. Of all pairs
of ImageNet's classes two in a thousand reach it: breeds of dogs, kinds of cars, the cats."""

NOTHING_KNOWN, WELL_KNOWN = 0.24, 0.86
"""The ends of the scale: how sure the network is of all but a quarter of the handwritten digits at most, and of all but
a quarter of the photos of ImageNet at least."""

FEW, LARGEST_SPREAD = 10, 0.5
"""Scores of fewer photos are taken to spread as much as values between 0 and 1 can."""

FloatArray = npt.NDArray[np.floating]


def photo_scores(features: npt.NDArray[np.float32], head: ImageNetHead) -> FloatArray:
    """How well the network knows what is on each photo: float (n,), 0 as for a digit to 1 as for a photo of ImageNet.

    Args:
        features: pooled features float32 (n, features) at 224 px.
    """
    sure = (head.probabilities(features) @ _likeness(head)).max(axis=1)
    scores: FloatArray = np.clip((sure - NOTHING_KNOWN) / (WELL_KNOWN - NOTHING_KNOWN), 0, 1)
    return scores


def similarity(scores: FloatArray) -> float:
    """The similarity of a set of photos, 0–1: the root of the mean of their `photo_scores`.

    The root makes a sample of 200 photos about equally exact on the whole scale; the mean itself spreads three times as
    much in the middle as at its ends (the root stabilises the variance of shares; Bartlett 1936).
    """
    return float(np.sqrt(np.mean(scores)))


def similarity_interval(scores: FloatArray) -> tuple[float, float]:
    """Where the similarity of all photos of such a collection plausibly lies (95%), by the spread of these few."""
    count = len(scores)
    spread = float(np.std(scores, ddof=1)) if count >= FEW else LARGEST_SPREAD  # a few photos do not tell the spread
    error = 1.96 * spread / np.sqrt(max(1, count))
    low, high = (np.sqrt(np.clip(np.mean(scores) + change, 0, 1)) for change in (-error, error))
    return float(low), float(high)


def _likeness(head: ImageNetHead) -> FloatArray:
    """How alike two classes are to the network: float32 (classes, classes), 0–1, 1 on the diagonal."""
    weights = head.weights - head.weights.mean(axis=0)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    likeness: FloatArray = np.clip(weights @ weights.T / ALIKE, 0, 1)
    return likeness
