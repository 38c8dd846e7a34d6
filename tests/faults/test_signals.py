"""TERM and HUP keep what was learned as Ctrl-C does, and `continue` goes on as if nothing had happened."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.cli.interrupt import LONG, interrupt_learning
from tests.conftest import QUICK
from tests.faults.jobs import into_the_line
from tlcore.__main__ import main
from tlcore.evaluation.report import load_report
from tlcore.events import EpochEnd, Evaluated, Finished
from tlcore.jobs.event_log import read_events
from tlcore.jobs.status import job_status
from tlcore.jobs.store import create_run, load_run, stop_reason
from tlcore.worker.runner import run_job
from tlcore.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")
SHORT = [*LONG[:3], "150", *LONG[4:], "--cross-validation", "never"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def probabilities(workspace, run_id):
    return np.stack(load_report(load_run(workspace, run_id).folder).predictions["probabilities"].tolist())


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_what_was_learned_is_kept_and_continue_gives_what_an_uninterrupted_run_gives(
    home, small_folder, capsys, name, code
):
    exit_code, values = interrupt_learning("train", small_folder, home, getattr(signal, name), SHORT)
    workspace = open_workspace(home)
    run = load_run(workspace, values["run"])
    status = job_status(run)
    assert exit_code == code and status.finished.stopped and len(status.epochs) < 150 and stop_reason(run) == name
    assert main(["runs"]) == 0 and "stopped, " in capsys.readouterr().out
    if name == "SIGHUP":
        return
    assert main(["continue", run.id, "--json"]) == 0
    continued = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert main(["train", str(small_folder), *SHORT]) == 0
    whole = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert continued["test_correct"] == whole["test_correct"] and continued["best_epoch"] == whole["best_epoch"]
    np.testing.assert_array_equal(probabilities(workspace, run.id), probabilities(workspace, whole["run"]))
    assert main(["continue", run.id]) == 2 and "has finished" in capsys.readouterr().err


def test_continue_packs_what_has_its_figures(trained, monkeypatch, capsys):
    workspace, dataset, _ = trained
    monkeypatch.setenv("TRANSFERLAB_HOME", str(workspace.root))
    run = create_run(workspace, dataset.id, QUICK, "x")

    def on_event(event):
        if isinstance(event, Evaluated):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_job(workspace, run, on_event)
    assert main(["runs"]) == 0
    (line,) = [each for each in capsys.readouterr().out.splitlines() if each.startswith(run.id)]
    assert "tested, but its model is not saved yet" in line
    assert main(["predict", run.id, "x.jpg"]) == 2 and "transferlab continue" in capsys.readouterr().err
    before = len(job_status(run).epochs)
    assert main(["continue", run.id]) == 0
    assert job_status(run).state == "finished" and len(job_status(run).epochs) == before


def test_a_worker_that_gets_term_keeps_what_it_has(trained):
    workspace, dataset, _ = trained
    run = create_run(workspace, dataset.id, QUICK.__class__(image_size=96, epochs=500, patience=0), "x")
    into_the_line(workspace, run)
    worker = subprocess.Popen([sys.executable, "-m", "tlcore.worker"], cwd=ROOT, stdin=subprocess.PIPE)
    with worker.stdin as orders:
        orders.write(f"{run.folder}\n".encode())
    while worker.poll() is None and not any(isinstance(event, EpochEnd) for event in read_events(run)):
        time.sleep(0.02)
    worker.terminate()
    assert worker.wait(timeout=120) == 0
    last = read_events(run)[-1]
    assert isinstance(last, Finished) and last.stopped and stop_reason(run) == "SIGTERM"


@pytest.mark.parametrize("place", ["tlcore.cli.main", "tlcore.cli.train", "numpy"])
def test_ctrl_c_while_a_command_is_still_loaded_is_one_line(place, tmp_path):
    script = f"""
import signal, sys
class Interrupting:
    def find_spec(self, name, *rest):
        if name == {place!r}:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
sys.argv = ["transferlab", "runs"]
from tlcore.__main__ import main
sys.exit(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | {"TRANSFERLAB_HOME": str(tmp_path)},
    )
    assert done.returncode == 130 and done.stderr == "Stopped.\n" and not done.stdout
