"""Which mirroring would change what a photo means, in a sentence; advice/label_changing_flips.py finds it."""

from collections.abc import Sequence

from tlcore.advice.label_changing_flips import SuspectedFlip, find_flips_to_avoid
from tlcore.advice.rule import LabelChangingFlip
from tlcore.messages.quantities import percent

MIRRORED = {"horizontal_flip": "mirrored left and right", "vertical_flip": "mirrored up and down"}


def flip_hints(labels: Sequence[str], measured: Sequence[LabelChangingFlip] = ()) -> list[tuple[str, str]]:
    """Hints (change, sentence), at most one a change; `change` is "horizontal_flip" or "vertical_flip".

    The sentences hold a user's class names unescaped: show them as plain text.

    Args:
        labels: the names of the classes.
        measured: what the photos showed (`Recommendation.label_changing_flips`); () while nobody knows.
    """
    return [(flip.change, flip_message(flip)) for flip in find_flips_to_avoid(labels, measured)]


def flip_message(flip: LabelChangingFlip | SuspectedFlip) -> str:
    """What would happen to these photos, and that the setting should stay off."""
    if isinstance(flip, LabelChangingFlip):
        happens = f"about {percent(flip.share)} of the photos of {flip.label} look like {flip.becomes}"
    elif flip.kind == "opposites":
        happens = f"photos of {flip.labels[0]} and {flip.labels[1]} may swap classes"
    else:
        happens = f"signs such as {flip.labels[0]} and {flip.labels[1]} may change their meaning"
    return f"Leave this off: {MIRRORED[flip.change]}, {happens}."
