"""Classes that a model recognises without their object: the background gives them away.

Photos that a model did not learn from are predicted as they are, without their middle and without their border
(hiding.py). That a class is still predicted says nothing by itself: a model that is shown something strange may always
give the same answer. So what counts is by how much more often photos of the class are predicted as it than those of the
others (Youden's J: sensitivity minus false alarms, 0 for chance), with Newcombe's interval (1998, method 10).

A class is named where its J without the middle is surely more than half of that of the whole photo, and about as large
as that without the border: where an object reaches beyond the middle, the middle alone says more.
"""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.analysis.results import load_result, save_result

WHAT = "shortcuts"
VERSION = 1
LEVEL = 0.05  # how often a class may be named for nothing, all classes together
SURVIVES = 0.5  # of the J of the whole photo
AS_MUCH = 0.1  # by so much less than the middle the border may say
LEAST_KNOWN = 0.3  # a class that is hardly known has nothing to survive
FEWEST = 8  # photos of a class, and of the others
SHOWN = 9  # photos of a class that is named
SECONDS = 0.025  # of a photo, for the time told

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Hidden:
    """How a class does with a part of its photos hidden: `correct` of the `total` photos of the class, the 95% interval
    of that share; `alarms` of the `others` photos of other classes that are predicted as it."""

    correct: int
    total: int
    low: float
    high: float
    alarms: int
    others: int

    @property
    def recall(self) -> float:
        return self.correct / self.total if self.total else 0.0

    @property
    def alarm_share(self) -> float:
        return self.alarms / self.others if self.others else 0.0

    @property
    def beyond_chance(self) -> float:
        """Youden's J, −1 to 1."""
        return self.recall - self.alarm_share


@dataclass(frozen=True)
class ClassShortcut:
    """What of a class survives. `whole`: nothing hidden; `no_middle`, `no_border`: the one or the other. `named`:
    whether it is recognised without its object; `examples`: SHA-256 of photos that still are, the surest first."""

    label: str
    whole: Hidden
    no_middle: Hidden
    no_border: Hidden
    named: bool
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shortcuts:
    """What a search for shortcuts found. `classes`: a row a class; `num_photos`: that were looked at, none of which the
    models that predicted them had learned from; `own`: whether it is the shipped network; else the folds' models."""

    classes: tuple[ClassShortcut, ...]
    num_photos: int
    folds: bool

    @property
    def named(self) -> tuple[ClassShortcut, ...]:
        """The classes that are recognised without their object, the one with most correct first."""
        return tuple(sorted((each for each in self.classes if each.named), key=lambda each: -each.no_middle.recall))

    @property
    def too_few(self) -> tuple[str, ...]:
        """The classes of which there are too few photos to say anything."""
        return tuple(each.label for each in self.classes if each.whole.total < FEWEST)


@dataclass(frozen=True, eq=False)
class Predictions:
    """Of photos (n,): their classes, and what was predicted with nothing, the middle and the border hidden, as places
    in the labels; `sure`: the probability of the prediction without the middle."""

    classes: Codes
    whole: Codes
    no_middle: Codes
    no_border: Codes
    sure: npt.NDArray[np.float64]


def find_shortcuts(
    predictions: Predictions, labels: tuple[str, ...], sha256s: npt.NDArray[np.object_], folds: bool
) -> Shortcuts:
    """The classes that are recognised without their object."""
    counted = [_counted(predictions, place) for place in range(len(labels))]
    judged = [each for each in counted if _can_be_judged(each[0])]
    found = []
    for place, label in enumerate(labels):
        whole, no_middle, no_border = counted[place]
        named = counted[place] in judged and is_shortcut(whole, no_middle, no_border, len(judged))
        examples = _examples(predictions, place, sha256s) if named else ()
        found.append(ClassShortcut(label, whole, no_middle, no_border, named, examples))
    return Shortcuts(tuple(found), len(predictions.classes), folds)


def is_shortcut(whole: Hidden, no_middle: Hidden, no_border: Hidden, num_classes: int) -> bool:
    """Whether a class, one of so many that are judged, is recognised without its object by more than chance."""
    low = least_difference(no_middle, LEVEL / max(1, num_classes))
    survives = low > SURVIVES * whole.beyond_chance
    return survives and no_middle.beyond_chance >= no_border.beyond_chance - AS_MUCH


def least_difference(hidden: Hidden, level: float) -> float:
    """The lower end of Youden's J at a one-sided level, after Newcombe (1998)."""
    z = NormalDist().inv_cdf(1 - level)
    low, alarms_high = wilson(hidden.correct, hidden.total, z)[0], wilson(hidden.alarms, hidden.others, z)[1]
    return hidden.beyond_chance - math.hypot(hidden.recall - low, alarms_high - hidden.alarm_share)


def wilson(correct: int, total: int, z: float) -> tuple[float, float]:
    """Wilson's interval (1927) of a share at any level, given as normal quantile."""
    if not total:
        return 0.0, 1.0
    share, middle = correct / total, correct / total + z**2 / (2 * total)
    reach, scale = z * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2)), 1 + z**2 / total
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def _can_be_judged(whole: Hidden) -> bool:
    return min(whole.total, whole.others) >= FEWEST and whole.beyond_chance >= LEAST_KNOWN


def _counted(predictions: Predictions, place: int) -> tuple[Hidden, Hidden, Hidden]:
    own = predictions.classes == place

    def hidden(predicted: Codes) -> Hidden:
        correct, alarms = int((predicted[own] == place).sum()), int((predicted[~own] == place).sum())
        total = int(own.sum())
        return Hidden(correct, total, *wilson(correct, total, NormalDist().inv_cdf(0.975)), alarms, int((~own).sum()))

    return hidden(predictions.whole), hidden(predictions.no_middle), hidden(predictions.no_border)


def _examples(predictions: Predictions, place: int, sha256s: npt.NDArray[np.object_]) -> tuple[str, ...]:
    rows = np.flatnonzero((predictions.classes == place) & (predictions.no_middle == place))
    surest = rows[np.argsort(-predictions.sure[rows], kind="stable")]
    return tuple(dict.fromkeys(map(str, sha256s[surest])))[:SHOWN]


def estimate_seconds(num_photos: int) -> float:
    """What a search takes on two cores."""
    return 5.0 + 3 * SECONDS * min(num_photos, MOST_PHOTOS)


MOST_PHOTOS = 1500
"""Of more, so many are looked at, of each class as many as of the others."""


def save_shortcuts(folder: Path, found: Shortcuts) -> None:
    """Keep what was found in the folder of its job. Raises UserError: the disk is full."""
    save_result(folder, VERSION, asdict(found))


def load_shortcuts(folder: Path) -> Shortcuts | None:
    """What was found, from a job's folder; None where there is nothing (yet)."""
    found = load_result(folder, VERSION)
    try:
        return _parse(found[0]) if found else None
    except (KeyError, TypeError, ValueError):
        return None


def _parse(values: dict[str, Any]) -> Shortcuts:
    classes = tuple(
        ClassShortcut(
            str(row["label"]),
            Hidden(**row["whole"]),
            Hidden(**row["no_middle"]),
            Hidden(**row["no_border"]),
            bool(row["named"]),
            tuple(row["examples"]),
        )
        for row in values["classes"]
    )
    return Shortcuts(classes, int(values["num_photos"]), bool(values["folds"]))
