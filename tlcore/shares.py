"""Shares (0–1) in words: one way to round for sentences, tables and charts, so that they never differ."""

import math

EXACT = 1e-9
"""How near 0 or 1 a share is just that: intervals and sums end there but for the last digit of a float."""


def percent(share: float, digits: int = 0) -> str:
    """A share as people write it, "92%".

    In whole percents what is not all is never "100%" but at most "99.9%", and what is not nothing is "<1%", not "0%".
    """
    words = f"{share * 100:.{digits}f}%"
    if digits == 0 and words == "100%" and share < 1 - EXACT:
        return f"{min(99.9, math.floor(share * 1000 + 1e-6) / 10):.1f}%"
    if digits == 0 and words == "0%" and share > EXACT:
        return "<1%"
    return words


def percent_range(low: float, high: float) -> str:
    """Two shares as a range: "83–93%"."""
    return f"{percent(low).removesuffix('%')}–{percent(high)}"
