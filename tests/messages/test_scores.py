"""A score in words, never without its count and interval."""

import pytest

from tlcore.messages.scores import score_detail, score_interval_alt_text, score_message


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


@pytest.mark.parametrize(
    ("score", "label", "detail", "reason"),
    [
        ((14, 15, 0.702, 0.988), "test photos", "14 of 15 test photos correct · likely range 70–99%", "the usual"),
        ((1, 1, 0.207, 1.0), "test photos", "1 of 1 test photo correct · likely range 21–100%", "one photo"),
        ((0, 0, 0.0, 1.0), "test photos", "No test photos", "nothing to divide by"),
    ],
)
def test_what_stands_under_a_score_says_what_was_counted(score, label, detail, reason):
    assert score_detail(*score, label) == detail, reason


def test_number_and_bar_and_sentence_say_the_same_share():
    for correct in range(1, 201):  # halves of a percent are where two ways to round would part
        number = score_message(correct, 200, 0.0, 1.0).split()[0]
        assert score_interval_alt_text(correct, 200, 0.0, 1.0).startswith(f"{number} correct")
