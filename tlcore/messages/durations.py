"""How long something still takes, in words that are no more precise than the figure behind them."""

import math

CLOSE = 1.5  # two ends that are no farther apart than this factor are told as one


def time_left_message(seconds: float | None) -> str:
    """Time left in words: "about 20 seconds left". Empty while nobody can know."""
    if seconds is None:
        return ""
    if seconds < 5:
        return "a few seconds left"
    if seconds < 55:
        return f"about {5 * round(seconds / 5)} seconds left"
    minutes = math.ceil(seconds / 60)
    if minutes < 90:
        return "about a minute left" if minutes == 1 else f"about {minutes} minutes left"
    return f"about {round(minutes / 60)} hours left"


def whole_time_left_message(left: tuple[float, float] | None) -> str:
    """Time left for the whole run: "about 4 minutes left in all", "2 to 5 minutes left in all"; "" while unknown.

    Args:
        left: seconds, at least and at most.
    """
    if left is None:
        return ""
    low, high = left
    if high <= 15 or high <= CLOSE * low:
        return f"{time_left_message((low + high) / 2)} in all"
    if high < 100:
        return f"{max(5, 5 * int(low / 5))} to {5 * math.ceil(high / 5)} seconds left in all"
    if high < 90 * 60:
        return f"{max(1, round(low / 60))} to {math.ceil(high / 60)} minutes left in all"
    return f"{max(1, round(low / 3600))} to {math.ceil(high / 3600)} hours left in all"
