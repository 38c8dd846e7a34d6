"""Where evidence lies in words: who doesn't see the heat map must be able to tell where to look."""

import numpy as np
import pytest

from tlcore.messages.explanation import evidence_message, place
from tlcore.serving.evidence import Evidence, Method
from tlcore.serving.explain import Explanation


def spot(row: int, column: int, rest: float = 0.0) -> np.ndarray:
    found = np.full((7, 7), rest, np.float32)
    found[row, column] = 1
    return found


@pytest.mark.parametrize(
    ("heat_map", "expected"),
    [
        (spot(0, 0), "mostly in the upper left"),
        (spot(1, 5, 0.05), "mostly in the upper right"),
        (spot(6, 0), "mostly in the lower left"),
        (spot(5, 6), "mostly in the lower right"),
        (spot(3, 3, 0.1), "mostly in the middle"),
        (spot(0, 3), "mostly in the upper part"),
        (spot(6, 3), "mostly in the lower part"),
        (spot(3, 0), "mostly on the left"),
        (spot(3, 6), "mostly on the right"),
        (np.ones((7, 7), np.float32), "all over the photo"),
        (spot(0, 0) + spot(6, 6), "all over the photo"),  # two opposite corners are not "in the middle"
        (np.zeros((7, 7), np.float32), ""),
        (spot(0, 0) * 0.04, ""),  # next to nothing
    ],
)
def test_the_place_of_the_evidence(heat_map, expected):
    assert place(heat_map) == expected


@pytest.mark.parametrize(
    ("strength", "expected"),
    [
        (1.0, "What speaks for dogs is mostly in the upper left."),
        (0.1, "What little speaks for dogs is mostly in the upper left."),
        (0.0, "Nothing in this photo speaks for dogs."),
    ],
)
def test_how_much_speaks_for_a_class(strength, expected):
    values = np.stack([spot(3, 3), spot(0, 0) * strength])
    found = Explanation(
        "dogs", ("cats", "dogs"), np.zeros((8, 8, 3), np.uint8), Evidence(values, Method.CAM), None, 1.0
    )
    assert evidence_message(found) == expected
