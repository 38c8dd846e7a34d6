"""What a check of photos found, in words: titles and sentences for each kind, and what an honest split is worth."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tlcore.cleaning.groups import ALIKE, Grouping
from tlcore.cleaning.issues import (
    BLURRED,
    BURNT_OUT,
    BURST,
    COPY,
    DARK,
    EMPTY,
    KINDS,
    TINY,
    TWO_CLASSES,
    WRONG_LABEL,
)
from tlcore.cleaning.results import SplitWorth
from tlcore.data.table_columns import COLUMN
from tlcore.messages.quantities import count, percent, percent_range

TITLES = {
    WRONG_LABEL: "Possibly wrong label",
    TWO_CLASSES: "In two classes",
    COPY: "Copies",
    BURST: "Bursts",
    BLURRED: "Blurred",
    DARK: "Very dark",
    BURNT_OUT: "Overexposed",
    TINY: "Very small",
    EMPTY: "Empty",
}
"""What each kind is called."""

EXPLANATIONS = {
    WRONG_LABEL: "A quick model that never trained on these photos predicts another class for them, and is sure.",
    TWO_CLASSES: "The same photo, or nearly the same, is in two classes. Only one of them can be correct.",
    COPY: "Nearly the same photo twice in one class. Copies add nothing to learn from.",
    BURST: "Taken within seconds of each other. Bursts add little to learn from.",
    BLURRED: "No part of these photos is sharp.",
    DARK: "Almost black, while most photos of their class are not.",
    BURNT_OUT: "Almost white, while most photos of their class are not.",
    TINY: "Far fewer pixels than your other photos.",
    EMPTY: "One colour, so there is nothing to learn from.",
}
"""What each kind means, for whom sees it first."""

_COUNTED = {
    WRONG_LABEL: ("possibly wrong label", "possibly wrong labels"),
    TWO_CLASSES: ("photo in two classes", "photos in two classes"),
    COPY: ("copy", "copies"),
    BURST: ("burst photo", "burst photos"),
    BLURRED: ("blurred photo", "blurred photos"),
    DARK: ("very dark photo", "very dark photos"),
    BURNT_OUT: ("overexposed photo", "overexposed photos"),
    TINY: ("very small photo", "very small photos"),
    EMPTY: ("empty photo", "empty photos"),
}
_ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth")
_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine")


def counted(kind: str, number: int) -> str:
    """So many issues of a kind: "12 copies"."""
    return count(number, *_COUNTED[kind])


def check_message(issues: pd.DataFrame, num_photos: int) -> str:
    """What was found in all: "3 possibly wrong labels, 12 copies"."""
    numbers = issues["kind"].value_counts()
    found = [counted(kind, int(numbers[kind])) for kind in KINDS if kind in numbers]
    return ", ".join(found) if found else f"No problems found in {count(num_photos, 'photo')}"


def wrong_labels_message(number: int) -> str:
    """For who looks at results: "3 photos may have a wrong label"."""
    return f"{count(number, 'photo')} may have a wrong label"


def grouping_title(key: str) -> str:
    """What a grouping goes by: "Column “site”", "Second folder", "First part of the file name"."""
    if key == ALIKE:
        return "Copies and bursts"
    if key.startswith(COLUMN):
        return f"Column “{key.removeprefix(COLUMN)}”"
    if key == "number":
        return "File name up to its first number"
    kind, _, which = key.partition(":")
    first, _, last = which.partition("-")
    if kind == "folder":
        return f"{_ORDINALS[int(first) - 1]} folder"
    if last:
        return f"First {_NUMBERS[int(last) - 2]} parts of the file name"
    return f"{_ORDINALS[int(first) - 1]} part of the file name"


def grouping_message(grouping: Grouping) -> str:
    """How many groups there are, with examples: "12 groups, such as site1, site2, site3"."""
    such = f", such as {', '.join(grouping.examples)}" if grouping.examples else ""
    return f"{count(grouping.num_groups, 'group')}{such}"


def worth_message(worth: SplitWorth) -> str:
    """What keeping groups together changes, never a difference that chance explains."""
    first = f"Split at random, your score would be {_with_range(worth.at_random, worth.at_random_interval)}"
    second = _with_range(worth.honest, worth.honest_interval)
    if worth.matters:
        return f"{first}; honestly, it is {second}."
    return f"{first}; with groups kept together, it is {second}. The difference could be chance."


def _with_range(share: float, interval: tuple[float, float]) -> str:
    return f"{percent(share)} (likely range {percent_range(*interval)})"


def issue_values(issues: pd.DataFrame, worth: Sequence[SplitWorth]) -> Mapping[str, Any]:
    """What was found for JSON."""
    rows = issues.to_dict("records")
    return {
        "issues": rows,
        "counts": {kind: int(number) for kind, number in issues["kind"].value_counts().items()},
        "splits": [
            {
                "by": each.key,
                "groups": each.num_groups,
                "at_random": each.at_random,
                "at_random_interval_95": list(each.at_random_interval),
                "honest": each.honest,
                "honest_interval_95": list(each.honest_interval),
                "difference_interval_95": list(each.difference),
                "could_be_chance": not each.matters,
            }
            for each in worth
        ],
    }
