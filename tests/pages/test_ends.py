"""How each end of a run is shown: a model that is to be packed yet, a process that died, a bug, too little memory."""

import json
import logging
import shutil

import pytest

from tests.conftest import copy_of
from tests.pages.conftest import buttons, words
from tlcore.comparison.store import create_comparison, runs_of
from tlcore.config import defaults_for
from tlcore.evaluation import report
from tlcore.events import Died, Diverged, EpochEnd, Evaluated, Failed, Finished, Started, encode
from tlcore.features import training_memory
from tlcore.jobs.store import create_run
from tlcore.workspace import TRAINED

ROUND, FIGURES = EpochEnd(1, 1, 1, 1, 1, 1, 0.1), Evaluated(3, 6, 9.0, 4.0, 5.0)
STARTED = Started(0.0, 1)


@pytest.fixture
def trained(trained, tmp_path):
    """A finished run in a workspace that the test may change."""
    return copy_of(trained, tmp_path / "trained")


def ended(trained, *events, learned=True, config=None, run=None):
    """A run with these events, with the figures of a real one, and what it learned or not."""
    workspace, dataset, whole = trained
    run = run or create_run(workspace, dataset.id, config or defaults_for("feature-extraction", epochs=1), "ended")
    (run.folder / "events.jsonl").write_text("".join(encode(event) + "\n" for event in (STARTED, *events)))
    for name in ("report.json", "predictions.parquet"):
        shutil.copy(whole.folder / name, run.folder / name)
    if learned:
        (run.folder / TRAINED).touch()
    return run


@pytest.mark.parametrize("page", ["train", "evaluate", "predict"])
@pytest.mark.parametrize(
    ("last", "learned", "said", "offered"),
    [
        ([], True, "not saved yet", "Finish"),
        ([Failed("The disk is full.", "Free some space.")], True, "The disk is full. Free some space.", "Finish"),
        ([Died(9, -9, 99_000_000_000)], True, "because memory ran out", "Finish"),
        ([], False, "not saved yet", "Restart"),
    ],
)
def test_a_run_with_figures_and_no_model_offers_to_finish_it(visit, trained, queue, page, last, learned, said, offered):
    run = ended(trained, ROUND, FIGURES, *last, learned=learned)
    at = visit(page, trained[0], run=run.id)
    assert not at.exception and "not saved yet" in words(at) and said in words(at)
    assert buttons(at)[0] == offered and at.button[0].proto.type == "primary"
    assert "Try it on new photos" not in buttons(at)
    at.button[0].click().run()
    assert queue.continued == ([run.id] if learned else [])
    assert [job.id for job in queue.jobs] == ([] if learned else [run.id])


def test_the_figures_are_shown_meanwhile(visit, trained, queue):
    run = ended(trained, ROUND, FIGURES)
    assert "test photos" in words(visit("evaluate", trained[0], run=run.id))
    assert "not saved yet" in words(visit("train", trained[0], dataset=run.dataset_id)), "in the list of runs too"


def test_a_race_offers_to_finish_it(visit, trained, queue):
    workspace, dataset, _ = trained
    configs = [defaults_for("feature-extraction", epochs=1, seed=seed) for seed in (1, 2)]
    race = create_comparison(workspace, dataset.id, configs, "race")
    first, second = runs_of(workspace, race)
    ended(trained, ROUND, FIGURES, run=first)
    ended(trained, ROUND, FIGURES, Finished(second.id, 9.0), run=second, learned=False)
    at = visit("compare", workspace, race=race.id)
    assert not at.exception and "not saved yet" in words(at) and "Finish" in buttons(at)
    next(button for button in at.button if button.label == "Finish").click().run()
    assert queue.continued == [first.id]


@pytest.mark.parametrize(
    ("died", "said"),
    [
        (Died(9, -9, 99_000_000_000), "memory ran out"),
        (Died(15, -15), "was shut down"),
        (Died(11, -11), "SIGSEGV"),
        (None, "nothing says why"),
    ],
)
def test_a_process_that_died_has_its_word(visit, trained, queue, died, said):
    run = ended(trained, ROUND, *([died] if died else []), learned=False)
    at = visit("train", trained[0], run=run.id)
    assert not at.exception and said in words(at) and "Restart" in buttons(at)


def test_a_bug_has_one_number(visit, trained, queue):
    run = ended(trained, Failed("KeyError: 'x' (x.py, line 1)", "A fault.", bug=True, number="1a2b3c4d"), learned=False)
    assert "bug 1a2b3c4d" in words(visit("train", trained[0], run=run.id))


def test_a_bug_of_a_page_has_the_number_of_the_log_and_the_log_no_names(visit, trained, queue, monkeypatch, caplog):
    workspace, dataset, _ = trained
    run = ended(trained, ROUND, FIGURES)

    def broken(folder):
        raise KeyError(f"{dataset.name} in {folder}")

    monkeypatch.setattr(report, "load_report", broken)
    with caplog.at_level(logging.ERROR, "transferlab"):
        at = visit("evaluate", workspace, run=run.id)
    (record,) = [record for record in caplog.records if record.name == "transferlab"]
    number = record.getMessage().splitlines()[0].removeprefix("Bug ")
    assert f"bug {number}" in words(at)
    assert dataset.name not in caplog.text and str(workspace.root) not in caplog.text and run.id not in caplog.text
    assert "File pages/evaluate.py, line " in caplog.text


def test_a_loss_that_was_no_number_is_told_with_the_result(visit, trained, queue):
    run = ended(trained, ROUND, Diverged(2), FIGURES, Finished("x", 9.0), learned=False)
    said = words(visit("train", trained[0], run=run.id))
    assert "no longer a number in epoch 2" in said and "You stopped" not in said


@pytest.mark.parametrize("page", ["train", "compare"])
def test_what_cannot_fit_is_said_before_the_button(visit, trained, queue, monkeypatch, page):
    workspace, dataset, _ = trained
    monkeypatch.setattr(training_memory, "total_memory", lambda *group: 600_000_000)
    at = visit(page, workspace, dataset=dataset.id)
    assert "of memory; this computer has 600 MB" in words(at) and not at.exception
    key = {"train": "train", "compare": "race"}[page]
    assert at.button(key=key).disabled
    assert json.dumps(queue.jobs) == "[]"
