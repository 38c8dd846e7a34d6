"""Ensembles on the pages: combining on Compare, and every page that opens a run."""

import shutil

import pytest

from pages.shared import actions
from tests.conftest import copy_of
from tests.pages.conftest import buttons, with_exports_open, words
from tlcore.comparison.ensembles import create_ensemble
from tlcore.exports.export_job import WHAT, export_options
from tlcore.exports.exporter import KINDS
from tlcore.jobs.store import analysis_job, load_run
from tlcore.worker.runner import run_job
from tlcore.workspace import write_json


@pytest.fixture(scope="module")
def combined(trained, tmp_path_factory):
    """A workspace with a finished run, its twin, a race of both, and their ensemble."""
    workspace, dataset, first = copy_of(trained, tmp_path_factory.mktemp("combined") / "home")
    second = twin(workspace, first, "20260101-0000-0000000000000001")
    race = workspace.root / "races" / "20260101-0000-0000000000000002"
    race.mkdir(parents=True)
    note = {"name": "shapes", "created": 1.0, "dataset": dataset.id, "runs": [first.id, second.id], "visitor": ""}
    write_json(race / "race.json", note)
    made = create_ensemble(workspace, [first.id, second.id])
    assert run_job(workspace, made).type == "finished"
    return workspace, dataset, [first, second], made, race.name


def twin(workspace, run, new_id):
    """Another run that came out the same."""
    shutil.copytree(run.folder, workspace.runs / new_id)
    return load_run(workspace, new_id)


def test_a_race_offers_to_combine_its_runs_and_shows_what_that_was_worth(visit, combined, queue):
    workspace, dataset, runs, made, race = combined
    at = visit("compare", workspace, race=race)
    assert not at.exception and not at.error
    assert "Combine models" in [each.value for each in at.subheader]
    assert "ensemble of 2 (average)" in words(at), "it stands in the table beside the runs"
    assert "View the ensemble" in words(at) or "The average of 2 models" in words(at)
    [choice] = [each for each in at.multiselect if each.label == "Models"]
    assert set(choice.value) == {run.id for run in runs}, "an ensemble is no part of another"
    next(each for each in at.button if each.label == "Combine 2 models").click().run()
    assert [job.ensemble.runs for job in queue.jobs] == [tuple(choice.value)]
    assert not at.exception and not at.error


def test_without_a_race_runs_are_chosen_and_the_ensemble_stands_in_the_address(visit, combined, queue):
    workspace, dataset, runs, _, _ = combined
    at = visit("compare", workspace, dataset=dataset.id)
    [start] = [each for each in at.button if each.label == "Combine"]
    assert start.disabled, "nothing is chosen"
    next(each for each in at.multiselect if each.label == "Models").set_value([run.id for run in runs]).run()
    next(each for each in at.button if each.label == "Combine 2 models").click().run()
    [job] = queue.jobs
    assert at.query_params["run"] in (job.id, [job.id])
    shutil.rmtree(job.folder)


@pytest.mark.parametrize(
    ("page", "address", "said"),
    [
        ("compare", {}, "What it combines"),
        ("train", {}, "no training curves"),
        ("evaluate", {}, "isn’t retrained"),
        ("evaluate", {"view": "trust"}, "Not every model of this ensemble"),
        ("evaluate", {"view": "map"}, "no map for an ensemble"),
        ("predict", {}, ""),
    ],
)
def test_every_page_opens_an_ensemble_and_says_what_there_is_not(visit, combined, page, address, said):
    workspace, dataset, _, made, _ = combined
    at = visit(page, workspace, run=made.id, dataset=dataset.id, **address)
    assert not at.exception and not at.error, [each.value for each in at.error]
    assert said in words(at)


def test_lists_call_it_an_ensemble(visit, combined):
    at = visit("train", combined[0], dataset=combined[1].id)
    assert any("Ensemble of 2 models" in each.proto.label for each in at.get("page_link"))


def test_one_that_failed_says_why_and_can_be_restarted(visit, combined):
    workspace, dataset, runs, _, _ = combined
    third = twin(workspace, runs[0], "20260101-0000-0000000000000003")
    made = create_ensemble(workspace, [runs[0].id, third.id])
    shutil.rmtree(third.folder)
    assert run_job(workspace, made).type == "failed"
    at = visit("train", workspace, run=made.id, dataset=dataset.id)
    assert "There is no run" in words(at) and "Restart" in buttons(at) and not at.exception
    shutil.rmtree(made.folder)


def test_runs_of_others_are_not_combined(combined, monkeypatch):
    monkeypatch.setattr("pages.shared.state.may_see", lambda thing: thing.id != combined[2][1].id)
    assert actions.combine(combined[2], "average") is None


def test_an_ensemble_is_taken_along_without_what_a_training_has(visit, combined):
    workspace, _, _, made, _ = combined
    at = with_exports_open(visit("evaluate", workspace, run=made.id))
    offered = {button.key.removeprefix("make_") for button in at.button if str(button.key).startswith("make_")}
    assert {"html", "python", "service", "space", "tflite-float16", "tflite-int8", "project"} <= offered
    assert not offered & {"keras", "savedmodel", "notebook"}


@pytest.mark.parametrize("key", ["python", "tflite-int8", "project"])
def test_an_export_of_an_ensemble_is_made_and_offered(key, visit, combined):
    workspace, _, _, made, _ = combined
    kind = KINDS[key]
    options = export_options(kind, False)
    last = run_job(workspace, analysis_job(workspace, made, WHAT, options))
    assert last.type == "finished", last
    at = with_exports_open(visit("predict", workspace, run=made.id))
    buttons_shown = [each.proto.label for each in at.get("download_button")]
    assert f"Download {kind.title}" in (words(at) if kind.of_maker else buttons_shown)
