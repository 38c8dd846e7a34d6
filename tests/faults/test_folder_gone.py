"""A whole folder that is deleted while a job works: a sentence, and no folder that nobody knows of afterwards."""

import shutil

import pytest

from tests.conftest import QUICK
from tests.small import write_small_folder
from tlcore.data.ingest import ingest_folder
from tlcore.events import EpochEnd, Failed, Planned, Progress, Started, run_to_end
from tlcore.jobs.status import job_status
from tlcore.jobs.store import create_run
from tlcore.worker.runner import run_job


@pytest.fixture
def made(workspace, tmp_path):
    """A workspace with a data set that points to a folder, and that folder."""
    folder = write_small_folder(tmp_path / "my photos", photos_per_class=5)
    return workspace, run_to_end(ingest_folder(workspace, folder)), folder


def deleting(folder, kind):
    """An `on_event` that deletes a folder at the first event of this kind."""

    def on_event(event):
        if isinstance(event, kind):
            shutil.rmtree(folder, ignore_errors=True)

    return on_event


@pytest.mark.parametrize(
    ("which", "kind", "said"),
    [
        ("photos", Started, "no longer exists"),
        ("photos", EpochEnd, "no longer exists"),
        ("datasets", Started, "no data set"),
        ("features", EpochEnd, "features are missing"),
        ("runs", Planned, "no longer exists"),
        ("runs", EpochEnd, "no longer exists"),
    ],
)
def test_a_folder_that_goes_while_a_run_works(made, which, kind, said):
    workspace, dataset, folder = made
    run = create_run(workspace, dataset.id, QUICK, "gone")
    gone = {
        "photos": folder,
        "datasets": workspace.datasets / dataset.id,
        "features": workspace.features,
        "runs": run.folder,
    }[which]
    last = run_job(workspace, run, deleting(gone, kind))
    assert isinstance(last, Failed) and not last.bug, last
    assert said in last.what and last.fix
    if which == "runs":
        assert not run.folder.exists(), "nothing is made again where a person deleted"
    else:
        assert job_status(run).error == last


def test_a_run_goes_on_after_the_features_were_deleted(made):
    workspace, dataset, _ = made
    run_job(workspace, create_run(workspace, dataset.id, QUICK, "first"))
    shutil.rmtree(workspace.features)
    told = []
    assert run_job(workspace, create_run(workspace, dataset.id, QUICK, "second"), told.append).type == "finished"
    assert [event for event in told if isinstance(event, Progress) and event.stage == "extract_features"]
