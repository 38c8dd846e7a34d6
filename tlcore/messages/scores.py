"""A test score in words."""


def score_message(correct: int, total: int, low: float, high: float) -> str:
    """The one way in which a score is told: "46 of 50 right (92 %; plausibly 81–97 %)".

    Args:
        correct, total: test photos. low, high: the 95 % interval of their share, 0–1.
    """
    if not total:
        return "no photos to test on"
    words = f"{correct} of {total} right ({correct / total:.0%}; plausibly {low * 100:.0f}–{high:.0%})"
    return words.replace("%", " %")
