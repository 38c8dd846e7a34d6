"""Hints about mirroring in words: from photos first, else from names; silence where neither gives a reason."""

import pytest

from tlcore.advice.rule import LabelChangingFlip
from tlcore.messages.flip_hints import flip_hints


@pytest.mark.parametrize(
    ("labels", "hints", "reason"),
    [
        (
            ("left", "right"),
            [
                (
                    "horizontal_flip",
                    "Leave this off: mirrored left and right, photos of left and right may swap classes.",
                )
            ],
            "opposites",
        ),
        (
            ("arrow_up", "arrow_down"),
            [
                (
                    "vertical_flip",
                    "Leave this off: mirrored up and down, photos of arrow_up and arrow_down may swap classes.",
                )
            ],
            "the other way round",
        ),
        (
            ("b", "d", "q"),
            [
                (
                    "horizontal_flip",
                    "Leave this off: mirrored left and right, signs such as b and d may change their meaning.",
                ),
                (
                    "vertical_flip",
                    "Leave this off: mirrored up and down, signs such as b and d may change their meaning.",
                ),
            ],
            "signs",
        ),
        (("cats", "dogs"), [], "animals may be mirrored"),
    ],
)
def test_what_names_let_one_suspect(labels, hints, reason):
    assert flip_hints(labels) == hints, reason


def test_what_the_photos_showed_comes_first():
    measured = (
        LabelChangingFlip("horizontal_flip", "6", "4", 0.5),
        LabelChangingFlip("horizontal_flip", "2", "1", 0.8),
    )
    [across, upside_down] = flip_hints(("6", "4", "2", "1"), measured)
    said = "Leave this off: mirrored left and right, about 80% of the photos of 2 look like 1."
    assert across == ("horizontal_flip", said), "the strongest"
    assert upside_down[0] == "vertical_flip" and "6 and 4" in upside_down[1], "from the names, where photos say nothing"


def test_names_of_a_user_stand_as_they_are():
    [(_, sentence)] = flip_hints(("cats", "dogs"), (LabelChangingFlip("vertical_flip", "100% <b>", "50% off", 0.9),))
    assert "100% <b>" in sentence and "50% off" in sentence and "90%" in sentence
