"""What more photos would bring, in words and for JSON."""

from dataclasses import asdict
from typing import Any

import pandas as pd

from tlcore.analysis.learning_curve import LearningCurve
from tlcore.messages.durations import about_message
from tlcore.messages.quantities import count, percent, percent_range

TITLE = "Would more photos help?"
WHAT_FOR = (
    "Trains on parts of your photos, small and large, to see how fast the score grows and what twice the photos would "
    "bring."
)
"""What the analysis is for, before somebody asks for it."""
FROM_SCRATCH = (
    "Train with a pretrained network to see what more photos would bring. This model was trained from scratch."
)


def offer_message(seconds: float) -> str:
    """How long it takes: "Takes about 20 s."."""
    return f"Takes {about_message(seconds, seconds)}."


def curve_message(curve: LearningCurve) -> str:
    """What to expect of more photos, and which class gains most: a sentence or two; "" while it is being made."""
    return " ".join(filter(None, (forecast_message(curve), gain_message(curve))))


def forecast_message(curve: LearningCurve) -> str:
    """ "With twice the photos, expect 93–96% (now 91%)."; "" while the curve is being made."""
    if not curve.forecasts:
        return ""
    twice, now = curve.forecasts[0], percent(curve.now.accuracy)
    low, high = percent(twice.low), percent(twice.high)
    expected = low if low == high else percent_range(twice.low, twice.high)
    if curve.hardly_helps:
        return f"More photos would hardly help: with twice as many, expect {expected} (now {now})."
    chance = "" if curve.helps else " The gain could be chance."
    return f"With twice the photos, expect {expected} (now {now}).{chance}"


def gain_message(curve: LearningCurve) -> str:
    """ "The class that gains most from photos: Birds."; "" while the curve is being made."""
    if not curve.is_whole or len(curve.gains) < 2:
        return ""
    if not curve.stands_out:
        return "No class gains clearly more than the others."
    return f"The class that gains most from photos: {curve.stands_out}."


def basis_message(curve: LearningCurve) -> str:
    """What the figures rest on."""
    photos = count(curve.num_tested, "photo")
    words = f"{photos} predicted at each size, always by models that had not trained on them."
    if not curve.exact:
        words += " Measured with the pretrained network before fine-tuning, so your model may score higher."
    return words


def curve_values(curve: LearningCurve) -> dict[str, Any]:
    """A curve for JSON, with its sentence."""
    return {"message": curve_message(curve), **asdict(curve)}


def gain_frame(curve: LearningCurve) -> pd.DataFrame:
    """By how much the recall of each class grows with twice the photos, the largest gain first, as a table in words."""
    rows = [
        (each.label, _points(each.gain), f"{_points(each.low)} to {_points(each.high)}")
        for each in sorted(curve.gains, key=lambda each: -each.gain)
    ]
    return pd.DataFrame(rows, columns=["Class", "Recall with twice the photos", "Likely range"])


def _points(share: float) -> str:
    """A difference of shares as percentage points: "+2.5"."""
    return f"{100 * share:+.1f} points".replace("-", "−")
