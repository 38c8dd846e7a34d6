"""What was found out about a run later goes, stays and comes back with the run."""

import time

from tests.storage.test_deletion import FOX
from tests.storage.test_trash import DAY, a_run, pets
from tlcore.jobs.store import analysis_id, analysis_job
from tlcore.settings import HOSTED
from tlcore.storage.cleanup import clean
from tlcore.storage.deletion import delete_everything
from tlcore.storage.trash import delete, restore
from tlcore.storage.usage import usage


def test_each_analysis_and_its_options_have_one_job(workspace):
    run = a_run(workspace, pets(workspace))
    first = analysis_job(workspace, run, "test-set", {"photos": "a"})
    assert analysis_job(workspace, run, "test-set", {"photos": "a"}) == first
    assert analysis_job(workspace, run, "test-set", {"photos": "b"}).id != first.id
    assert first.id == analysis_id(run.id, "test-set", {"photos": "a"}) and first.visitor == FOX
    assert first.spec == {"run": run.id, "what": "test-set", "options": {"photos": "a"}}


def test_an_analysis_goes_and_comes_back_with_its_run(workspace):
    dataset = pets(workspace)
    run, other = a_run(workspace, dataset), a_run(workspace, dataset)
    job, stays = (analysis_job(workspace, each, "learning-curve") for each in (run, other))
    (job.folder / "found").write_text("1")
    delete(workspace, run.id)
    assert not job.folder.exists() and stays.folder.exists()
    restore(workspace, run.id)
    assert (job.folder / "found").read_text() == "1"


def test_an_analysis_is_kept_as_long_as_its_run_and_no_longer(workspace):
    job = analysis_job(workspace, a_run(workspace, pets(workspace)), "learning-curve")
    clean(workspace, HOSTED)
    assert job.folder.exists()
    list(clean(workspace, HOSTED, now=time.time() + HOSTED.keep_days * DAY + DAY))
    assert not job.folder.exists()


def test_an_analysis_counts_for_its_maker_and_goes_with_all_he_made(workspace):
    job = analysis_job(workspace, a_run(workspace, pets(workspace)), "learning-curve")
    before = usage(workspace, FOX).bytes
    (job.folder / "found").write_bytes(bytes(1000))
    assert usage(workspace, FOX).bytes == before + 1000
    delete_everything(workspace, FOX)
    assert not job.folder.exists()
