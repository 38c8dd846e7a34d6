"""A workspace that version 0.1.0 wrote opens, its runs continue, and nothing of it is made or fetched again.

workspace-0.1.0.zip holds what that version left behind: an imported data set of 36 drawn shapes, a race of two runs on
it (feature extraction, finished; hybrid, killed in its third epoch with the network open), a recommendation, what was
measured for the time left, features and activations. The models themselves were taken out, since they are large.
"""

import zipfile
from pathlib import Path

import pytest

from tlcore.advice.recommend import load_recommendation
from tlcore.comparison.results import load_results
from tlcore.comparison.store import list_comparisons, runs_of
from tlcore.data.dataset_list import list_datasets
from tlcore.data.manifest import load_dataset
from tlcore.data.wanted import PIXELS_VERSION
from tlcore.evaluation.overfitting import best_epoch
from tlcore.evaluation.report import load_report
from tlcore.events import EpochEnd, Progress, StageKey
from tlcore.jobs.attempts import can_resume, resume
from tlcore.jobs.event_log import read_events
from tlcore.jobs.status import job_status
from tlcore.jobs.store import list_runs, recommendation_job
from tlcore.models.registry import BUILT_IN
from tlcore.pipeline.timings import load_timings, timing_names
from tlcore.serving.bundle import load_bundle
from tlcore.workspace import Workspace, open_workspace

ARCHIVE = Path(__file__).with_name("workspace-0.1.0.zip")
LAST_LOSS = 0.8101356625556946  # of the validation photos after the last epoch, where 0.1.0 itself continued the run


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(tmp_path / "home")
    return open_workspace(tmp_path / "home")


def run_with(workspace: Workspace, strategy: str):
    (run,) = [run for run in list_runs(workspace) if run.config.strategy == strategy]
    return run


def test_the_data_set_opens_and_its_photos_are_whole(workspace):
    (summary,) = list_datasets(workspace)
    dataset = load_dataset(workspace, summary.id)
    assert dataset.labels == ("disc", "square", "stripes") and len(dataset.photos) == 36
    assert all(dataset.read(path) for path in dataset.photos["path"])


def test_old_names_of_settings_are_read(workspace):
    config = run_with(workspace, "hybrid").config
    assert (config.unfreeze_from, config.fine_tune_epochs, config.batch_norm_adaptation) == ("head", 4, 0.0)
    assert config.fine_tune_learning_rate == 1e-7 and config.views == 2


def test_a_finished_run_still_says_how_it_went(workspace):
    run = run_with(workspace, "feature-extraction")
    status, report = job_status(run), load_report(run.folder)
    assert status.state == "finished" and status.usable and (report.correct, report.total) == (6, 6)
    assert best_epoch(status.epochs).epoch == 4
    assert all(sum(end.val_prediction_counts) == 6 for end in status.epochs), "“said” at that time"
    stages = [event.stage for event in read_events(run) if isinstance(event, Progress)]
    assert stages[0] == StageKey.EXTRACT_FEATURES and stages[-1] == StageKey.VERIFY, "“features” and “check” then"


def test_the_race_is_there_and_does_not_claim_what_it_cannot_know(workspace):
    (comparison,) = list_comparisons(workspace)
    (result,) = load_results(runs_of(workspace, comparison))
    assert (result.correct, result.total, result.ready) == (6, 6, None)


def test_the_recommendation_is_read_and_not_made_again(workspace):
    job = recommendation_job(workspace, list_datasets(workspace)[0].id)
    before = (job.folder / "advice.json").stat().st_mtime_ns
    found = load_recommendation(job)
    assert found is not None and found.strategy == "hybrid" and "similarity" in found.reason
    assert job_status(job).state == "finished" and (job.folder / "advice.json").stat().st_mtime_ns == before


def test_what_was_measured_for_the_time_left_still_counts(workspace):
    names = timing_names(run_with(workspace, "feature-extraction").config, BUILT_IN)
    assert {names[StageKey.EXTRACT_FEATURES], names[StageKey.TRAIN_HEAD]} <= set(load_timings(workspace))


def test_a_run_continues_where_it_was_killed(workspace):
    """Photos are read better since (wanted.PIXELS_VERSION), so features are extracted once more, and no epoch is done
    again."""
    from tlcore.worker.runner import run_job

    run = run_with(workspace, "hybrid")
    assert job_status(run).state == "interrupted" and can_resume(run)
    assert [end.phase for end in job_status(run).epochs] == ["head"] * 4 + ["fine_tune"] * 3
    resume(run)
    assert run_job(workspace, run).type == "finished"
    events = read_events(run)
    epochs = job_status(run).epochs
    assert [end.epoch for end in epochs] == list(range(1, 9)), "none is missing or told twice"
    assert epochs[-1].val_loss == pytest.approx(LAST_LOSS, abs=1e-5), "as if 0.1.0 had gone on"
    stages = {event.stage for event in events if isinstance(event, Progress)}
    extracted = {StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS, StageKey.EXTRACT_FEATURES, StageKey.CACHE_ACTIVATIONS}
    ending = {StageKey.FINAL_FEATURES, StageKey.PACK, StageKey.VERIFY}
    assert stages <= {StageKey.PREPARE, StageKey.FINE_TUNE} | ending | extracted
    assert load_bundle(run.folder).wanted.version == PIXELS_VERSION
    assert [event.epoch for event in events if isinstance(event, EpochEnd)][-2:] == [7, 8]


@pytest.mark.parametrize("page", ["welcome", "data", "train", "evaluate", "predict", "compare", "learn"])
@pytest.mark.parametrize("strategy", ["feature-extraction", "hybrid"])
def test_every_page_opens_it(workspace, visit, page, strategy):
    run = run_with(workspace, strategy)
    at = visit(page, workspace, dataset=run.dataset_id, run=run.id)
    assert not at.exception
    bugs = [element.value for element in at.error if "fault in Transfer Lab" in element.value]
    assert not bugs
