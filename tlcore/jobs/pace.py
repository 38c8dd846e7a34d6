"""How far a whole job is, and how long it still takes, between two of its events: both move on by the clock.

The worker (pipeline/eta.py) and whoever shows a bar reckon alike, so that a bar never goes back when an event comes.
"""

import math

FULLEST = 0.98  # of a bar, while anything is left to do
LEAST_SHARE, LEAST_UNITS = 0.05, 8  # of the work that have to be done before its rate is believed
LATE_SHARE = 0.3  # of what was reckoned, or has gone by without a word, that is thought to be left at least
LATE_SECONDS = 10.0  # so much later than reckoned a person is told that it is slower


def least_units(units: int) -> float:
    """How many of these have to be done before their rate is believed. What came from a cache is none of them."""
    return min(units, max(LEAST_UNITS, LEAST_SHARE * units))


def advance(share: float, left: float, seconds: float) -> float:
    """The share (0–1) that is done some seconds after `share` was, when `left` seconds were left.

    It comes ever closer to `FULLEST` and no farther: a bar that is full has ended.
    """
    return FULLEST - max(0.0, FULLEST - share) * math.exp(-seconds / left) if left > 0 else share


def left_after(left: float, seconds: float) -> float:
    """The seconds that are left some seconds later; what is late will take the longer, the longer it took already."""
    return max(left - seconds, LATE_SHARE * max(left, seconds))


def is_late(left: float, seconds: float) -> bool:
    """Whether so many seconds without a word are clearly more than were left."""
    return seconds > left + LATE_SECONDS


def likely(left: tuple[float, float]) -> float:
    """The one figure for seconds that lie between two ends: their geometric mean, since rates are wrong by factors."""
    low, high = left
    return math.sqrt(max(low, 0.1 * high) * high)
