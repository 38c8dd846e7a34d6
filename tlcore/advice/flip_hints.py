"""Which mirroring would change what a photo means, from what the photos showed and from the names of the classes."""

import re
from collections.abc import Iterable, Sequence

from tlcore.advice.rule import LabelChangingFlip

CHANGES = {"horizontal_flip": "LabelChangingFlip left and right", "vertical_flip": "LabelChangingFlip up and down"}

_SIDES = "left right links rechts gauche droite izquierda derecha sinistra destra l r"
_HEIGHTS = "up down top bottom upper lower above below oben unten auf ab haut bas arriba abajo"
_NUMBERS = "zero one two three four five six seven eight nine null eins zwei drei vier fünf sechs sieben acht neun"
_LEAST_NUMBERS = 3  # of “one” and “two” alone nobody knows that they are figures


def flip_hints(labels: Sequence[str], mirrored: Sequence[LabelChangingFlip] = ()) -> list[tuple[str, str]]:
    """Hints (change, sentence), at most one a change; `change` is "horizontal_flip" or "vertical_flip".

    What the photos showed comes before what the names say, as it is of these photos. Names of a user stand in the
    sentences as they are: show them as plain text.

    Args:
        labels: the names of the classes.
        mirrored: what the photos showed (`Recommendation.mirrored`); () while no advice is there.
    """
    hints = []
    for change in CHANGES:
        shown = [each for each in mirrored if each.change == change]
        sentence = _of_photos(max(shown, key=lambda each: each.share)) if shown else _of_names(change, labels)
        if sentence:
            hints.append((change, sentence))
    return hints


def _of_photos(each: LabelChangingFlip) -> str:
    return (
        f"{CHANGES[each.change]}, about {each.share * 100:.0f} % of the photos of {each.label} look like "
        f"{each.becomes}: leave this off."
    )


def _of_names(change: str, labels: Sequence[str]) -> str:
    """The sentence that the names give reason for, or ""."""
    words = [frozenset(re.findall(r"[^\W_]+", label.casefold())) for label in labels]
    sides = _two_of(labels, words, _SIDES if change == "horizontal_flip" else _HEIGHTS)
    if sides:
        return f"{CHANGES[change]}, photos of {sides[0]} and {sides[1]} may change places: leave this off."
    signs = [label for label in labels if re.fullmatch(r"[^\W_]", label.strip())]
    if not signs:
        signs = [label for label, found in zip(labels, words) if found & set(_NUMBERS.split())]
        signs = signs if len(signs) >= _LEAST_NUMBERS else []
    if len(signs) >= 2:
        return f"{CHANGES[change]}, signs such as {signs[0]} and {signs[1]} may become others or none: leave this off."
    return ""


def _two_of(labels: Sequence[str], words: Iterable[frozenset[str]], known: str) -> tuple[str, str] | None:
    """The first two labels that hold different words of `known` and are the same else ("turn left", "turn right")."""
    found: dict[frozenset[str], tuple[str, frozenset[str]]] = {}
    for label, own in zip(labels, words):
        sides = own & set(known.split())
        rest = own - sides
        if len(sides) == 1:
            if rest in found and found[rest][1] != sides:
                return found[rest][0], label
            found.setdefault(rest, (label, sides))
    return None
