"""What a search for shortcuts found, in words and for JSON."""

from dataclasses import asdict
from typing import Any

import pandas as pd

from tlcore.analysis.shortcuts import ClassShortcut, Hidden, Shortcuts
from tlcore.messages.durations import about_message
from tlcore.messages.quantities import count, percent, percent_range

TITLE = "Does the background give it away?"
WHAT_FOR = (
    "Hides the middle of each photo, where the object usually is, and predicts it again. A class that is still "
    "recognised may be recognised by its background."
)
NEVER = "Nobody has looked for shortcuts yet. Evaluate offers it."
LIMITS = "If the whole photo is the subject, as in landscapes or patterns, this is to be expected."


def offer_message(seconds: float) -> str:
    """How long it takes: "Takes about 20 s."."""
    return f"Takes {about_message(seconds, seconds)}."


def shortcuts_message(found: Shortcuts) -> str:
    """The finding as a whole, in a sentence."""
    number = len(found.named)
    if number:
        return f"{count(number, 'class', 'classes')} recognised without the object."
    words = "No class is recognised without its object by more than chance."
    few = found.too_few
    return f"{words} Too few photos to judge: {', '.join(few)}." if few else words


def class_message(each: ClassShortcut) -> str:
    """ "“wolf” is recognised without its object: 85% still correct with the middle hidden. Check the backgrounds."."""
    hidden = each.no_middle
    return (
        f"“{each.label}” is recognised without its object: {_share(hidden)} still correct with the middle hidden; "
        f"{percent(hidden.alarm_share)} of the other photos are mistaken for it then. Check the backgrounds."
    )


def basis_message(found: Shortcuts) -> str:
    """What was looked at."""
    return f"{count(found.num_photos, 'photo')}, none of which the model that predicted it had trained on."


def shortcut_frame(found: Shortcuts) -> pd.DataFrame:
    """How each class does with nothing, its middle, and its border hidden, as a table in words."""
    rows = [
        (
            each.label,
            _cell(each.whole),
            _cell(each.no_middle),
            _cell(each.no_border),
            percent(each.no_middle.alarm_share),
        )
        for each in found.classes
    ]
    columns = ["Class", "Whole photo", "Middle hidden", "Border hidden", "Others mistaken for it, middle hidden"]
    return pd.DataFrame(rows, columns=columns)


def shortcut_values(found: Shortcuts) -> dict[str, Any]:
    """What was found for JSON, with its sentences."""
    return {
        "message": " ".join([shortcuts_message(found), *map(class_message, found.named)]),
        "named": [each.label for each in found.named],
        **asdict(found),
    }


def _share(hidden: Hidden) -> str:
    return f"{percent(hidden.recall)} (likely range {percent_range(hidden.low, hidden.high)})"


def _cell(hidden: Hidden) -> str:
    return f"{percent(hidden.recall)} ({hidden.correct:,} of {hidden.total:,})" if hidden.total else "no photos"
