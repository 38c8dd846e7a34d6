"""The Trust view of Evaluate: every photo tested once, offered or found, and what confidence is worth."""

import numpy as np
import pandas as pd
import pytest

from tests.conftest import copy_of
from tests.pages.conftest import words
from tests.pages.test_check import save
from tlcore.evaluation.calibration import CROSS_VALIDATION, Calibration, measure_reliability, save_calibration
from tlcore.evaluation.cross_validation import ANALYSIS, Folded, cross_validation, save_cross_validation
from tlcore.evaluation.report import predictions_frame

COUNT = 60


@pytest.fixture
def own(trained, tmp_path):
    """A workspace of the test's own with the finished run."""
    return copy_of(trained, tmp_path / "home")


def leave_results(dataset, run) -> None:
    """Leave what a cross-validation would: 54 of 60 photos correct, in 5 folds, of 30 groups."""
    labels = dataset.labels
    photos = pd.DataFrame(
        [(f"{number}.png", str(number), labels[number % len(labels)]) for number in range(COUNT)],
        columns=["path", "sha256", "label"],
    )
    truth = np.arange(COUNT) % len(labels)
    predicted = np.where(np.arange(COUNT) < 6, (truth + 1) % len(labels), truth)
    probabilities = np.full((COUNT, len(labels)), 0.1 / (len(labels) - 1), np.float32)
    probabilities[np.arange(COUNT), predicted] = 0.9
    predictions = predictions_frame(photos, probabilities, labels).assign(fold=np.arange(COUNT) % 5 + 1)
    groups = pd.Series([str(number // 2) for number in range(COUNT)])
    save_cross_validation(run.folder, cross_validation(predictions, groups, labels, Folded(5, 1.3, (3,) * 5, True, 1)))
    reliability = measure_reliability(probabilities, truth)
    save_calibration(run.folder, Calibration(1.3, CROSS_VALIDATION, COUNT, reliability, reliability))


def test_a_run_that_was_not_tested_so_offers_it_and_the_button_makes_a_job(visit, own, queue):
    workspace, _, run = own
    at = visit("evaluate", workspace, run=run.id, view="trust")
    assert "so every photo is a test photo once" in words(at) and "This trains 10 models" in words(at)
    assert "too few photos to say how honest" in words(at)
    at.button(key=f"analyse_{ANALYSIS}").click().run()
    assert [(job.kind, job.spec["what"], job.spec["run"]) for job in queue.jobs] == [("analysis", ANALYSIS, run.id)]
    assert not at.exception and not at.error


def test_what_was_found_stands_beside_the_test_score_and_in_detail(visit, own):
    workspace, dataset, run = own
    leave_results(dataset, run)
    at = visit("evaluate", workspace, run=run.id)
    said = words(at)
    assert "Every photo tested once \\(5\\-fold cross\\-validation\\)" in said and "54 of 60 photos correct" in said
    at.button_group(key="evaluate_view").set_value("Trust").run()
    said = words(at)
    assert "54 of 60 photos correct" in said and "allows for 30 groups of photos that belong together" in said
    assert "The 5 models got 83% to 92% of their photos correct" in said
    assert "Expected calibration error" in said and "The model was made less confident (temperature 1.30)" in said
    assert at.query_params["view"] in ("trust", ["trust"]) and not at.exception and not at.error


@pytest.mark.parametrize(
    ("view", "shown", "reason"),
    [("trust", "Trust", "as it was left"), ("<script>", "Results", "an address may say anything")],
)
def test_the_view_stands_in_the_address(visit, own, view, shown, reason):
    workspace, _, run = own
    at = visit("evaluate", workspace, run=run.id, view=view)
    assert at.button_group(key="evaluate_view").value == shown and not at.exception, reason


def test_who_may_only_look_is_offered_no_job(visit, own, stranger, queue):
    workspace, dataset, run = own
    stranger(workspace, {run.id: "see", dataset.id: "see"})
    at = visit("evaluate", workspace, run=run.id, view="trust")
    assert not [button for button in at.button if button.key == f"analyse_{ANALYSIS}"] and not queue.jobs


@pytest.mark.parametrize(
    ("page", "with_run"),
    [("train", False), ("train", True), ("evaluate", True)],
    ids=["before a training", "with its score", "with the results"],
)
def test_a_score_that_is_too_good_never_stands_without_a_word_about_it(visit, own, page, with_run):
    workspace, dataset, run = own
    at = visit(page, workspace, dataset=dataset.id, **({"run": run.id} if with_run else {}))
    assert "Photos that belong together are on both sides" not in words(at), "nobody has checked"
    save(workspace, dataset)
    at = visit(page, workspace, dataset=dataset.id, **({"run": run.id} if with_run else {}))
    assert "a quick model gets 97% that way, but 81% (likely range 60–90%)" in words(at)
    links = [each.proto.label for each in at.get("page_link")]
    assert "Keep together what belongs together" in links and not at.exception and not at.error
    assert ("How far you can trust this score" in links) == with_run


def test_the_mistakes_of_cross_validation_are_one_press_away(visit, own):
    workspace, dataset, run = own
    leave_results(dataset, run)
    at = visit("evaluate", workspace, run=run.id)
    at.button(key="mistakes_of_folds").click().run()
    assert "6 mistakes, most confident first" in words(at) and at.query_params["of"] in ("every", ["every"])
