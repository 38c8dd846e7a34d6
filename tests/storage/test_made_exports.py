"""Exports can be made again: they count for nobody, go after a day, and make room when the disk is short."""

import time

from tests.storage.test_deletion import FOX
from tests.storage.test_trash import a_run, pets
from tlcore.exports.export_job import WHAT
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import analysis_job
from tlcore.settings import OWN
from tlcore.storage.cleanup import clean
from tlcore.storage.made_exports import drop_exports
from tlcore.storage.usage import usage

DAY = 86_400


def an_export(workspace, run, kind: str = "python"):
    job = analysis_job(workspace, run, WHAT, {"kind": kind})
    (job.folder / "take.zip").write_bytes(bytes(5000))
    return job


def test_an_export_goes_after_a_day_and_an_analysis_stays(workspace):
    run = a_run(workspace, pets(workspace))
    made, other = an_export(workspace, run), analysis_job(workspace, run, "learning-curve")
    assert not [each for each in clean(workspace, OWN) if each.kind == "export"] and made.folder.exists()
    would = clean(workspace, OWN, dry_run=True, now=time.time() + 2 * DAY)
    assert [each.kind for each in would if each.id == made.id] == ["export"] and made.folder.exists()
    clean(workspace, OWN, now=time.time() + 2 * DAY)
    assert not made.folder.exists() and other.folder.exists() and run.folder.exists()


def test_it_counts_for_nobody(workspace):
    run = a_run(workspace, pets(workspace))
    before = usage(workspace, FOX).bytes
    an_export(workspace, run)
    assert usage(workspace, FOX).bytes == before


def test_a_short_disk_takes_them_first_but_none_that_is_being_made(workspace):
    from filelock import FileLock

    run = a_run(workspace, pets(workspace))
    made, making = an_export(workspace, run), an_export(workspace, run, "html")
    with FileLock(making.folder / LOCK):
        assert drop_exports(workspace, 1, time.time() + 1) >= 5000
        assert not made.folder.exists() and making.folder.exists()
