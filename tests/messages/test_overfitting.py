"""The gap between known photos and others, in words."""

import pytest

from tlcore.evaluation.overfitting import Gap
from tlcore.messages.overfitting import gap_message


@pytest.mark.parametrize(
    ("gap", "words", "reason"),
    [
        (Gap(9, 1.0, 0.9, 0.86, 0.93, True, False), "The gap of 10 points is larger than chance", "learned by heart"),
        (
            Gap(9, 0.904, 0.9, 0.86, 0.93, True, False),
            "The gap of less than a point is larger than chance",
            "thousands of photos show small gaps",
        ),
        (Gap(9, 0.93, 0.9, 0.86, 0.93, False, False), "The gap of 3 points could be chance.", "too small to tell"),
        (Gap(9, 0.8, 0.9, 0.86, 0.93, False, False), "There is no gap.", "training is the harder task"),
        (Gap(9, 1.0, 0.9, 0.86, 0.93, True, True), "this is what overfitting looks like.", "the losses part ways"),
    ],
)
def test_the_gap_in_words(gap, words, reason):
    message = gap_message(gap, 400)
    assert words in message and "validation photos 90% correct: 360 of 400 (likely range 86–93%)" in message, reason
    assert ("validation loss rose" in message) is gap.climbs
