"""A disk that is full at each stage: a sentence, nothing lost that was finished, and it goes on when there is space.

The disk is a real one, a small tmpfs that the test mounts; where it may not, these tests are skipped.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import QUICK
from tests.faults.jobs import into_the_line
from tlcore.advice.recommend import run_recommendation
from tlcore.config import defaults_for
from tlcore.data.ingest import ingest_folder
from tlcore.events import EpochEnd, Evaluated, Event, Failed, Finished, Progress, run_to_end
from tlcore.jobs.attempts import resume
from tlcore.jobs.event_log import read_events
from tlcore.jobs.status import job_status
from tlcore.jobs.store import EXIT_UNRECORDED, Run, create_run, recommendation_job
from tlcore.pipeline import train as train_module
from tlcore.worker.handlers import HANDLERS
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace, open_workspace

ROOT = Path(__file__).resolve().parents[2]
SIZE = 8 << 30


def is_mountable(folder: Path) -> bool:
    """Whether this process may mount a small disk."""
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("mount"):
        return False
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True)
    if done.returncode:
        return False
    subprocess.run(["umount", str(folder)], check=True)
    return True


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with much space, of which nothing is taken before it is used."""
    place = tmp_path / "disk"
    place.mkdir()
    if not is_mountable(place):
        pytest.skip("no right to mount a small disk here")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def home(disk: Path, small_folder: Path) -> tuple[Workspace, str]:
    """A workspace on that disk, and the id of a data set in it."""
    workspace = open_workspace(disk / "home")
    return workspace, run_to_end(ingest_folder(workspace, small_folder)).id


def fill(disk: Path, leave: int = 0) -> None:
    """Let the disk have no more space than some bytes: it shrinks to what is used."""
    resize(disk, shutil.disk_usage(disk).used + leave)


def free(disk: Path) -> None:
    """Give the disk its space back."""
    resize(disk, SIZE)


def resize(disk: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


def is_stage(stage):
    return lambda event: isinstance(event, Progress) and event.stage == stage


def is_kind(kind):
    return lambda event: isinstance(event, kind)


def do(workspace: Workspace, run: Run, disk: Path, when, leave: int) -> Event:
    """Do a run whose disk is filled up at the first event of a kind."""
    full = []

    def on_event(event):
        if not full and when(event):
            full.append(event)
            fill(disk, leave)

    last = run_job(workspace, run, on_event)
    assert full, "the disk was never full"
    return last


SETTINGS = {"image_size": 64, "epochs": 2, "fine_tune_epochs": 2, "seed": 1, "batch_norm_adaptation": 0.0}
HYBRID = defaults_for("hybrid", unfreeze_from="block7a", **SETTINGS)


@pytest.mark.parametrize(
    ("config", "when", "leave", "figures", "reason"),
    [
        (QUICK, is_stage("extract_features"), 0, False, "features"),
        (QUICK, is_kind(EpochEnd), 0, False, "not even an event of the next epoch"),
        (QUICK, is_kind(EpochEnd), 8192, False, "events, but no report"),
        (QUICK, is_kind(Evaluated), 0, True, "the model"),
        (QUICK, is_stage("verify"), 300_000, True, "some of the model"),
        (HYBRID, is_stage("fine_tune"), 300_000, False, "a checkpoint"),
    ],
)
def test_a_training_on_a_full_disk_says_so_and_goes_on_when_there_is_space(
    home, disk, config, when, leave, figures, reason
):
    workspace, dataset_id = home
    run = create_run(workspace, dataset_id, config, "full")
    last = do(workspace, run, disk, when, leave)
    assert isinstance(last, Failed) and "full" in last.what and "kept" in last.fix and not last.bug, (reason, last)
    status = job_status(run)
    assert status.error == last, "how it ended is written down on a full disk too"
    assert status.usable == figures and status.state == ("tested" if figures else "failed")
    assert (run.folder / "bundle" / "model.json").exists() == status.predicts == (status.packed is not None)
    assert not list(run.folder.rglob("*.part")) and not list(run.folder.rglob("partial-*"))
    free(disk)
    resume(run)
    told: list[Event] = []
    assert isinstance(run_job(workspace, run, told.append), Finished), told[-1]
    if figures:
        assert not [event for event in told if isinstance(event, EpochEnd)], "nothing is learned again"
        assert job_status(run).evaluated == status.evaluated


def test_the_end_is_written_where_no_event_can_be(home, disk, monkeypatch):
    """Until the last byte is taken, and then only what was put aside is left."""
    workspace, dataset_id = home
    run = create_run(workspace, dataset_id, QUICK, "full")

    def endless(*job):
        fill(disk)
        while True:
            yield EpochEnd(1, 1, 1, 1, 1, 1, 0.1)

    monkeypatch.setitem(HANDLERS, "train", endless)
    last = run_job(workspace, run)
    assert isinstance(last, Failed) and "full" in last.what
    assert len(read_events(run)) > 2 and read_events(run)[-1] == last and job_status(run).state == "failed"


def test_figures_are_told_where_there_is_no_room_for_what_was_learned(home, disk, monkeypatch):
    """No room for the file that finishing needs: the figures are there all the same."""
    workspace, dataset_id = home
    run = create_run(workspace, dataset_id, HYBRID, "full")
    save = train_module.save_report

    def save_and_fill(folder, report):
        save(folder, report)
        fill(disk, 100_000)

    monkeypatch.setattr(train_module, "save_report", save_and_fill)
    last = run_job(workspace, run)
    assert isinstance(last, Failed) and "full" in last.what
    assert job_status(run).state == "tested" and job_status(run).evaluated


@pytest.mark.parametrize("leave", [0, 2_000_000])
def test_an_import_on_a_full_disk(disk, small_folder, tmp_path, leave):
    from tlcore.jobs.store import ImportSpec, create_import

    workspace = open_workspace(disk / "home")
    archive = shutil.make_archive(str(tmp_path / "photos"), "zip", small_folder)
    job = create_import(workspace, ImportSpec("folder", archive, name="photos"))
    fill(disk, 40_960)
    last = run_job(workspace, job)
    assert isinstance(last, Failed) and "full" in last.what and not last.bug
    assert job_status(job).error == last and not [each for each in workspace.datasets.iterdir() if each.name[0] != "."]


def test_a_recommendation_on_a_full_disk(home, disk):
    workspace, dataset_id = home
    job = recommendation_job(workspace, dataset_id)
    fill(disk, 40_960)
    last = run_job(workspace, job)
    assert isinstance(last, Failed) and "full" in last.what and not last.bug and job_status(job).error == last
    free(disk)
    assert [event.type for event in run_recommendation(workspace, job)][-1] == "finished"


def test_a_worker_whose_end_cannot_be_written_says_so_with_its_exit_code(home, disk):
    workspace, dataset_id = home
    run = create_run(workspace, dataset_id, QUICK, "full")
    into_the_line(workspace, run)
    fill(disk)
    done = subprocess.run(
        [sys.executable, "-m", "tlcore.worker"], input=f"{run.folder}\n".encode(), cwd=ROOT, capture_output=True
    )
    assert done.returncode == EXIT_UNRECORDED and read_events(run) == []
    assert b"Traceback" not in done.stderr, done.stderr
    free(disk)
    assert json.loads((run.folder / "job.json").read_text())["kind"] == "train"
