"""What probabilities are worth, in words."""

from tlcore.evaluation.calibration import CROSS_VALIDATION, Calibration, Reliability
from tlcore.messages.quantities import count, percent

TITLE = "Is its confidence honest? (calibration)"
WHAT = "A model that says 80% should be correct for 80 of 100 such photos."
DIAGRAM = (
    "Each point is a tenth of the photos or more, from the least confident to the most; its line is the 95% interval. "
    "On the dashed line, confidence is as high as the share that is correct."
)
NEVER = "This run was trained by an earlier version. Train again to see how honest its confidence is."


def calibration_finding(found: Calibration) -> str:
    """What was found, in one sentence."""
    reliability = found.after
    if reliability is None:
        return "There are too few photos to say how honest its confidence is."
    apart = sum(each.confidence * each.total - each.correct for each in reliability.bins) / found.total
    if reliability.low <= 0.02 and abs(apart) < 0.02:
        return f"Its confidence is honest: on average {_off(reliability)} from how often it is correct."
    way = "overconfident" if apart > 0 else "too cautious"
    return f"It is {way}: on average, its confidence is {_off(reliability)} from how often it is correct."


def error_message(found: Calibration) -> str:
    """The expected calibration error, before and after, each with its likely range."""
    before, after = found.before, found.after
    if before is None or after is None:
        return ""
    error = f"Expected calibration error: {_error(after)}"
    if found.temperature == 1:
        return f"{error}. Its probabilities were left as they were."
    return f"{error}, before calibration {_error(before)}."


def temperature_message(found: Calibration) -> str:
    """What the temperature does and what it was found on."""
    photos = "photos that each model had not seen" if found.source == CROSS_VALIDATION else "the validation photos"
    if found.temperature == 1:
        return f"Measured on {count(found.total, 'photo')}."
    does = "less" if found.temperature > 1 else "more"
    return (
        f"Measured on {count(found.total, 'photo')}. The model was made {does} confident (temperature "
        f"{found.temperature:.2f}), as {photos} asked for. No prediction changes."
    )


def reliability_alt_text(reliability: Reliability) -> str:
    """What the reliability diagram shows, bin by bin."""
    bins = "; ".join(f"{percent(each.correct / each.total)} at {percent(each.confidence)}" for each in reliability.bins)
    return f"Share of photos that are correct, by confidence: {bins}."


def _off(reliability: Reliability) -> str:
    return _points(reliability.error)


def _points(share: float) -> str:
    points = round(100 * share)
    return "less than 1 point" if points < 1 else count(points, "point")


def _error(reliability: Reliability) -> str:
    low, high = percent(reliability.low, 1).removesuffix("%"), percent(reliability.high, 1)
    return f"{percent(reliability.error, 1)} (likely range {low}–{high})"
