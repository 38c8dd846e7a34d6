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


def score_detail(correct: int, total: int, low: float, high: float, label: str = "test photos") -> str:
    """What stands under a score's number: "46 of 50 test photos correct · likely range 81–97%".

    Args:
        label: what was counted, in the plural.
    """
    if not total:
        return f"No {label}"
    noun = label.removesuffix("s") if total == 1 else label
    return f"{correct:,} of {total:,} {noun} correct · likely range {percent_range(low, high)}"


def score_interval_alt_text(correct: int, total: int, low: float, high: float) -> str:
    """What the bar of a score shows: "92% correct, with a likely range from 81% to 97%"."""
    return f"{percent(correct / total)} correct, with a likely range from {percent(low)} to {percent(high)}"
