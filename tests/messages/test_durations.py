"""Time left in words, no more precise than the figure."""

import pytest

from tlcore.messages.durations import rounded, time_left_message, whole_time_left_message


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0, "a few seconds left"),
        (4.9, "a few seconds left"),
        (21, "about 20 s left"),
        (52, "about 50 s left"),
        (58, "about 1 min left"),
        (74, "about 1 min left"),
        (76, "about 1.5 min left"),
        (200, "about 3.5 min left"),
        (330, "about 6 min left"),
        (3600, "about 60 min left"),
        (7200, "about 2 h left"),
    ],
)
def test_time_left_in_words(seconds, words):
    assert time_left_message(seconds) == words


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (None, ""),
        ((0.0, 3.0), "a few seconds left"),
        ((18.0, 22.0), "about 20 s left"),
        ((10.0, 58.0), "about 25 s left"),
        ((30.0, 90.0), "about 50 s left"),
        ((40.0, 216.0), "about 1.5 min left"),
        ((200.0, 240.0), "about 3.5 min left"),
        ((2000.0, 9000.0), "about 71 min left"),
    ],
)
def test_time_left_for_the_whole_run_is_one_figure_as_the_bar_is(left, words):
    assert whole_time_left_message(left) == words


@pytest.mark.parametrize("seconds", [6, 17, 44, 57, 74, 76, 130, 284, 290, 1000, 5000, 20_000])
def test_the_figure_is_near_the_seconds_behind_it(seconds):
    assert abs(rounded(seconds) / seconds - 1) < 0.26, "what a person reads is what is reckoned with"
