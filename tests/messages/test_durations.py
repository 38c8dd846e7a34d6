"""Time left in words, no more precise than the figure."""

import pytest

from tlcore.messages.durations import time_left_message, whole_time_left_message


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0, "a few seconds left"),
        (4.9, "a few seconds left"),
        (21, "about 20 seconds left"),
        (54, "about 55 seconds left"),
        (58, "about a minute left"),
        (61, "about 2 minutes left"),
        (3600, "about 60 minutes left"),
        (7200, "about 2 hours left"),
    ],
)
def test_time_left_in_words(seconds, words):
    assert time_left_message(seconds) == words


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (None, ""),
        ((0.0, 3.0), "a few seconds left in all"),
        ((18.0, 22.0), "about 20 seconds left in all"),
        ((21.0, 58.0), "20 to 60 seconds left in all"),
        ((80.0, 216.0), "1 to 4 minutes left in all"),
        ((200.0, 240.0), "about 4 minutes left in all"),
        ((3000.0, 9000.0), "1 to 3 hours left in all"),
    ],
)
def test_time_left_for_the_whole_run(left, words):
    assert whole_time_left_message(left) == words
