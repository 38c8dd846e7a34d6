"""Which mirroring changes what photos mean: does the mirrored photo of one class look like another class?

A pretrained network is no judge of this: its features hardly change when a photo is mirrored, since it was taught with
mirrored photos. So small grey pixels are compared, by a linear rule (ridge regression onto the classes). It is asked
about each photo without having seen it, which costs no second fit (Allen 1974). Where the place of dark and bright does
not tell the classes apart, as with cats and dogs, there is nothing that mirroring could show, and no answer is given.
"""

import numpy as np

from tlcore.advice.rule import LabelChangingFlip
from tlcore.intervals import wilson_interval

PENALTY = 0.2
"""Of the mean square length of a photo's vector; from 0.05 to 1 the answers on the tested sets are the same."""

LEAST_RIGHT = 0.7
"""The share of unmirrored photos that the rule must get right, each class counting the same, before it is believed."""

LEAST_SHARE = 0.25
"""What the share of photos that change their class must exceed, its uncertainty (95 %) taken off."""


def find_label_changing_flips(pixels: np.ndarray, labels: list[str]) -> tuple[LabelChangingFlip, ...]:
    """The classes whose mirrored photos look like another class, the largest share first.

    Args:
        pixels: photos made small, uint8 (n, side, side, 3).
        labels: the label of each.
    """
    names = sorted(set(labels))
    if len(names) < 2 or len(labels) <= len(names):
        return ()
    classes = np.array([names.index(label) for label in labels])
    grey = pixels.astype(np.float32).mean(axis=3)
    flips = {"horizontal_flip": grey[:, :, ::-1], "vertical_flip": grey[:, ::-1]}
    plain, *flipped = _answers([_vectors(grey), *map(_vectors, flips.values())], classes)
    right = plain == classes
    if np.mean([right[classes == number].mean() for number in range(len(names))]) < LEAST_RIGHT:
        return ()
    found = []
    for change, answers in zip(flips, flipped):
        for number, label in enumerate(names):
            asked = answers[right & (classes == number)]
            counts = np.bincount(asked, minlength=len(names))
            counts[number] = 0
            becomes = int(counts.argmax())
            if len(asked) and wilson_interval(int(counts[becomes]), len(asked))[0] > LEAST_SHARE:
                found.append(LabelChangingFlip(change, label, names[becomes], float(counts[becomes] / len(asked))))
    return tuple(sorted(found, key=lambda each: -each.share))


def _vectors(grey: np.ndarray) -> np.ndarray:
    """Each photo as a vector without its brightness and contrast: mean 0, length 1."""
    flat = grey.reshape(len(grey), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def _answers(versions: list[np.ndarray], classes: np.ndarray) -> list[np.ndarray]:
    """The class of each row of each version, by a rule learned from all rows of the first version but this one.

    In the dual form of ridge regression, alpha = (K + penalty)⁻¹ targets; leaving row i out takes from it column i of
    that inverse times alpha_i / inverse_ii.
    """
    rows, mean = versions[0], versions[0].mean(axis=0)
    kernels = [(version - mean) @ (rows - mean).T for version in versions]
    targets = np.eye(classes.max() + 1)[classes]
    targets -= targets.mean(axis=0)
    penalty = PENALTY * max(np.trace(kernels[0]) / len(rows), 1e-6)
    inverse = np.linalg.inv(kernels[0] + penalty * np.eye(len(rows)))
    alpha = inverse @ targets
    found = [np.empty(len(rows), np.int64) for _ in versions]
    for row in range(len(rows)):
        without = alpha - np.outer(inverse[:, row], alpha[row] / inverse[row, row])
        for answers, kernel in zip(found, kernels):
            answers[row] = (kernel[row] @ without).argmax()
    return found
