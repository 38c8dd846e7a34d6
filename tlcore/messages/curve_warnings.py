"""What the curves of a training warn of, in words: what is wrong, what shows it, and one thing to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.evaluation.curves import (
    ClassNeverPredicted,
    CurveWarning,
    Diverged,
    LearningRateChange,
    LearningRateTooHigh,
    LearningRateTooLow,
    LossAboveUniform,
    Overfitting,
    ValidationTooSmall,
    WorseThanHead,
)
from tlcore.messages.quantities import percent, percent_range

MOST_NAMED = 3  # classes; more are counted
STEP_SIZES = {"learning_rate": "step size", "fine_tune_learning_rate": "step size with the network open"}
"""What the learning rates are called within a sentence, by their settings."""


@dataclass(frozen=True)
class WarningMessage:
    """A warning in words.

    `title`: what is wrong, with the technical term in brackets, no full stop; `finding` and `fix`: a sentence or two
    each, what the figures show and what to do. Labels of a user stand in them as they are: show them as plain text.
    """

    title: str
    finding: str
    fix: str

    def __str__(self) -> str:
        return f"{self.title}: {self.finding} {self.fix}"


def curve_warning_message(warning: CurveWarning) -> WarningMessage:
    """A warning of `find_curve_warnings` in words."""
    match warning:
        case LearningRateTooHigh():
            fix = _smaller_steps(warning.change)
            return WarningMessage("The steps are too large (learning rate too high)", f"{_sign(warning)}.", fix)
        case LearningRateTooLow():
            fix = f"Choose a larger {STEP_SIZES[warning.change.setting]}, such as {warning.change.suggested:g}."
            return WarningMessage("The steps are too small (learning rate too low)", _too_slow(warning), fix)
        case Overfitting():
            return _overfitting(warning)
        case ClassNeverPredicted():
            return _never_predicted(warning)
        case ValidationTooSmall():
            return _validation_too_small(warning)


def _sign(warning: LearningRateTooHigh) -> str:
    match warning.sign:
        case Diverged():
            return "the figures have run away to infinity"
        case LossAboveUniform(epoch, loss, uniform_loss):
            return (
                f"in round {epoch} the loss is {loss:.1f}, and without having learned anything it would be "
                f"{uniform_loss:.1f}"
            )
        case WorseThanHead(accuracy, before):
            return (
                f"with the network open, {percent(accuracy)} of the validation photos are right, and "
                f"{percent(before)} were before"
            )


def _smaller_steps(change: LearningRateChange) -> str:
    if change.suggested is None:
        return "Look whether the photos have the right labels: the steps can hardly be smaller."
    return f"Choose a smaller {STEP_SIZES[change.setting]}, such as {change.suggested:g}."


def _too_slow(warning: LearningRateTooLow) -> str:
    if warning.stuck:
        return f"in {warning.num_epochs} rounds the loss has hardly moved."
    return "the loss falls so slowly that it will still be on its way down after the last round."


def _overfitting(warning: Overfitting) -> WarningMessage:
    finding = (
        f"of those {percent(warning.accuracy)} are right, of the validation photos {percent(warning.val_accuracy)} "
        f"(plausibly {percent_range(warning.low, warning.high)}), whose loss has not fallen since round "
        f"{warning.best_epoch}."
    )
    if warning.change is not None:
        fix = _smaller_steps(warning.change)
    else:
        add = "Add photos." if warning.augmented else "Add photos, or vary those you have (augmentation)."
        kept = (
            "An earlier round is kept where it was clearly better."
            if warning.fine_tuning
            else "The best round is kept, so nothing is lost."
        )
        fix = f"{add} {kept}"
    return WarningMessage("It learns its photos by heart (over-fitting)", finding, fix)


def _never_predicted(warning: ClassNeverPredicted) -> WarningMessage:
    one = len(warning.labels) == 1
    them = "it" if one else "them"
    who = f"The class “{warning.labels[0]}” is" if one else f"The classes {_listed(warning.labels)} are"
    finding = f"{warning.num_photos} of the {warning.num_validation} validation photos are of {them}."
    fix = (
        f"Add photos of {them}, or let rare classes count more (class weights)."
        if warning.rare
        else "Let it learn for more rounds; if that does not help, look whether these photos have the right label."
    )
    return WarningMessage(f"{who} never the answer (never predicted)", finding, fix)


def _listed(labels: Sequence[str]) -> str:
    """“a”, “b” and “c”; of many the first, and how many more."""
    names = [f"“{label}”" for label in labels[:MOST_NAMED]]
    if len(labels) > MOST_NAMED:
        names.append(f"{len(labels) - MOST_NAMED} more")
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _validation_too_small(warning: ValidationTooSmall) -> WarningMessage:
    total = warning.num_validation
    photos = "1 photo is too little" if total == 1 else f"{total} photos are few"
    finding = f"{percent(warning.accuracy)} right may as well be {percent_range(warning.low, warning.high)}."
    fix = (
        f"Add photos until about {warning.num_enough} of them are for validation, "
        "and do not choose by small differences until then."
    )
    return WarningMessage(f"{photos} to check with (validation part too small)", finding, fix)
