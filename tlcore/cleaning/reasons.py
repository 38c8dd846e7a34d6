"""The reason of each issue, for a person: "Looks like dogs: 97%"."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from tlcore.cleaning.issues import (
    BLURRED,
    BURNT_OUT,
    BURST,
    COPY,
    DARK,
    EMPTY,
    TINY,
    TWO_CLASSES,
    WRONG_LABEL,
)
from tlcore.data.manifest import Dataset
from tlcore.shares import percent

SAME_FILE, SAME_LOOK = 2.0, 1.0
"""What stands in `value` of a pair whose files are equal, and whose pictures are as good as equal."""


@dataclass(frozen=True)
class Facts:
    """What a reason is made of.

    `value`: of the measure that decided. `size`, `other_size`: width and height in pixels of the photo and of its
    pair's second one; `usual`: of most photos. `other_label`: the class of the pair's second photo.
    """

    label: str
    proposed: str
    value: float
    size: tuple[int, int]
    usual: tuple[int, int]
    other_label: str = ""
    other_size: tuple[int, int] = (0, 0)


def reason_of(kind: str, facts: Facts) -> str:
    """Why a photo is in the list."""
    return _REASONS[kind](facts)


def reasons(issues: pd.DataFrame, dataset: Dataset) -> list[str]:
    """The reason of each row of a table of issues with `value`."""
    photos = dataset.photos
    paths = photos["path"].tolist()
    sizes = dict(zip(paths, zip(photos["width"].tolist(), photos["height"].tolist())))
    labels = dict(zip(paths, photos["label"].tolist()))
    usual = (int(photos["width"].median()), int(photos["height"].median())) if len(photos) else (0, 0)
    found = []
    columns = ["kind", "path", "other", "label", "proposed", "value"]
    for kind, path, other, label, proposed, value in issues[columns].itertuples(index=False, name=None):
        facts = Facts(label, proposed, value, sizes[path], usual, labels.get(other, ""), sizes.get(other, (0, 0)))
        found.append(reason_of(kind, facts))
    return found


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]:,} × {size[1]:,}"


def _pair(facts: Facts) -> str:
    """How alike two photos of one class are, and why this one is the one to leave out."""
    if facts.value >= SAME_FILE:
        return "The same file twice"
    words = "Looks exactly like the other photo" if facts.value >= SAME_LOOK else "Nearly the same as the other photo"
    smaller = math.prod(facts.size) < math.prod(facts.other_size)
    return f"{words}, but smaller: {_size(facts.size)} pixels" if smaller else words


def _two_classes(facts: Facts) -> str:
    same = "The same file" if facts.value >= SAME_FILE else "Nearly the same photo"
    return f"{same} is in {facts.label} and in {facts.other_label}"


def _burst(facts: Facts) -> str:
    seconds = max(1, round(facts.value))
    return f"Taken {'1 second' if seconds == 1 else f'{seconds} seconds'} apart, and looks alike"


_REASONS: dict[str, Callable[[Facts], str]] = {
    WRONG_LABEL: lambda facts: f"Looks like {facts.proposed}: {percent(facts.value)}",
    TWO_CLASSES: _two_classes,
    COPY: _pair,
    BURST: _burst,
    BLURRED: lambda facts: "Blurred: no part of it is sharp",
    DARK: lambda facts: "Very dark",
    BURNT_OUT: lambda facts: f"Overexposed: {percent(facts.value)} of it is white",
    TINY: lambda facts: f"Only {_size(facts.size)} pixels; most photos here have {_size(facts.usual)}",
    EMPTY: lambda facts: "One colour, nothing to see",
}
