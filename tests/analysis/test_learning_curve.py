"""The learning curve of a run as a job: it uses the run's own training, keeps what it found, and can be stopped."""

from tests.conftest import copy_of
from tlcore.analysis.learning_curve import load_curve, load_whole_curve
from tlcore.api.model import load_model
from tlcore.evaluation.cross_validation import load_cross_validation
from tlcore.events import Finished, Progress, StageKey, Stopped
from tlcore.jobs.store import analysis_job, request_stop
from tlcore.worker.runner import run_job


def test_a_run_tells_what_more_photos_would_bring(trained, tmp_path):
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    run_job(workspace, analysis_job(workspace, run, "cross-validation"))
    events = []
    curve = load_model(run.id, workspace=workspace).learning_curve(on_event=events.append)
    stages = [event.stage for event in events if isinstance(event, Progress)]
    assert isinstance(events[-1], Finished) and stages[-1] == StageKey.LEARN_PARTS
    assert curve.now.accuracy == load_cross_validation(run.folder).report.accuracy, "the same folds and trainings"
    assert curve.exact and curve.is_whole and curve.num_tested == len(dataset.photos)
    assert curve.points[0].num_photos < curve.now.num_photos < len(dataset.photos)
    assert [round(each.num_photos / curve.now.num_photos) for each in curve.forecasts] == [2, 4]
    assert {gain.label for gain in curve.gains} == set(dataset.labels)
    assert curve == load_curve(analysis_job(workspace, run, "learning-curve").folder)
    again = []
    assert load_model(run.id, workspace=workspace).learning_curve(on_event=again.append) == curve and not again


def test_a_stop_keeps_no_half_curve_as_a_whole_one(trained, tmp_path):
    workspace, _, run = copy_of(trained, tmp_path / "home")
    job = analysis_job(workspace, run, "learning-curve")
    seen = []

    def stop_after_a_fold(event):
        seen.append(event)
        if load_curve(job.folder) is not None:
            request_stop(job)

    assert isinstance(run_job(workspace, job, stop_after_a_fold), Stopped)
    half = load_curve(job.folder)
    assert half is not None and 0 < half.done < half.total and not half.forecasts
    assert load_whole_curve(job.folder) is None
