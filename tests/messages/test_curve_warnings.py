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

LOWER, LOWER_FINE_TUNE = (
    LearningRateChange("learning_rate", 0.001),
    LearningRateChange("fine_tune_learning_rate", 0.0003),
)


@pytest.mark.parametrize(
    ("warning", "words", "reason"),
    [
        (
            LearningRateTooHigh(Diverged(), LOWER),
            "The learning rate is too high: the loss grew without limit (it diverged). "
            "Choose a lower learning rate, such as 0.001.",
            "no finite loss",
        ),
        (
            LearningRateTooHigh(LossAboveUniform(1, 5.51, 1.95), LOWER_FINE_TUNE),
            "The learning rate is too high: the loss in epoch 1 is 5.5; random guessing would give 1.9. "
            "Choose a lower fine-tuning learning rate, such as 0.0003.",
            "an enormous loss while fine-tuning",
        ),
        (
            LearningRateTooHigh(WorseThanHead(0.14, 0.71), LearningRateChange("learning_rate", None)),
            "The learning rate is too high: fine-tuning lowered the validation accuracy from 71% to 14%. "
            "It can hardly go lower, so check that every photo is in the correct class.",
            "forgotten, and nothing smaller is allowed",
        ),
        (
            LearningRateTooLow(8, True, LOWER),
            "The learning rate is too low: the loss has hardly moved in 8 epochs. "
            "Choose a higher learning rate, such as 0.001.",
            "stuck",
        ),
        (
            LearningRateTooLow(8, False, LOWER),
            "The learning rate is too low: the loss falls so slowly that it will still be falling after the last "
            "epoch. Choose a higher learning rate, such as 0.001.",
            "slow",
        ),
        (
            Overfitting(30, False, 1.0, 0.89, 0.83, 0.93, True, 22, None, False, False),
            "It is memorising its photos (overfitting): in epoch 30, 100% of the training photos are correct, but only "
            "89% of the validation photos (likely range 83–93%). The validation loss has not improved since epoch 22. "
            "Add photos, or turn on augmentation. The best epoch is kept, so nothing is lost.",
            "a head, while it trains",
        ),
        (
            Overfitting(24, True, 0.998, 0.89, 0.83, 0.93, True, 22, None, False, False),
            "It is memorising its photos (overfitting): in epoch 24, the one that was kept, 99.8% of the training "
            "photos are correct, but only 89% of the validation photos (likely range 83–93%). The validation loss has "
            "not improved since epoch 22. Add photos, or turn on augmentation. The best epoch is kept, so nothing is "
            "lost.",
            "a head that has ended: the figures are those that the chart marks",
        ),
        (
            Overfitting(3, True, 0.91, 0.9, 0.84, 0.94, False, 3, None, False, False),
            "It is memorising its photos (overfitting): in epoch 3, the one that was kept, 91% of the training photos "
            "are correct, and 90% of the validation photos (likely range 84–94%). After that only the training photos "
            "got better. The validation loss has not improved since epoch 3. Add photos, or turn on augmentation. The "
            "best epoch is kept, so nothing is lost.",
            "the gap came after what was kept",
        ),
        (
            Overfitting(30, False, 1.0, 0.89, 0.83, 0.93, True, 22, None, True, True),
            "It is memorising its photos (overfitting): in epoch 30, 100% of the training photos are correct, but only "
            "89% of the validation photos (likely range 83–93%). The validation loss has not improved since epoch 22. "
            "Add photos. An earlier epoch is kept if it was clearly better.",
            "while fine-tuning, and the photos vary already",
        ),
        (
            Overfitting(30, False, 1.0, 0.89, 0.83, 0.93, True, 1, LOWER, False, False),
            "It is memorising its photos (overfitting): in epoch 30, 100% of the training photos are correct, but only "
            "89% of the validation photos (likely range 83–93%). The validation loss has not improved since epoch 1. "
            "Choose a lower learning rate, such as 0.001.",
            "the learning rate is to blame",
        ),
        (
            ClassNeverPredicted(("a",), 6, 174, True),
            "The class “a” is never predicted: 6 of the 174 validation photos belong to it. "
            "Add photos of it, or turn on class weights so that rare classes count more.",
            "one, and rare",
        ),
        (
            ClassNeverPredicted(("a", "b", "c"), 60, 174, False),
            "The classes “a”, “b” and “c” are never predicted: 60 of the 174 validation photos belong to them. "
            "Train for more epochs. If that doesn’t help, check that these photos are in the correct class.",
            "three are named",
        ),
        (
            ClassNeverPredicted(tuple("abcdefg"), 60, 174, True),
            "The classes “a”, “b”, “c” and 4 more are never predicted: 60 of the 174 validation photos belong to them. "
            "Add photos of them, or turn on class weights so that rare classes count more.",
            "seven are counted",
        ),
        (
            ValidationTooSmall(14, 0.64, 0.39, 0.84, 85),
            "Only 14 validation photos, too few to judge by: 64% correct has a likely range of 39–84%. Add photos "
            "until about 85 are used for validation. Until then, don’t rely on small differences.",
            "a few",
        ),
        (
            ValidationTooSmall(1, 1.0, 0.21, 1.0, 16),
            "Only 1 validation photo, too few to judge by: 100% correct has a likely range of 21–100%. Add photos "
            "until about 16 are used for validation. Until then, don’t rely on small differences.",
            "one",
        ),
    ],
)
def test_a_warning_in_words(warning, words, reason):
    assert str(curve_warning_message(warning)).replace("\u00a0", " ") == words, reason


def test_a_label_with_brackets_does_not_tear_the_title_apart():
    message = curve_warning_message(ClassNeverPredicted(("a):b",), 6, 60, False))
    assert message.title == "The class “a):b” is never predicted"


@pytest.mark.parametrize("name", sorted(path.stem for path in CURVES.glob("*.json")))
def test_whatever_a_recorded_training_warns_of_has_words(name):
    for number in range(1, len(recorded(name).epochs) + 1):
        for warning in recorded(name).warnings(number):
            message = curve_warning_message(warning)
            assert (
                not message.title.endswith((".", ":")) and message.finding.endswith(".") and message.fix.endswith(".")
            )
