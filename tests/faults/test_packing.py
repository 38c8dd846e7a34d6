"""A worker that is killed between the test figures and the model: its figures stay, no unchecked model is ever served,
and "Finish" packs what was learned without learning it again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import QUICK, copy_of
from tests.faults.jobs import into_the_line
from tlcore.api.model import load_model
from tlcore.config import defaults_for
from tlcore.errors import UserError
from tlcore.evaluation.report import load_report
from tlcore.events import EpochEnd, Evaluated, Finished
from tlcore.jobs.attempts import can_finish, reset, resume
from tlcore.jobs.event_log import read_events
from tlcore.jobs.status import job_status
from tlcore.jobs.store import create_run, load_run, request_stop
from tlcore.pipeline import fine_tune_stages
from tlcore.serving.bundle import FOLDER, INFO, load_bundle
from tlcore.serving.bundle_weights import WEIGHTS
from tlcore.training.optimise import Score
from tlcore.worker.runner import run_job
from tlcore.workspace import TRAINED, open_workspace

ROOT = Path(__file__).resolve().parents[2]
HYBRID = defaults_for("hybrid", image_size=64, epochs=2, fine_tune_epochs=1, seed=1)
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked and killed, which Windows cannot")


class Killed(BaseException):
    """What a test raises where a worker would be killed: nothing in the program catches it."""


def killed_after_the_figures(trained, config, on_epoch=None):
    """A run that ended right after its figures were reported. `on_epoch` is called with it after each epoch."""
    workspace, dataset, _ = trained
    run = create_run(workspace, dataset.id, config, "killed")

    def on_event(event):
        if on_epoch and isinstance(event, EpochEnd):
            on_epoch(run)
        if isinstance(event, Evaluated):
            raise Killed

    with pytest.raises(Killed):
        run_job(workspace, run, on_event)
    return run


def probabilities(run):
    return np.stack(load_report(run.folder).predictions["probabilities"])


@posix
def test_a_kill_at_any_step_of_packing_leaves_no_model_or_the_whole_one(trained, tmp_path):
    home = tmp_path / "home"
    workspace, dataset, whole = own = copy_of(trained, home)
    run = killed_after_the_figures(own, QUICK)
    expected = load_model(whole.folder).predict(dataset.read(dataset.photos["path"][0])).probabilities
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.killed_steps", str(home), run.id],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    copies = sorted(tmp_path.glob("home-*"), key=lambda path: int(path.name.split("-")[1]))
    assert len(copies) > 8, "packing touches its files in more steps than that"
    states = []
    for number, copy in enumerate(copies):
        place = open_workspace(copy)
        left = load_run(place, run.id)
        states.append(job_status(left).state)
        assert job_status(left).usable, "its figures are never lost"
        if (left.folder / FOLDER / INFO).exists():
            info = load_bundle(left.folder).info
            assert info["check"]["photos"] == info["test"]["total"], "what is there was checked"
            assert states[-1] != "finished" or WEIGHTS in info["files"], "and a finished run has all of it"
        else:
            with pytest.raises(UserError):
                load_model(left.folder)
        if states[-1] != "finished":
            assert can_finish(left), copy
            if number % 4:  # each takes a second
                continue
            resume(left)
            assert run_job(place, left).type == "finished"
            assert not [event for event in read_events(left) if isinstance(event, Evaluated)][1:], "told once"
        assert not can_finish(left) and not list((left.folder / FOLDER).glob("*.part"))
        answer = load_model(left.folder).predict(dataset.read(dataset.photos["path"][0])).probabilities
        assert answer == expected, "the model of an uninterrupted run"
    assert states[0] == "tested" and states[-1] == "finished"


@pytest.mark.parametrize(
    ("stop", "kept", "reason"),
    [
        (False, "network", "a network that adapted"),
        (True, "backbone", "a head, stopped before the network adapted, whose batch norm was adapted before"),
    ],
)
def test_finishing_learns_nothing_again_and_gives_the_model_of_the_figures(trained, stop, kept, reason, monkeypatch):
    workspace, _, _ = trained
    if not stop:  # on few photos it depends on the machine whether the network that adapted beats its head
        worst = Score(np.inf, np.zeros(1, bool))
        monkeypatch.setattr(fine_tune_stages, "validation_score_of", lambda context, head: worst)
    run = killed_after_the_figures(trained, HYBRID, on_epoch=request_stop if stop else None)
    with np.load(run.folder / TRAINED) as archive:
        assert any(name.startswith(f"{kept}/") for name in archive.files), reason
    before, status = probabilities(run), job_status(run)
    assert status.state == "tested" and not (run.folder / FOLDER / INFO).exists()
    resume(run)
    told = []
    last = run_job(workspace, run, told.append)
    assert isinstance(last, Finished) and last.seconds >= status.evaluated.seconds and last.stopped == stop
    assert not [event for event in told if isinstance(event, EpochEnd)], "nothing is learned again"
    np.testing.assert_array_equal(probabilities(run), before)
    assert job_status(run).evaluated == status.evaluated and job_status(run).epochs == status.epochs
    assert load_bundle(run.folder).info["check"]["largest_difference"] < 1e-3


def test_a_run_that_was_stopped_is_checked_on_every_test_photo_like_any_other(trained):
    workspace, dataset, _ = trained
    run = create_run(workspace, dataset.id, QUICK, "stopped")
    last = run_job(workspace, run, lambda event: isinstance(event, EpochEnd) and request_stop(run))
    assert isinstance(last, Finished) and last.stopped
    assert load_bundle(run.folder).info["check"]["photos"] == len(dataset.part("test"))


def test_a_damaged_file_of_what_was_learned_costs_a_training_and_no_figures(trained):
    workspace, _, _ = trained
    run = killed_after_the_figures(trained, QUICK)
    before = probabilities(run)
    (run.folder / TRAINED).write_bytes((run.folder / TRAINED).read_bytes()[:-200])
    resume(run)
    told, had_figures = [], []

    def on_event(event):
        told.append(event)
        had_figures.extend([job_status(run).usable] if isinstance(event, EpochEnd) else [])

    assert run_job(workspace, run, on_event).type == "finished"
    assert had_figures and not any(had_figures), "it learns again, can be stopped, and shows no figures meanwhile"
    np.testing.assert_array_equal(probabilities(run), before)


def test_a_model_never_stands_beside_the_figures_of_another_attempt(trained):
    workspace, dataset, _ = trained
    run = create_run(workspace, dataset.id, QUICK, "twice")
    assert run_job(workspace, run).type == "finished"
    reset(run)

    def on_event(event):
        if isinstance(event, Evaluated):
            raise Killed

    with pytest.raises(Killed):
        run_job(workspace, run, on_event)
    with pytest.raises(UserError):
        load_model(run.folder)


@posix
def test_a_real_worker_that_is_killed_while_it_packs(trained, tmp_path):
    workspace, dataset, _ = trained
    run = create_run(workspace, dataset.id, QUICK, "worker")
    into_the_line(workspace, run)
    worker = subprocess.Popen([sys.executable, "-m", "tlcore.worker"], cwd=ROOT, stdin=subprocess.PIPE)
    assert worker.stdin is not None
    with worker.stdin as orders:
        orders.write(f"{run.folder}\n".encode())
    while worker.poll() is None and not job_status(run).usable:
        time.sleep(0.005)  # shorter than packing takes
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    status = job_status(run)
    assert status.usable and status.state in ("tested", "finished")
