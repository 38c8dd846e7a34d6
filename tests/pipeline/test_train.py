"""A training run end to end: its events, its repeatability, and its refusal to ship what differs from its figures."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import QUICK, copy_of
from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.evaluation.cross_validation import load_cross_validation
from tlcore.evaluation.report import load_report
from tlcore.events import EpochEnd, Evaluated, Failed, Finished, Packed, Planned, Progress, Started, Stopped
from tlcore.jobs.attempts import can_finish, resume
from tlcore.jobs.event_log import read_events
from tlcore.jobs.line import Line
from tlcore.jobs.status import job_status
from tlcore.jobs.store import QUEUED, create_run, list_runs, load_run, request_stop
from tlcore.messages.endings import unpacked_message
from tlcore.worker.runner import run_job


def test_events_come_in_the_users_order(trained):
    _, dataset, run = trained
    kinds = [type(event) for event in read_events(run) if not isinstance(event, Progress)]
    assert kinds == [Started, Planned, *[EpochEnd] * 4, Evaluated, Packed, Finished]
    stages = [event.stage for event in read_events(run) if isinstance(event, Progress)]
    assert stages[0] == "extract_features" and stages[-1] == "verify"
    status = job_status(run)
    assert status.state == "finished" and status.usable and len(status.epochs) == 4
    assert status.evaluated.test_total == len(dataset.part("test"))


def test_every_test_photo_is_judged_once_and_by_its_own_label(trained):
    _, dataset, run = trained
    predictions = load_report(run.folder).predictions
    assert predictions["path"].tolist() == dataset.part("test")["path"].tolist()
    assert predictions["label"].tolist() == dataset.part("test")["label"].tolist()


def test_the_same_seed_and_photos_give_the_same_numbers(trained):
    workspace, dataset, run = trained
    again = create_run(workspace, dataset.id, QUICK, "again")
    run_job(workspace, again)
    for one, other in zip(job_status(run).epochs, job_status(again).epochs, strict=True):
        assert (one.loss, one.val_loss, one.val_accuracy) == (other.loss, other.val_loss, other.val_accuracy)
    first, second = (np.stack(load_report(job.folder).predictions["probabilities"]) for job in (run, again))
    np.testing.assert_array_equal(first, second)
    assert not [
        event for event in read_events(again) if isinstance(event, Progress) and event.stage == "extract_features"
    ], "what the network saw is reused"


def test_a_packed_model_that_differs_from_the_figures_fails_the_run_loudly(trained, monkeypatch):
    from tlcore.pipeline import head_stages

    graft = head_stages.graft_head
    monkeypatch.setattr(
        head_stages,
        "graft_head",
        lambda tflite, layers, *rest: graft(tflite, [(w * 0.5, b) for w, b in layers], *rest),
    )
    workspace, dataset, _ = trained
    run = create_run(workspace, dataset.id, QUICK, "differs")
    last = run_job(workspace, run)
    assert isinstance(last, Failed) and "other probabilities" in last.what
    assert not (run.folder / "bundle").exists() and job_status(run).state == "tested"


def test_a_photo_that_vanished_is_named(trained, workspace, tmp_path):
    from tests.conftest import finish
    from tests.small import write_small_folder
    from tlcore.data.ingest import ingest_folder

    folder = write_small_folder(tmp_path / "shapes", photos_per_class=5, seed=7)
    dataset = finish(ingest_folder(workspace, folder))[1]
    (folder / "disc" / "disc003.png").unlink()
    last = run_job(workspace, create_run(workspace, dataset.id, QUICK, "gone"))
    assert isinstance(last, Failed) and "disc003.png" in last.what and not last.bug


def test_a_stop_before_anything_was_learned_says_what_is_kept(trained):
    workspace, dataset, _ = trained
    run = create_run(workspace, dataset.id, QUICK, "stopped")
    request_stop(run)
    last = run_job(workspace, run)
    assert isinstance(last, Stopped) and "kept" in last.kept
    assert job_status(run).state == "stopped" and not job_status(run).usable


@pytest.mark.parametrize(
    ("listed", "waiting", "state", "reason"),
    [
        (True, True, "tested", "its corrections wait: they begin at once, and its model is saved later"),
        (True, False, "finished", "nobody waits"),
        (False, True, "finished", "a training in a terminal: nobody waits for it to end"),
    ],
)
def test_a_score_keeps_no_correction_of_it_waiting(trained, tmp_path, listed, waiting, state, reason):
    workspace, dataset, _ = copy_of(trained, tmp_path / "home")
    line, run = Line(workspace), create_run(workspace, dataset.id, replace(QUICK, cross_validation="always"), "earlier")
    if waiting:
        line.add(create_run(workspace, dataset.id, QUICK, "corrected", before=run.id))
    if listed:
        line.add(run)
        (run.folder / QUEUED).unlink()
    last = run_job(workspace, run)
    status = job_status(run)
    assert status.state == state and isinstance(last, Stopped if state == "tested" else Finished), reason
    if state == "tested":
        assert can_finish(run) and not any(event.stage == "verify" for event in progress_of(run))
        assert "Training on its corrections came first. Finish it" in unpacked_message(run, status).fix
        line.cancel(next(job for job in line.waiting("train")))
        resume(run)
        assert isinstance(run_job(workspace, run), Finished) and load_cross_validation(run.folder) is not None


def progress_of(run):
    return [event for event in read_events(run) if isinstance(event, Progress)]


def test_an_error_of_the_program_is_told_as_one(trained, monkeypatch):
    from tlcore.pipeline import train

    def broken(*arguments):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(train, "make_report", broken)
    workspace, dataset, _ = trained
    last = run_job(workspace, create_run(workspace, dataset.id, QUICK, "bug"))
    assert isinstance(last, Failed) and last.bug and "ZeroDivisionError" in last.what


@pytest.mark.parametrize("run_id", ["", "..", "../datasets", "a/b", "A" * 500, "none-of-these", "\x00"])
def test_ids_out_of_a_url_reach_no_other_folder(workspace, run_id):
    with pytest.raises(UserError, match="There is no run"):
        load_run(workspace, run_id)


def test_half_made_and_foreign_folders_are_passed_over(workspace):
    (workspace.runs / "half").mkdir()
    (workspace.runs / "foreign").mkdir()
    (workspace.runs / "foreign" / "job.json").write_text("[]")
    good = create_run(workspace, "data-1", TrainConfig(), "good")
    assert [run.id for run in list_runs(workspace)] == [good.id]
    assert json.loads((good.folder / "job.json").read_text())["spec"]["config"]["epochs"] == TrainConfig().epochs
