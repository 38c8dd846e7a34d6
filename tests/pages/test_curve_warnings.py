"""The warnings stand below the curves, while a run learns and after, and what a user named stays letters."""

import pytest

from pages.parts.train import curve_warnings
from tests.pages.conftest import words
from tlcore.config import TrainConfig
from tlcore.evaluation.curves import ClassNeverPredicted
from tlcore.events import EpochEnd, Evaluated, Finished, Started, encode
from tlcore.jobs.store import create_run

ROUNDS = [EpochEnd(number, 30, 9.0, 0.4, 12.0, 0.4, 0.1) for number in (1, 2, 3)]
FIGURES = [Evaluated(3, 6, 9.0, 4.0, 5.0), Finished("x", 9.0)]


@pytest.fixture
def at(visit, trained):
    """`at(events)`: the Train page of a run with these events."""
    workspace, dataset, _ = trained

    def open_page(events: list):
        run = create_run(workspace, dataset.id, TrainConfig(learning_rate=0.5), "warned")
        (run.folder / "events.jsonl").write_text("".join(encode(event) + "\n" for event in [Started(0.0, 1), *events]))
        return visit("train", workspace, run=run.id)

    return open_page


def test_a_finished_run_says_what_its_curves_warn_of(at):
    page = at([*ROUNDS, *FIGURES])
    assert "The learning rate is too high" in words(page) and r"such as 0.001" in words(page)
    assert not page.exception


def test_a_run_says_it_while_it_learns(at, monkeypatch):
    from tlcore.jobs import status

    monkeypatch.setattr(status, "_state", lambda *found: "running")
    assert "The learning rate is too high" in words(at(ROUNDS))


def test_a_run_that_goes_well_says_nothing_of_the_kind(at):
    well = [EpochEnd(1, 2, 0.4, 0.8, 0.3, 0.9, 0.1), EpochEnd(2, 2, 0.2, 0.9, 0.2, 1.0, 0.1)]
    assert "too large" not in words(at([*well, *FIGURES]))


def test_a_hostile_label_stays_letters(at, monkeypatch):
    found = ClassNeverPredicted(("[a](http://b) <b>photos</b>",), 6, 60, False)
    monkeypatch.setattr(curve_warnings, "find_curve_warnings", lambda *_: [found])
    shown = words(at([*ROUNDS, *FIGURES]))
    assert r"\[a\]\(http" in shown and r"\<b\>photos" in shown


def test_validation_photos_are_counted_in_the_order_of_the_labels(trained):
    _, dataset, _ = trained
    counts = curve_warnings._validation_counts(dataset, dataset.id)
    part = dataset.part("validation")
    assert counts == tuple(int((part["label"] == label).sum()) for label in dataset.labels)
