"""How long something still takes, in words that are no more precise than the figure behind them."""

import math

from tlcore.jobs.pace import likely

A_FEW_SECONDS = "a few seconds"
OPEN = 4.0  # two ends that are farther apart than this factor are told as two


def time_left_message(seconds: float | None) -> str:
    """Time left in words: "about 20 s left". Empty while nobody can know."""
    return "" if seconds is None else f"{_about(seconds)} left"


def whole_time_left_message(left: tuple[float, float] | None) -> str:
    """Time left for the whole run, "about 4 min left"; "" while unknown.

    One figure, also where it is open: that of the bar beside it, so that the two agree.

    Args:
        left: seconds, at least and at most.
    """
    return "" if left is None else f"{_about(likely(left))} left"


def about_message(low: float, high: float) -> str:
    """A time between two ends, in seconds: "a few seconds", "about 10 s", or where it is truly open "15–80 s"."""
    if high <= 15 or high <= OPEN * low:
        return _about(likely((low, high)))
    if high < 100:
        return f"{max(5, 5 * round(low / 5))}–{5 * math.ceil(high / 5)} s"
    if high < 90 * 60:
        return f"{max(1, round(low / 60))}–{math.ceil(high / 60)} min"
    return f"{max(1, round(low / 3600))}–{math.ceil(high / 3600)} h"


def rounded(seconds: float) -> float:
    """The seconds of the figure that is told of so many."""
    if seconds < 55:
        return max(5.0, 5.0 * round(seconds / 5))
    if seconds < 285:
        return 30.0 * round(seconds / 30)
    return 60.0 * round(seconds / 60) if seconds < 90 * 60 else 3600.0 * round(seconds / 3600)


def _about(seconds: float) -> str:
    """ "a few seconds", "about 20 s", "about 1.5 min", "about 3 h"."""
    told = rounded(seconds)
    if seconds < 5:
        return A_FEW_SECONDS
    if told < 60:
        return f"about {told:.0f} s"
    return f"about {told / 60:g} min" if seconds < 90 * 60 else f"about {told / 3600:g} h"
