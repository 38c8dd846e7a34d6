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
from tlcore.messages.quantities import count, percent, percent_range

MOST_NAMED = 3  # classes; more are counted
LEARNING_RATES = {"learning_rate": "learning rate", "fine_tune_learning_rate": "fine-tuning learning rate"}
"""What the learning rates are called within a sentence, by their settings."""


@dataclass(frozen=True)
class WarningMessage:
    """A warning in words.

    `title`: what is wrong, with the technical term in brackets, no full stop; `finding` and `fix`: a sentence or two
    each, what the figures show and what to do. They hold a user's labels unescaped: show them as plain text.
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
            return WarningMessage(
                "The learning rate is too high", f"{_sign(warning)}.", _lower_learning_rate(warning.change)
            )
        case LearningRateTooLow():
            fix = f"Choose a higher {LEARNING_RATES[warning.change.setting]}, such as {warning.change.suggested:g}."
            return WarningMessage("The learning rate is too low", _too_slow(warning), fix)
        case Overfitting():
            return _overfitting(warning)
        case ClassNeverPredicted():
            return _never_predicted(warning)
        case ValidationTooSmall():
            return _validation_too_small(warning)


def _sign(warning: LearningRateTooHigh) -> str:
    match warning.sign:
        case Diverged():
            return "the loss grew without limit (it diverged)"
        case LossAboveUniform(epoch, loss, uniform_loss):
            return f"the loss in epoch {epoch} is {loss:.1f}; random guessing would give {uniform_loss:.1f}"
        case WorseThanHead(accuracy, before):
            return f"fine-tuning lowered the validation accuracy from {percent(before)} to {percent(accuracy)}"


def _lower_learning_rate(change: LearningRateChange) -> str:
    if change.suggested is None:
        return "It can hardly go lower, so check that every photo is in the correct class."
    return f"Choose a lower {LEARNING_RATES[change.setting]}, such as {change.suggested:g}."


def _too_slow(warning: LearningRateTooLow) -> str:
    if warning.stuck:
        return f"the loss has hardly moved in {warning.num_epochs} epochs."
    return "the loss falls so slowly that it will still be falling after the last epoch."


def _overfitting(warning: Overfitting) -> WarningMessage:
    where = f"in epoch {warning.epoch}{', the one that was kept' if warning.kept else ''}"
    but = "but only" if warning.apart else "and"
    later = "" if warning.apart else "After that only the training photos got better. "
    finding = (
        f"{where}, {percent(warning.accuracy)} of the training photos are correct, {but} "
        f"{percent(warning.val_accuracy)} of the validation photos (likely range "
        f"{percent_range(warning.low, warning.high)}). {later}The validation loss has not improved since epoch "
        f"{warning.best_epoch}."
    )
    if warning.change is not None:
        fix = _lower_learning_rate(warning.change)
    else:
        add = "Add photos." if warning.augmented else "Add photos, or turn on augmentation."
        kept = (
            "An earlier epoch is kept if it was clearly better."
            if warning.fine_tuning
            else "The best epoch is kept, so nothing is lost."
        )
        fix = f"{add} {kept}"
    return WarningMessage("It is memorising its photos (overfitting)", finding, fix)


def _never_predicted(warning: ClassNeverPredicted) -> WarningMessage:
    one = len(warning.labels) == 1
    them = "it" if one else "them"
    who = f"The class “{warning.labels[0]}” is" if one else f"The classes {_listed(warning.labels)} are"
    belong = "belongs" if warning.num_photos == 1 else "belong"
    finding = f"{warning.num_photos} of the {warning.num_validation} validation photos {belong} to {them}."
    fix = (
        f"Add photos of {them}, or turn on class weights so that rare classes count more."
        if warning.rare
        else "Train for more epochs. If that doesn’t help, check that these photos are in the correct class."
    )
    return WarningMessage(f"{who} never predicted", finding, fix)


def _listed(labels: Sequence[str]) -> str:
    """“a”, “b” and “c”; of many the first, and how many more."""
    names = [f"“{label}”" for label in labels[:MOST_NAMED]]
    if len(labels) > MOST_NAMED:
        names.append(f"{len(labels) - MOST_NAMED} more")
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _validation_too_small(warning: ValidationTooSmall) -> WarningMessage:
    total = warning.num_validation
    finding = f"{percent(warning.accuracy)} correct has a likely range of {percent_range(warning.low, warning.high)}."
    fix = (
        f"Add photos until about {warning.num_enough} are used for validation. "
        "Until then, don’t rely on small differences."
    )
    return WarningMessage(f"Only {count(total, 'validation photo')}, too few to judge by", finding, fix)
