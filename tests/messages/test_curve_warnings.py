"""Warnings in words: what is wrong with its term in brackets, the figures, and one thing to do."""

import pytest

from tests.recorded_curves import CURVES, recorded
from tlcore.evaluation.curves import (
    ClassNeverPredicted,
    Diverged,
    LearningRateChange,
    LearningRateTooHigh,
    LearningRateTooLow,
    LossAboveUniform,
    Overfitting,
    ValidationTooSmall,
    WorseThanHead,
)
from tlcore.messages.curve_warnings import curve_warning_message

STEPS, OPEN_STEPS = LearningRateChange("learning_rate", 0.001), LearningRateChange("fine_tune_learning_rate", 0.0003)


@pytest.mark.parametrize(
    ("warning", "words", "reason"),
    [
        (
            LearningRateTooHigh(Diverged(), STEPS),
            "The steps are too large (learning rate too high): the figures have run away to infinity. "
            "Choose a smaller step size, such as 0.001.",
            "no finite loss",
        ),
        (
            LearningRateTooHigh(LossAboveUniform(1, 5.51, 1.95), OPEN_STEPS),
            "The steps are too large (learning rate too high): in round 1 the loss is 5.5, and without having learned "
            "anything it would be 1.9. Choose a smaller step size with the network open, such as 0.0003.",
            "an enormous loss, with the network open",
        ),
        (
            LearningRateTooHigh(WorseThanHead(0.14, 0.71), LearningRateChange("learning_rate", None)),
            "The steps are too large (learning rate too high): with the network open, 14% of the validation photos "
            "are right, and 71% were before. Look whether the photos have the right labels: the steps can hardly be "
            "smaller.",
            "forgotten, and nothing smaller is allowed",
        ),
        (
            LearningRateTooLow(8, True, STEPS),
            "The steps are too small (learning rate too low): in 8 rounds the loss has hardly moved. "
            "Choose a larger step size, such as 0.001.",
            "stuck",
        ),
        (
            LearningRateTooLow(8, False, STEPS),
            "The steps are too small (learning rate too low): the loss falls so slowly that it will still be on its "
            "way down after the last round. Choose a larger step size, such as 0.001.",
            "slow",
        ),
        (
            Overfitting(1.0, 0.89, 0.83, 0.93, 22, None, False, False),
            "It learns its photos by heart (over-fitting): of those 100% are right, of the validation photos 89% "
            "(plausibly 83–93%), whose loss has not fallen since round 22. Add photos, or vary those you have "
            "(augmentation). The best round is kept, so nothing is lost.",
            "a head",
        ),
        (
            Overfitting(1.0, 0.89, 0.83, 0.93, 22, None, True, True),
            "It learns its photos by heart (over-fitting): of those 100% are right, of the validation photos 89% "
            "(plausibly 83–93%), whose loss has not fallen since round 22. Add photos. An earlier round is kept where "
            "it was clearly better.",
            "with the network open, and the photos vary already",
        ),
        (
            Overfitting(1.0, 0.89, 0.83, 0.93, 1, STEPS, False, False),
            "It learns its photos by heart (over-fitting): of those 100% are right, of the validation photos 89% "
            "(plausibly 83–93%), whose loss has not fallen since round 1. Choose a smaller step size, such as 0.001.",
            "the steps are to blame",
        ),
        (
            ClassNeverPredicted(("a",), 6, 174, True),
            "The class “a” is never the answer (never predicted): 6 of the 174 validation photos are of it. "
            "Add photos of it, or let rare classes count more (class weights).",
            "one, and rare",
        ),
        (
            ClassNeverPredicted(("a", "b", "c"), 60, 174, False),
            "The classes “a”, “b” and “c” are never the answer (never predicted): 60 of the 174 validation photos are "
            "of them. Let it learn for more rounds; if that does not help, look whether these photos have the right "
            "label.",
            "three are named",
        ),
        (
            ClassNeverPredicted(tuple("abcdefg"), 60, 174, True),
            "The classes “a”, “b”, “c” and 4 more are never the answer (never predicted): 60 of the 174 validation "
            "photos are of them. Add photos of them, or let rare classes count more (class weights).",
            "seven are counted",
        ),
        (
            ValidationTooSmall(14, 0.64, 0.39, 0.84, 85),
            "14 photos are few to check with (validation part too small): 64% right may as well be 39–84%. Add "
            "photos until about 85 of them are for validation, and do not choose by small differences until then.",
            "a few",
        ),
        (
            ValidationTooSmall(1, 1.0, 0.21, 1.0, 16),
            "1 photo is too little to check with (validation part too small): 100% right may as well be 21–100%. Add "
            "photos until about 16 of them are for validation, and do not choose by small differences until then.",
            "one",
        ),
    ],
)
def test_a_warning_in_words(warning, words, reason):
    assert str(curve_warning_message(warning)).replace("\u00a0", " ") == words, reason


def test_a_label_with_brackets_does_not_tear_the_title_apart():
    message = curve_warning_message(ClassNeverPredicted(("a):b",), 6, 60, False))
    assert message.title == "The class “a):b” is never the answer (never predicted)"


@pytest.mark.parametrize("name", sorted(path.stem for path in CURVES.glob("*.json")))
def test_whatever_a_recorded_training_warns_of_has_words(name):
    for number in range(1, len(recorded(name).epochs) + 1):
        for warning in recorded(name).warnings(number):
            message = curve_warning_message(warning)
            assert message.title.endswith(")") and message.finding.endswith(".") and message.fix.endswith(".")
