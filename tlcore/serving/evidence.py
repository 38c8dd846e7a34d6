"""What in a photo speaks for which class: a number for each class and each place of a coarse map.

**What is shown.** A model chooses by comparing classes; a softmax passes over what all logits have in common. So the
evidence for a class is its logit less the mean over all classes: positive where the class is favoured. It is spread
over the photo such that the mean over all places *is* that number, and zero means "no more than for the others".

- *Class activation map* (Zhou et al., 2016), for one dense layer on pooled features: pooling and layer change places,
  so each place gets the logit that it would give if all of the photo were like it. Exact, also for several networks
  side by side: what the places of each add is summed.
- *Grad-CAM* (Selvaraju et al., 2017), for pooled features with a hidden layer: the same with the gradient in the place
  of the weights. Between ReLUs that is exact too, to a constant, which is spread evenly.
- *HiResCAM* (Draelos and Carin, 2020), for a flattened map: every place has a gradient of its own.
- *Occlusion* (Zeiler and Fergus, 2014), for any other network: how much the evidence falls when a part of the photo is
  covered with the photo's mean colour. Many predictions instead of one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from tlcore.serving.dense_head import DenseHead, length

GRID = 7  # places a side that are covered in turn, as many as a feature map at 224 pixels has
COVER = 0.3  # of the photo's side: what is covered at once; larger than a place, lest an object shows at the edges
BATCH = 7  # covered photos that go through the network at once
PALER = 2  # times as strong evidence for another class makes a map pale
LEAST_EVIDENCE = 0.25  # logits: where all evidence is weaker, the map is pale rather than blown up
_LEAST_PROBABILITY = 1e-7

Array = npt.NDArray[np.float32]


class Method(StrEnum):
    """How evidence was found."""

    CAM = "class activation map"
    GRAD_CAM = "Grad-CAM"
    HIRES_CAM = "HiResCAM"
    OCCLUSION = "occlusion"
    SEVERAL = "several methods"  # one for each model of an ensemble


@dataclass(frozen=True, eq=False)
class Evidence:
    """What speaks for each class, and where.

    Attributes:
        values: float32 (classes, rows, columns): logits less their mean over the classes.
        method: how they were found.
    """

    values: Array
    method: Method

    def heat_map(self, number: int) -> Array:
        """What speaks for the class of that number: float32 (rows, columns), 0–1.

        Its strongest place is 1, unless another class has more than twice as strong a one, or all evidence is weak:
        then it is less, in proportion. What speaks against the class is 0.
        """
        own, strongest = float(self.values[number].max()), float(self.values.max())
        scaled: Array = (self.values[number] / max(own, strongest / PALER, LEAST_EVIDENCE)).clip(0, 1)
        return scaled


def head_evidence(head: DenseHead, maps: Sequence[Array]) -> Evidence:
    """The evidence by a head's weights or gradients.

    Args:
        maps: float32 (rows, columns, D), of one photo, in the order of `head.maps`.
    """
    return _of_one(head, maps[0]) if len(maps) == 1 else _of_several(head, maps)


def _of_several(head: DenseHead, maps: Sequence[Array]) -> Evidence:
    """The sum of what the places of all maps add, on the finest of their grids. The length by which a network's
    features are divided is the same at all places, so this is as exact as with one network."""
    inputs = np.concatenate(head.pooled_features(maps))
    gradients = head.gradients(inputs)
    grid = max((feature_map.shape[:2] for feature_map in maps), key=lambda shape: shape[0] * shape[1])
    by_place: Array = np.zeros((len(gradients), *grid), np.float32)
    start = 0
    for feature_map in maps:
        mean = feature_map.mean(axis=(0, 1))
        weights: Array = (gradients[:, start : start + len(mean)] / length(mean)).astype(np.float32)
        start += len(mean)
        by_place = by_place + _on_grid(np.einsum("cd,rkd->crk", weights, feature_map), grid)
    rest = head.logits(inputs) - by_place.mean(axis=(1, 2))
    values = _relative(by_place + rest[:, np.newaxis, np.newaxis])
    return Evidence(values.astype(np.float32), Method.CAM if head.is_linear else Method.GRAD_CAM)


def mean_evidence(found: Sequence[Evidence], weights: Sequence[float]) -> Evidence:
    """The evidence of several models, each of which counts so much, on the finest of their grids."""
    grid = max((each.values.shape[1:] for each in found), key=lambda shape: shape[0] * shape[1])
    values = sum(weight * _on_grid(each.values, grid) for each, weight in zip(found, weights, strict=True))
    methods = {each.method for each in found}
    return Evidence(np.asarray(values, np.float32), methods.pop() if len(methods) == 1 else Method.SEVERAL)


def _on_grid(values: Array, grid: tuple[int, ...]) -> Array:
    """Values (classes, rows, columns) on a finer grid, between the places in straight lines; their mean stays."""
    if values.shape[1:] == grid:
        return values
    across, along = (_between(old, new) for old, new in zip(values.shape[1:], grid, strict=True))
    finer = np.asarray(across @ values @ along.T, np.float32)
    shift: Array = values.mean(axis=(1, 2)) - finer.mean(axis=(1, 2))
    return finer + shift[:, np.newaxis, np.newaxis]


def _between(old: int, new: int) -> Array:
    """The weights (new, old) with which places along a side are mixed."""
    places = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    weights: Array = np.maximum(0, 1 - np.abs(places[:, np.newaxis] - np.arange(old))).astype(np.float32)
    return weights


def _of_one(head: DenseHead, feature_map: Array) -> Evidence:
    rows, columns, dimension = feature_map.shape
    places = feature_map.reshape(-1, dimension)
    inputs = places.mean(axis=0) if head.pooled else places.ravel()
    gradients = head.gradients(inputs)
    if head.pooled:
        by_place = gradients @ places.T
        method = Method.CAM if head.is_linear else Method.GRAD_CAM
    else:
        by_place = np.einsum("cpd,pd->cp", gradients.reshape(len(gradients), *places.shape), places) * len(places)
        method = Method.HIRES_CAM
    rest = head.logits(inputs) - by_place.mean(axis=1)  # the biases, also those of hidden units
    values = _relative(by_place + rest[:, np.newaxis])
    return Evidence(values.reshape(-1, rows, columns).astype(np.float32), method)


def occlusion_evidence(predict: Callable[[npt.NDArray[np.uint8]], Array], image: npt.NDArray[np.uint8]) -> Evidence:
    """The evidence by covering one part of a photo after the other.

    Args:
        predict: probabilities float32 (n, classes) of images uint8 (n, S, S, 3). image: uint8 (S, S, 3).
    """
    whole = relative_logits(predict(image[np.newaxis]))[0]
    found = []
    for start in range(0, GRID * GRID, BATCH):
        covered = np.stack([_covered(image, place) for place in range(start, min(start + BATCH, GRID * GRID))])
        found.append(whole - relative_logits(predict(covered)))
    values = np.concatenate(found).T.reshape(-1, GRID, GRID)
    return Evidence(values.astype(np.float32), Method.OCCLUSION)


def _covered(image: npt.NDArray[np.uint8], place: int) -> npt.NDArray[np.uint8]:
    """The image with its mean colour over the surroundings of one place of the grid."""
    side, copy = len(image), image.copy()
    reach = COVER * side / 2
    row, column = ((number + 0.5) * side / GRID for number in divmod(place, GRID))
    top, bottom = max(round(row - reach), 0), round(row + reach)
    left, right = max(round(column - reach), 0), round(column + reach)
    copy[top:bottom, left:right] = image.mean(axis=(0, 1))
    return copy


def relative_logits(probabilities: Array) -> Array:
    """Logits less their mean over the classes, (n, classes), which probabilities (n, classes) tell."""
    return _relative(np.log(np.maximum(probabilities, _LEAST_PROBABILITY)).T).T


def _relative(logits: Array) -> Array:
    """Logits (classes, …) less their mean over the classes."""
    relative: Array = logits - logits.mean(axis=0)
    return relative
