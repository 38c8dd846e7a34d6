"""A test score in words."""

from tlcore.messages.quantities import percent, percent_range


def score_message(correct: int, total: int, low: float, high: float) -> str:
    """A score in its one wording: "92% correct: 46 of 50 (likely range 81–97%)".

    Args:
        correct, total: test photos. low, high: the 95% interval of their share, 0–1.
    """
    if not total:
        return "no test photos"
    return f"{percent(correct / total)} correct: {correct:,} of {total:,} (likely range {percent_range(low, high)})"
