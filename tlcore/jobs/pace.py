"""How far a whole job is, and how long it still takes, between two of its events: both move on by the clock.

The worker (pipeline/eta.py) and whoever shows a bar reckon alike, so that a bar never goes back when an event comes.
"""

import math

FULLEST = 0.98  # of a bar, while anything is left to do
LATE_SHARE = 0.3  # of the time left that is still told when it has gone by and nothing was heard


def advance(share: float, left: float, seconds: float) -> float:
    """The share (0–1) that is done some seconds after `share` was, when `left` seconds were left.

    It comes ever closer to `FULLEST` and no farther: a bar that is full has ended.
    """
    return FULLEST - max(0.0, FULLEST - share) * math.exp(-seconds / left) if left > 0 else share


def left_after(left: float, seconds: float) -> float:
    """The seconds that are left some seconds later, with what is late counted as still to come."""
    return max(left - seconds, LATE_SHARE * left)


def likely(left: tuple[float, float]) -> float:
    """The one figure for seconds that lie between two ends: their geometric mean, since rates are wrong by factors."""
    low, high = left
    return math.sqrt(max(low, 0.1 * high) * high)
