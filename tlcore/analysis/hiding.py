"""Hiding the middle or the border of a photo, filled with the colours of what is left of it.

A grey box would be something that no network has ever seen, and its answer to that says little. So the hidden part is
filled smoothly from its surroundings, as if the background went on there: normalised convolution (Knutsson and Westin
1993) from fine to coarse, on a small copy, since nothing of the fill is sharp. Its edge is soft.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
Weights = npt.NDArray[np.float32]

MIDDLE = 0.75
"""Of the side, that is hidden in the middle, and that is left when the border is hidden."""
SOFT = 0.06  # of the side, over which the edge fades
SMALL = 32  # pixels a side of the copy that the fill is made on
REACHES = (8.0, 4.0, 2.0, 1.0)  # pixels of the copy, from coarse to fine
SURE = 0.15  # of the weight around a pixel that is known, from which the finer fill counts


def hide_middle(image: Pixels) -> Pixels:
    """The photo without its middle, uint8 (S, S, 3)."""
    return _fill(image, middle_weights(image.shape[0]))


def hide_border(image: Pixels) -> Pixels:
    """The photo with nothing but its middle, uint8 (S, S, 3)."""
    return _fill(image, 1 - middle_weights(image.shape[0]))


@lru_cache(maxsize=8)
def middle_weights(side: int) -> Weights:
    """How much of each pixel belongs to the middle, float32 (S, S), 0–1: a square with round corners."""
    along = np.abs((np.arange(side) + 0.5) / side - 0.5) / (MIDDLE / 2)
    distance = (along[:, None] ** 8 + along[None] ** 8) ** (1 / 8)
    weights: Weights = np.clip((1 - distance) * (MIDDLE / 2) / SOFT + 0.5, 0, 1).astype(np.float32)
    weights.setflags(write=False)
    return weights


def _fill(image: Pixels, hidden: Weights) -> Pixels:
    side = image.shape[0]
    known = _resized(1 - hidden, SMALL)
    colours = np.stack([_resized((1 - hidden) * image[..., channel], SMALL) for channel in range(3)], axis=-1)
    fill = np.full((SMALL, SMALL, 3), colours.sum(axis=(0, 1)) / max(float(known.sum()), 1e-6), np.float32)
    for reach in REACHES:
        weight = _blurred(known[..., None], reach)
        nearer = _blurred(colours, reach) / np.maximum(weight, 1e-6)
        trust = np.clip(weight / SURE, 0, 1)
        fill = trust * nearer + (1 - trust) * fill
    large = np.stack([_resized(fill[..., channel], side) for channel in range(3)], axis=-1)
    mixed = hidden[..., None] * large + (1 - hidden[..., None]) * image
    filled: Pixels = np.clip(np.round(mixed), 0, 255).astype(np.uint8)
    return filled


def _resized(values: Weights, side: int) -> Weights:
    """Another number of pixels, float32 (side, side): averaged where smaller, smooth where larger."""
    way = Image.Resampling.BOX if side < values.shape[0] else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(values.astype(np.float32)).resize((side, side), way), np.float32)


def _blurred(values: Weights, reach: float) -> Weights:
    """Each channel of (SMALL, SMALL, n) blurred by a Gaussian; what is beyond the photo counts as unknown."""
    kernel = _kernel(reach)
    found: Weights = np.einsum("ij,jkc,lk->ilc", kernel, values, kernel, optimize=True)
    return found


@lru_cache(maxsize=8)
def _kernel(reach: float) -> Weights:
    """The Gaussian as a matrix (SMALL, SMALL), its rows as they add up on an endless photo."""
    places = np.arange(SMALL)
    weights = np.exp(-0.5 * ((places[:, None] - places[None]) / reach) ** 2) / (reach * np.sqrt(2 * np.pi))
    return np.asarray(weights, np.float32)
