"""Which mirroring would change what a photo means, in a sentence; advice/label_changing_flips.py finds it."""

from collections.abc import Sequence

from tlcore.advice.label_changing_flips import Flip, find_flips_to_avoid
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


def flip_message(flip: Flip) -> str:
    """What would happen to these photos, and that the setting should stay off."""
    return f"Leave this off: {_what_happens(flip)}."


def trained_flip_message(flip: Flip, was_on: bool) -> str:
    """What mirroring does to these photos, and whether a training mirrored them.

    Args:
        was_on: whether it did.
    """
    happens = _what_happens(flip)
    did = "This training mirrored photos so: train again without it." if was_on else "This training did not."
    return f"{happens[0].upper()}{happens[1:]}. {did}"


def _what_happens(flip: Flip) -> str:
    if isinstance(flip, LabelChangingFlip):
        happens = f"about {percent(flip.share)} of the photos of {flip.label} look like {flip.becomes}"
    elif flip.kind == "opposites":
        happens = f"photos of {flip.labels[0]} and {flip.labels[1]} may swap classes"
    else:
        happens = f"signs such as {flip.labels[0]} and {flip.labels[1]} may change their meaning"
    return f"{MIRRORED[flip.change]}, {happens}"
