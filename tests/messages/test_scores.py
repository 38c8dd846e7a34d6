"""A score in words, never without its count and interval."""

import pytest

from tlcore.messages.scores import score_message


@pytest.mark.parametrize(
    ("score", "sentence"),
    [
        ((46, 50, 0.812, 0.968), "92% correct: 46 of 50 (likely range 81–97%)"),
        ((5, 5, 0.566, 1.0), "100% correct: 5 of 5 (likely range 57–100%)"),
        ((0, 0, 0.0, 1.0), "no test photos"),
    ],
)
def test_a_score_never_stands_without_its_count_and_interval(score, sentence):
    assert score_message(*score) == sentence
