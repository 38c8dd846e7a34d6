"""Which mirroring changes what photos mean: does the mirrored photo of one class look like another class?

A pretrained network is no judge of this: its features hardly change when a photo is mirrored, since it was taught with
mirrored photos. So small grey pixels are compared, by a linear rule (ridge regression onto the classes). It judges each
photo without having seen it, which costs no second fit (Allen 1974). Where the place of dark and bright does not tell
the classes apart, as with cats and dogs, there is nothing that mirroring could show, and nothing is found. Then the
names of the classes may still give a reason to be careful. messages/flip_hints.py has the sentences.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tlcore.advice.rule import LabelChangingFlip
from tlcore.intervals import wilson_interval

PENALTY = 0.2
"""Of the mean square length of a photo's vector; from 0.05 to 1 the findings on the tested sets are the same."""

LEAST_RIGHT = 0.7
"""The share of unmirrored photos that the rule must get right, each class counting the same, before it is believed."""

LEAST_SHARE = 0.25
"""What the share of photos that change their class must exceed, its uncertainty (95%) taken off."""

CHANGES = ("horizontal_flip", "vertical_flip")
"""The mirrorings, by the names of the settings."""

_SIDES = frozenset("left right links rechts gauche droite izquierda derecha sinistra destra l r".split())
_HEIGHTS = frozenset("up down top bottom upper lower above below oben unten auf ab haut bas arriba abajo".split())
_NUMBERS = frozenset(
    "zero one two three four five six seven eight nine null eins zwei drei vier fünf sechs sieben acht neun".split()
)
_LEAST_NUMBERS = 3  # of “one” and “two” alone nobody knows that they are figures

FloatArray = npt.NDArray[np.floating]


def find_label_changing_flips(pixels: npt.NDArray[np.uint8], labels: Sequence[str]) -> tuple[LabelChangingFlip, ...]:
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
    flips = dict(zip(CHANGES, (grey[:, :, ::-1], grey[:, ::-1]), strict=True))
    plain, *flipped = _predictions([_vectors(grey), *map(_vectors, flips.values())], classes)
    right = plain == classes
    if np.mean([right[classes == number].mean() for number in range(len(names))]) < LEAST_RIGHT:
        return ()
    found = []
    for change, predictions in zip(flips, flipped):
        for number, label in enumerate(names):
            predicted = predictions[right & (classes == number)]
            counts = np.bincount(predicted, minlength=len(names))
            counts[number] = 0
            becomes = int(counts.argmax())
            if len(predicted) and wilson_interval(int(counts[becomes]), len(predicted))[0] > LEAST_SHARE:
                found.append(LabelChangingFlip(change, label, names[becomes], float(counts[becomes] / len(predicted))))
    return tuple(sorted(found, key=lambda each: -each.share))


def _vectors(grey: FloatArray) -> FloatArray:
    """Each photo as a vector without its brightness and contrast: mean 0, length 1."""
    flat = grey.reshape(len(grey), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    vectors: FloatArray = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    return vectors


def _predictions(versions: Sequence[FloatArray], classes: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
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
        for predictions, kernel in zip(found, kernels):
            predictions[row] = (kernel[row] @ without).argmax()
    return found


@dataclass(frozen=True)
class SuspectedFlip:
    """A mirroring that changes the meaning if the names of the classes are to be believed.

    `change`: as in `LabelChangingFlip`; `kind`: "opposites" (“left” and “right” may change places) or "signs" (figures
    and letters may become others or none); `labels`: the first two of them.
    """

    change: str
    kind: str
    labels: tuple[str, str]


Flip = LabelChangingFlip | SuspectedFlip
"""A mirroring to leave off, measured or suspected."""


def find_flips_to_avoid(labels: Sequence[str], measured: Sequence[LabelChangingFlip] = ()) -> list[Flip]:
    """The mirrorings that change what photos mean, at most one finding for each of `CHANGES`.

    What the photos showed comes before what the names say, as it is of these photos; of several, the strongest.

    Args:
        labels: the names of the classes.
        measured: what the photos showed (`Recommendation.label_changing_flips`); () while nobody knows.
    """
    found: list[Flip] = []
    for change in CHANGES:
        shown = [flip for flip in measured if flip.change == change]
        flip = max(shown, key=lambda each: each.share) if shown else suspect_flip(change, labels)
        if flip is not None:
            found.append(flip)
    return found


def suspect_flip(change: str, labels: Sequence[str]) -> SuspectedFlip | None:
    """What the names of the classes give reason to suspect of a mirroring; None where they give none."""
    words = [frozenset(re.findall(r"[^\W_]+", label.casefold())) for label in labels]
    opposites = _two_of(labels, words, _SIDES if change == "horizontal_flip" else _HEIGHTS)
    if opposites:
        return SuspectedFlip(change, "opposites", opposites)
    signs = [label for label in labels if re.fullmatch(r"[^\W_]", label.strip())]
    if not signs:
        signs = [label for label, found in zip(labels, words) if found & _NUMBERS]
        signs = signs if len(signs) >= _LEAST_NUMBERS else []
    return SuspectedFlip(change, "signs", (signs[0], signs[1])) if len(signs) >= 2 else None


def _two_of(labels: Sequence[str], words: Iterable[frozenset[str]], known: frozenset[str]) -> tuple[str, str] | None:
    """The first two labels that hold different words of `known` and are the same else ("turn left", "turn right")."""
    found: dict[frozenset[str], tuple[str, frozenset[str]]] = {}
    for label, own in zip(labels, words):
        sides = own & known
        rest = own - known
        if len(sides) == 1:
            if rest in found and found[rest][1] != sides:
                return found[rest][0], label
            found.setdefault(rest, (label, sides))
    return None
