"""Every photo tested once where part of the network trains: each fold is a run of its own that never saw its photos."""

import numpy as np
import pytest

from tests.conftest import copy_of
from tlcore.analysis.network_folds import _fold_context
from tlcore.config import defaults_for
from tlcore.evaluation.cross_validation import ANALYSIS, load_cross_validation
from tlcore.events import Progress, StageKey, never
from tlcore.jobs.event_log import read_events
from tlcore.jobs.store import analysis_job, create_run
from tlcore.pipeline import folding
from tlcore.pipeline.folding import fold_photos, folds_of
from tlcore.pipeline.train import make_context
from tlcore.worker.runner import run_job

TUNED = defaults_for(
    "hybrid", image_size=64, epochs=1, fine_tune_epochs=1, batch_norm_adaptation=0.0, num_unfrozen_layers=5, views=1
)


@pytest.fixture(scope="module")
def tested(trained, tmp_path_factory):
    """A run on the small folder whose network was cross-validated in two folds."""
    workspace, dataset, _ = copy_of(trained, tmp_path_factory.mktemp("folds") / "home")
    run = create_run(workspace, dataset.id, TUNED, "tuned")
    job = analysis_job(workspace, run, ANALYSIS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "USUAL_FOLDS", 2)  # each trains a network, which takes seconds
        last = run_job(workspace, job)
    assert last.type == "finished", last
    return workspace, dataset, run, job


def test_every_photo_is_predicted_once_by_one_of_the_networks(tested):
    _, dataset, run, job = tested
    found = load_cross_validation(run.folder)
    rows = found.report.predictions
    assert (found.folds, found.total, found.with_test, len(found.best_epochs)) == (2, len(dataset.photos), True, 2)
    assert sorted(rows["path"]) == sorted(dataset.photos["path"]) and set(rows["fold"]) == {1, 2}
    assert int(rows["correct"].sum()) == found.correct
    assert np.stack(rows["probabilities"].tolist()).sum(axis=1) == pytest.approx(1, abs=1e-5)
    told = [event for event in read_events(job) if isinstance(event, Progress)]
    shares = [event.share for event in told if event.stage == StageKey.CROSS_VALIDATE]
    assert shares == sorted(shares) and shares[-1] > 0.5, "the bar goes over all folds and never back"
    assert not list(job.folder.glob("fold-*")), "what a fold wrote on its way is gone"


def test_a_fold_trains_without_the_photos_that_it_predicts(tested):
    workspace, dataset, run, job = tested
    context = make_context(workspace, run, never)
    of_run = fold_photos(dataset, run.config)
    for fold in folds_of(of_run, dataset, run.config.seed):
        inside = _fold_context(context, of_run, fold, job.folder).dataset
        parts = {name: set(inside.part(name)["path"]) for name in ("train", "validation", "test")}
        assert parts["test"] == set(of_run.rows["path"].iloc[fold.predict])
        assert not parts["test"] & (parts["train"] | parts["validation"]) and parts["train"] and parts["validation"]
        assert sum(map(len, parts.values())) == len(of_run.rows)
