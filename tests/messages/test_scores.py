"""A score in words, never without its count and interval."""

import pytest

from tlcore.messages.scores import score_message


@pytest.mark.parametrize(
    ("score", "sentence"),
    [
        ((46, 50, 0.812, 0.968), "46 of 50 right (92 %; plausibly 81–97 %)"),
        ((5, 5, 0.566, 1.0), "5 of 5 right (100 %; plausibly 57–100 %)"),
        ((0, 0, 0.0, 1.0), "no photos to test on"),
    ],
)
def test_a_score_never_stands_without_its_count_and_interval(score, sentence):
    assert score_message(*score) == sentence
