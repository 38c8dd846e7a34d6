"""The warnings come on trainings that show what they are for, and on no others; they were recorded (curves/)."""

import math
from dataclasses import replace

import pytest

from tests.recorded_curves import CURVES, recorded, without_class
from tlcore.config import TrainConfig, defaults_for
from tlcore.evaluation.curve_warnings import find_curve_warnings
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
from tlcore.events import EpochEnd

HIGH, LOW, HEART = LearningRateTooHigh.kind, LearningRateTooLow.kind, Overfitting.kind
SILENT, SMALL = ClassNeverPredicted.kind, ValidationTooSmall.kind


@pytest.mark.parametrize(
    ("name", "expected", "reason"),
    [
        ("digits-usual", set(), "1,100 digits with the usual settings: 100% of known ones right, 95% of others"),
        ("cats-dogs-usual", set(), "the usual settings, and photos like those the network knows"),
        ("two-classes-usual", set(), "a gap of few photos may be chance"),
        ("emoji-slow", set(), "a tenth of the usual steps, yet the curve has bent before the last round"),
        ("emoji-cosine", set(), "steps that shrink: the curve is flat at the end because it is told to be"),
        ("hybrid-gains", {SMALL}, "opens the network and gains; only its validation part is small"),
        ("hybrid-digits", set(), "the usual settings but for smaller pictures, on photos that need them"),
        ("fine-tuning-usual", {SMALL}, "loses a little in its first open round and recovers"),
        ("emoji-usual", {HEART}, "100% of known emoji right, 89% of others, and no better for eight rounds"),
        ("hybrid-emoji", {HEART}, "the usual settings: 100% against 88%, though the loss does not climb"),
        ("emoji-by-heart", {HEART}, "ten times the usual steps: all that helps is learned in the first round"),
        ("random-labels", {HEART, SMALL}, "nothing to learn but the photos themselves"),
        ("fine-tuning-by-heart", {HEART}, "few photos, nothing varied, everything open"),
        ("emoji-steps-too-large", {HIGH}, "a hundred times the usual steps"),
        ("cats-dogs-steps-too-large", {HIGH}, "the same, though 97% come out right in spite of it"),
        ("hybrid-steps-too-large", {HIGH, SMALL}, "a good head first; then the open part breaks"),
        ("fine-tuning-steps-too-large", {HIGH, SMALL}, "a good head first; then the network breaks"),
        ("hybrid-falls-back", {HIGH, SMALL}, "the open part forgets what the head could do; no loss is enormous"),
        ("scratch-steps-too-large", {HIGH}, "breaks at once and stays where nothing moves: not a case of too small"),
        ("emoji-steps-too-small", {LOW}, "a hundredth of the usual steps"),
        ("digits-steps-too-small", {LOW}, "the same on other pictures"),
        ("cosine-steps-too-small", {LOW}, "the same with steps that shrink besides"),
        ("hybrid-steps-too-small", {LOW, SMALL}, "the open part does not move"),
        ("scratch-steps-too-small", {LOW}, "nothing moves"),
        ("scratch-one-answer", {SILENT}, "the same answer for all validation photos: not learned by heart, not at all"),
        ("few-photos", {SMALL}, "14 photos to check with; its gap may be chance"),
    ],
)
def test_a_training_warns_of_what_it_shows_and_of_nothing_else(name, expected, reason):
    assert recorded(name).kinds() == expected, reason


@pytest.mark.parametrize(
    ("name", "kind", "earliest", "reason"),
    [
        ("emoji-steps-too-large", HIGH, 1, "the first round says it all"),
        ("hybrid-steps-too-large", HIGH, 11, "the first round with the network open"),
        ("hybrid-falls-back", HIGH, 13, "three rounds with the network open agree"),
        ("emoji-steps-too-small", LOW, 5, "a pace takes a few rounds to judge"),
        ("hybrid-steps-too-small", LOW, 15, "five rounds of the open phase"),
        ("emoji-by-heart", HEART, 4, "three rounds after the best one"),
        ("scratch-one-answer", SILENT, 3, "three rounds agree"),
        ("few-photos", SMALL, 1, "known from the first round"),
    ],
)
def test_a_warning_comes_while_the_training_runs_and_stays(name, kind, earliest, reason):
    training = recorded(name)
    shown = [rounds for rounds in range(1, len(training.epochs) + 1) if kind in training.kinds(rounds)]
    assert shown == list(range(earliest, len(training.epochs) + 1)), reason


@pytest.mark.parametrize("name", ["digits-usual", "cats-dogs-usual", "emoji-slow", "emoji-cosine"])
def test_a_training_that_goes_well_is_left_alone_all_along(name):
    training = recorded(name)
    assert not [rounds for rounds in range(len(training.epochs) + 1) if training.kinds(rounds) - {SMALL}]


@pytest.mark.parametrize("name", sorted(path.stem for path in CURVES.glob("*.json")))
def test_steps_of_the_usual_size_are_never_called_wrong(name):
    training = recorded(name)
    usual, rates = defaults_for(training.config.strategy), ("learning_rate", "fine_tune_learning_rate")
    if all(getattr(training.config, rate) == getattr(usual, rate) for rate in rates):
        assert not [rounds for rounds in range(len(training.epochs) + 1) if training.kinds(rounds) & {HIGH, LOW}]


def drawn(known: float, others: list[float], climb: float) -> list[EpochEnd]:
    """Rounds whose validation loss climbs by this share of 0.5 a round after the first."""
    return [
        EpochEnd(number, 20, 0.4 / number, known, 0.5 * (1 + climb * (number - 1)), share, 0.1)
        for number, share in enumerate(others, start=1)
    ]


@pytest.mark.parametrize(
    ("epochs", "photos", "expected", "reason"),
    [
        (drawn(1.0, [0.9] * 6, 0.1), 500, {HEART}, "ten points beyond chance, and the loss climbs"),
        (drawn(1.0, [0.97] * 6, 0.1), 500, set(), "three points are usual, beyond chance or not"),
        (drawn(0.94, [0.88] * 6, 0.1), 50, set(), "six points of fifty photos may be chance"),
        (drawn(1.0, [0.93] * 6, 0.001), 500, set(), "seven points, but nothing gets worse"),
        (drawn(1.0, [0.8, 0.8, 0.8, 0.82, 0.85, 0.88], 0.1), 500, set(), "it still gets more of the others right"),
        (drawn(1.0, [0.9] * 3, 0.1), 500, set(), "too few rounds since the best one"),
    ],
)
def test_learning_by_heart_is_a_gap_that_is_large_and_no_chance_and_does_not_close(epochs, photos, expected, reason):
    found = find_curve_warnings(epochs, TrainConfig(), (photos // 2, photos // 2), ("cat", "dog"))
    assert {each.kind for each in found} == expected, reason


@pytest.mark.parametrize(
    ("is_over", "epoch", "figures", "apart", "reason"),
    [
        (False, 6, (1.0, 0.9), True, "while it trains: the newest, which the chart marks"),
        (True, 2, (0.94, 0.93), False, "of a training that is over: those of the model, which the chart marks"),
    ],
)
def test_the_figures_are_those_of_the_epoch_that_the_chart_marks(is_over, epoch, figures, apart, reason):
    kept = EpochEnd(2, 6, 0.2, 0.94, 0.05, 0.93, 0.1)
    epochs = [kept if end.epoch == 2 else end for end in drawn(1.0, [0.9] * 6, 0.1)]
    [found] = find_curve_warnings(epochs, TrainConfig(), (250, 250), ("cat", "dog"), is_over)
    assert (found.epoch, found.kept, (found.accuracy, found.val_accuracy)) == (epoch, is_over, figures), reason
    assert found.apart == apart, reason


def test_nothing_is_said_before_the_first_round():
    assert find_curve_warnings((), TrainConfig(), (5, 5), ("cat", "dog")) == []


def test_figures_that_ran_away_are_found():
    training = recorded("cats-dogs-usual")
    broken = [*training.epochs[:2], replace(training.epochs[2], loss=math.nan)]
    found = find_curve_warnings(broken, training.config, training.counts, training.labels)
    assert [each.kind for each in found] == [HIGH] and found[0].sign == Diverged()


@pytest.mark.parametrize(
    ("photos", "expected", "reason"),
    [(10, {HEART, SILENT}, "ten photos of the class: no chance"), (4, {HEART}, "four of them may be missed by chance")],
)
def test_a_class_is_called_silent_only_where_that_is_no_chance(photos, expected, reason):
    training = recorded("emoji-usual")
    epochs = [without_class(end, 1) for end in training.epochs]
    counts = [training.counts[0], photos, *training.counts[2:]]
    assert {each.kind for each in find_curve_warnings(epochs, training.config, counts, training.labels)} == expected, (
        reason
    )


def test_a_class_that_is_the_answer_in_the_kept_round_is_not_silent():
    training = recorded("emoji-usual")
    kept = min(training.epochs, key=lambda end: end.val_loss)
    epochs = [end if end is kept else without_class(end, 1) for end in training.epochs]
    assert SILENT not in {
        each.kind for each in find_curve_warnings(epochs, training.config, training.counts, training.labels)
    }


def test_old_files_do_not_tell_the_answers_and_nothing_is_said_of_them():
    training = recorded("scratch-one-answer")
    epochs = [replace(end, val_prediction_counts=()) for end in training.epochs]
    assert SILENT not in {
        each.kind for each in find_curve_warnings(epochs, training.config, training.counts, training.labels)
    }


USUAL, USUAL_OPEN = LearningRateChange("learning_rate", 0.001), LearningRateChange("fine_tune_learning_rate", 0.0003)


@pytest.mark.parametrize(
    ("name", "kind", "figures", "reason"),
    [
        ("emoji-usual", HEART, {"accuracy": 1.0, "val_accuracy": 0.9, "low": 0.83, "high": 0.94}, "both shares"),
        ("emoji-usual", HEART, {"change": None, "fine_tuning": False, "augmented": False}, "photos are what helps"),
        ("emoji-by-heart", HEART, {"best_epoch": 1, "change": USUAL}, "steps so large that one round was all"),
        ("fine-tuning-by-heart", HEART, {"fine_tuning": True, "change": None}, "with the network open"),
        ("emoji-steps-too-large", HIGH, {"sign": LossAboveUniform(1, 5.5, 1.9), "change": USUAL}, "an enormous loss"),
        ("hybrid-steps-too-large", HIGH, {"change": USUAL_OPEN}, "the learning rate of the phase that shows it"),
        ("hybrid-falls-back", HIGH, {"sign": WorseThanHead(0.14, 0.71), "change": USUAL_OPEN}, "before and after"),
        ("emoji-steps-too-small", LOW, {"stuck": False, "change": USUAL}, "it falls, but slowly"),
        ("hybrid-steps-too-small", LOW, {"stuck": True, "change": USUAL_OPEN}, "nothing moves"),
        ("scratch-one-answer", SILENT, {"labels": tuple("0124679")}, "all but three"),
        ("few-photos", SMALL, {"accuracy": 0.64, "low": 0.39, "high": 0.84, "num_enough": 85}, "14 of them"),
    ],
)
def test_a_warning_has_the_figures_that_it_rests_on(name, kind, figures, reason):
    found = next(each for each in recorded(name).warnings() if each.kind == kind)
    assert {key: _rounded(getattr(found, key)) for key in figures} == figures, reason


def _rounded(value: object) -> object:
    """Shares to whole percents, losses to one digit."""
    match value:
        case float():
            return round(value, 2)
        case LossAboveUniform(epoch, loss, uniform_loss):
            return LossAboveUniform(epoch, round(loss, 1), round(uniform_loss, 1))
        case WorseThanHead(accuracy, before):
            return WorseThanHead(round(accuracy, 2), round(before, 2))
    return value


@pytest.mark.parametrize(
    ("counts", "weighted", "rare"),
    [
        ((28, 6, 28, 28, 28, 28, 28), False, True),
        ((28, 6, 28, 28, 28, 28, 28), True, False),
        ((20, 20, 20, 20, 20, 20, 20), False, False),
    ],
    ids=["rare", "rare, weighted already", "as many as others"],
)
def test_a_class_that_is_never_predicted_may_be_too_rare(counts, weighted, rare):
    training = recorded("emoji-usual")
    epochs = [without_class(end, 1) for end in training.epochs]
    config = replace(training.config, class_weights=weighted)
    found = next(each for each in find_curve_warnings(epochs, config, counts, training.labels) if each.kind == SILENT)
    assert found == ClassNeverPredicted(("buildings",), counts[1], sum(counts), rare)


def test_photos_that_vary_already_need_not_be_varied():
    training = recorded("emoji-usual")
    varied = replace(training.config, rotation=15.0)
    [found] = find_curve_warnings(training.epochs, varied, training.counts, training.labels)
    assert found.kind == HEART and found.augmented


@pytest.mark.parametrize(
    ("rate", "suggested", "reason"),
    [
        (0.1, 0.001, "back to the usual one"),
        (1e-3, 1e-4, "a tenth of the usual one"),
        (1e-6, None, "the least there is"),
    ],
)
def test_a_smaller_learning_rate_is_suggested_as_long_as_there_is_one(rate, suggested, reason):
    broken = [EpochEnd(1, 30, math.inf, 0.5, 0.5, 0.5, 0.1)]
    found = find_curve_warnings(broken, TrainConfig(learning_rate=rate), (500, 500), ("cat", "dog"))
    assert found == [LearningRateTooHigh(Diverged(), LearningRateChange("learning_rate", suggested))], reason
