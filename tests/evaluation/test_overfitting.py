"""The round that a training keeps, and how much better it did on the photos it learned from."""

from dataclasses import replace

import pytest

from tlcore.evaluation.overfitting import best_epoch, measure_gap
from tlcore.events import EpochEnd
from tlcore.jobs.status import job_status
from tlcore.serving.bundle import load_bundle


def rounds(figures: list[tuple[float, float, float, float]], opens_after: int | None = None) -> list[EpochEnd]:
    """Rounds with these (loss, accuracy, validation loss, validation accuracy); open after so many."""
    last = len(figures) if opens_after is None else opens_after
    return [
        EpochEnd(number, len(figures), *each, 0.1, "fine_tune" if number > last else "head")
        for number, each in enumerate(figures, start=1)
    ]


@pytest.mark.parametrize(
    ("figures", "opens_after", "kept", "reason"),
    [
        ([(1, 0.5, 0.9, 0.6), (0.5, 0.9, 0.4, 0.8), (0.3, 1.0, 0.6, 0.9)], None, 2, "a head: the lowest loss"),
        ([(1, 0.5, 0.9, 0.6), (0.5, 0.9, 0.4, 0.8), (0.3, 1.0, 0.6, 0.9)], 0, 3, "open: the accuracy"),
        ([(1, 0.5, 0.4, 0.8), (0.5, 0.9, 0.5, 0.8), (0.3, 1.0, 0.6, 0.7)], 1, 1, "opening it made nothing better"),
        ([(1, 0.5, 0.4, 0.8), (0.5, 0.9, 0.5, 0.9), (0.3, 1.0, 0.4, 0.9)], 1, 3, "as many right, and a lower loss"),
        ([(1, 0.5, 0.4, 0.8)], None, 1, "the first round"),
    ],
)
def test_the_round_that_was_kept(figures, opens_after, kept, reason):
    assert best_epoch(rounds(figures, opens_after)).epoch == kept, reason


@pytest.mark.parametrize(
    ("keeps", "kept", "reason"),
    [
        ((1, 1, 3), 3, "the last says so, though the second has more right"),
        ((1, 2), 2, "a training that goes on tells what it would keep now"),
        ((1, 1, 0), 2, "a file that does not tell"),
        ((9, 9, 9), 2, "a round that is not among these: the head, where only the open rounds are asked about"),
    ],
)
def test_the_run_tells_itself_which_round_it_keeps(keeps, kept, reason):
    figures = [(1, 0.5, 0.9, 0.6), (0.5, 0.9, 0.4, 0.9), (0.3, 1.0, 0.6, 0.8)]
    told = [replace(end, best_epoch_so_far=number) for end, number in zip(rounds(figures, 0), keeps)]
    assert best_epoch(told).epoch == kept, reason


def test_it_is_the_round_that_the_run_itself_kept(trained):
    _, _, run = trained
    assert best_epoch(job_status(run).epochs).epoch == load_bundle(run.folder).info["best_epoch"]


@pytest.mark.parametrize(
    ("training", "num_training", "num_validation", "beyond", "reason"),
    [
        (1.0, 1000, 400, True, "all of 1,000 against 360 of 400"),
        (1.0, 24, 10, False, "9 of 10 say little"),
        (0.93, 1000, 400, False, "three points are within chance here"),
        (0.93, 30000, 4000, True, "and here they are not"),
        (0.85, 1000, 400, False, "training is the harder task"),
    ],
)
def test_a_gap_is_told_from_chance(training, num_training, num_validation, beyond, reason):
    gap = measure_gap(rounds([(0.1, training, 0.3, 0.9)]), num_training, num_validation)
    assert gap.beyond_chance is beyond, reason


@pytest.mark.parametrize(
    ("tail", "climbs", "reason"),
    [
        ([(0.4, 1, 0.5, 0.8), (0.3, 1, 0.6, 0.8), (0.2, 1, 0.7, 0.8)], True, "the losses part ways"),
        ([(0.4, 1, 0.41, 0.8), (0.3, 1, 0.42, 0.8), (0.2, 1, 0.41, 0.8)], False, "it stays where it was"),
        ([(0.4, 1, 0.41, 0.8), (0.3, 1, 0.9, 0.8), (0.2, 1, 0.41, 0.8)], False, "one round jumped"),
        ([(0.6, 1, 0.6, 0.8), (0.7, 1, 0.7, 0.8), (0.9, 1, 0.8, 0.8)], False, "both rise: the step size is too large"),
        ([(0.4, 1, 0.9, 0.8)], False, "one more round tells nothing"),
    ],
)
def test_losses_that_part_ways_are_told(tail, climbs, reason):
    assert measure_gap(rounds([(0.5, 1, 0.4, 0.8), *tail]), 100, 100).climbs is climbs, reason
