"""Cross-validation and what a model learned from in the end, in words for pages, terminal and README."""

from collections.abc import Mapping
from typing import Any

from tlcore.evaluation.cross_validation import CrossValidation
from tlcore.evaluation.report import Report
from tlcore.messages.durations import about_message
from tlcore.messages.quantities import count, percent
from tlcore.messages.scores import score_message

TITLE = "Every photo tested once"
WHAT = (
    "The photos are split into parts (folds). Each part is predicted by a model that learned only from the others, "
    "so every photo is a test photo once."
)
STOPPED = "Testing all photos was stopped. The model and its test score are not affected."
WHY = "The test score rests on a few photos. Test all of them, and its likely range gets narrower."


def cross_validation_title(found: CrossValidation) -> str:
    """What it is called: "Every photo tested once (5-fold cross-validation)"."""
    which = TITLE if found.with_test else "Every photo but the test photos, tested once"
    return f"{which} ({found.folds}-fold cross-validation)"


def cross_validation_message(found: CrossValidation) -> str:
    """Its score in one line, for a terminal: title and score."""
    return f"{cross_validation_title(found)}: {score_message(found.correct, found.total, *found.interval)}"


def how_message(found: CrossValidation) -> str:
    """What its score means, in a sentence."""
    share = percent(1 - 1 / found.folds)
    if found.models > 1:
        each = f"For each of the {found.folds} parts, {count(found.models, 'model')} learned from the others"
        return f"{each} (about {share} of the photos), and their combined answer was tested on that part."
    each = f"{count(found.folds, 'model')} learned from about {share} of the photos each"
    return f"{each}, and every photo was predicted by the one that had not seen it."


def spread_message(found: CrossValidation) -> str:
    """How much the folds differ: "The 5 models got 88% to 98% of their photos correct."."""
    shares = found.fold_table["accuracy"]
    low, high = percent(float(shares.min())), percent(float(shares.max()))
    if found.models > 1:
        spread = f"{low} in each" if low == high else f"between {low} and {high}"
        return f"Part by part, {spread} of the photos were predicted correctly."
    if low == high:
        return f"Each of the {found.folds} models got {low} of its photos correct."
    return f"The {found.folds} models got {low} to {high} of their photos correct."


def test_comparison_message(found: CrossValidation, test: Report) -> str:
    """How much more it rests on than the test score; "" where that is not more."""
    if not test.total or found.total <= test.total:
        return ""
    narrower = found.interval[1] - found.interval[0] < test.high - test.low
    return (
        f"The score rests on {count(found.total, 'photo')} instead of {count(test.total, 'test photo')}"
        f"{', so its likely range is narrower' if narrower else ''}."
    )


def coverage_message(found: CrossValidation) -> str:
    """What the likely range is of, and what it allows for."""
    words = "The likely range is for models trained this way, on new photos of the same kind (95% confidence interval)."
    if found.num_groups < found.total:
        words += f" It allows for {count(found.num_groups, 'group')} of photos that belong together."
    return words


def offer_message(seconds: tuple[float, float] | None, folds: int) -> str:
    """What the button will do and how long that takes; `seconds`: at least and at most, None where nobody knows."""
    takes = "" if seconds is None else f", which takes {about_message(*seconds)}"
    return f"This trains {count(folds, 'model')}{takes}."


def refit_message(info: Mapping[str, Any]) -> str:
    """Which photos a shipped model learned from, where these are more than the training photos; "" where they are not.

    Args:
        info: the content of its `model.json`, which anybody may have written.
    """
    refit = info.get("refit")
    if not isinstance(refit, Mapping) or type(photos := refit.get("photos")) is not int:
        return ""
    which = f"all {photos:,} photos" if refit.get("with_test") is True else f"all {photos:,} photos but the test photos"
    if not isinstance(info.get("cross_validation"), Mapping):
        return f"This model learned from {which}; the test score is of the same training without the test photos."
    return (
        f"This model learned from {which}; the score is from cross-validation, in which every photo was predicted by "
        "a model that had not seen it."
    )
