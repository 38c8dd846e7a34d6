"""Hints about mirroring: from photos first, else from names; silence where neither gives a reason."""

import pytest

from tlcore.advice.flip_hints import flip_hints
from tlcore.advice.rule import LabelChangingFlip


@pytest.mark.parametrize(
    ("labels", "changes", "reason"),
    [
        (("left", "right"), ["horizontal_flip"], "the plain case"),
        (("Links", "Rechts"), ["horizontal_flip"], "German, capital"),
        (("turn left", "turn right", "stop"), ["horizontal_flip"], "with the same words beside"),
        (("arrow_up", "arrow_down"), ["vertical_flip"], "with an underscore"),
        (("0", "1", "2"), ["horizontal_flip", "vertical_flip"], "figures"),
        (("b", "d"), ["horizontal_flip", "vertical_flip"], "letters"),
        (("one", "two", "three"), ["horizontal_flip", "vertical_flip"], "figures in words"),
        (("cats", "dogs"), [], "animals may be mirrored"),
        (("left hand", "right foot"), [], "they differ in more than the side"),
        (("left", "middle"), [], "one side only"),
        (("one", "two"), [], "two words are not yet figures"),
        (("bright", "upset"), [], "words that only contain left, right or up"),
        ((), [], "no classes"),
    ],
)
def test_hints_from_names(labels, changes, reason):
    assert [change for change, _ in flip_hints(labels)] == changes, reason


def test_what_the_photos_showed_comes_first():
    mirrored = (
        LabelChangingFlip("horizontal_flip", "6", "4", 0.5),
        LabelChangingFlip("horizontal_flip", "2", "1", 0.8),
    )
    [across, upside_down] = flip_hints(("6", "4", "2", "1"), mirrored)
    assert across[0] == "horizontal_flip" and "80 % of the photos of 2 look like 1" in across[1], "the strongest"
    assert upside_down[0] == "vertical_flip" and "6 and 4" in upside_down[1], "from the names, where photos say nothing"


def test_names_of_a_user_stand_as_they_are():
    [(_, sentence)] = flip_hints(("cats", "dogs"), (LabelChangingFlip("vertical_flip", "100% <b>", "50% off", 0.9),))
    assert "100% <b>" in sentence and "50% off" in sentence and "90 %" in sentence
