"""Measured from outside: no picture takes the process that serves the pages beyond 150 MB more than it had.

The process does what the Predict page does, with the page's own code, and is watched by this one.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import claims
from tests.photos import make_photo

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests" / "security" / "cases").glob("*.[!m]*"))
MOST_MB = 150
SCRIPT = """
import sys
from pathlib import Path
from pages.shared import predictions
from pages.shared.predictions import NewPhoto
from tlcore.jobs.store import load_run
from tlcore.workspace import open_workspace
run = load_run(open_workspace(sys.argv[1]), sys.argv[2])
model = predictions.model_of(run)
for line in sys.stdin:
    photo = NewPhoto(line, "photo", Path(line.strip()).read_bytes)
    found, _ = predictions.predict(run, model, [photo], 1.0)
    print(found[0].reason or "answered", flush=True)
"""


@pytest.fixture(scope="module")
def server(trained):
    workspace, _, run = trained
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(workspace.root), run.id],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"TRANSFERLAB_HOME": str(workspace.root), "TRANSFERLAB_HOSTED": "1"},
    )
    yield process
    process.stdin.close()
    process.wait(timeout=60)
    process.stdout.close()


def peak_mb(process) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def ask(process, photo: Path) -> str:
    process.stdin.write(f"{photo}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process")
def test_no_picture_takes_the_web_process_far(server, tmp_path):
    ordinary = tmp_path / "ordinary.jpg"
    ordinary.write_bytes(make_photo(1, (800, 600)))
    assert ask(server, ordinary) == "answered"
    before = peak_mb(server)
    assert len(CASES) == 5
    for number, (_, data) in enumerate(claims.HUGE):
        (tmp_path / str(number)).write_bytes(data)
    for photo in [*CASES, *(tmp_path / str(number) for number in range(len(claims.HUGE)))]:
        answer = ask(server, photo)
        assert answer == "answered" or "too large to open" in answer, (photo.name, answer)
        assert (photo.name == "frames.gif") == (answer == "answered"), (photo.name, answer)
        assert peak_mb(server) < before + MOST_MB, photo.name
        assert ask(server, ordinary) == "answered"
