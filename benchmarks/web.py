"""The web process: time to the first page, resident memory, and whether TensorFlow is in it.

Inside the clock: from the start of the `streamlit run` process, with an empty workspace, until a real browser shows the
first page's heading and button. Outside: the start of the browser. Median of three starts. Memory is the resident size
of the server process after that first page, and after all pages were visited with a finished run in use and one photo
was predicted. TensorFlow is looked for in the process's memory map (Linux) and in `sys.modules` after the pages ran in
a process of their own (AppTest). There the garbage is collected as Streamlit does it after every run of a page, a
minute after the start, and with the modules back in the collector's sight. Without chromium the clock ends when the
server answers HTTP, and the table says so.

Expected: Streamlit alone needs 1.5 s and 130 MB on a quiet machine; pandas, pyarrow and LiteRT add 100 MB.
Seen: 2.2 s (3.0 s with another busy process a core), 148 MB, 229 MB after all pages, 246 MB after a prediction.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from statistics import median

import psutil
from PIL import Image

from benchmarks.command import REPOSITORY, finish, parser
from benchmarks.server import browsing, has_browser, serving, train_small_run, wait_until_it_answers
from benchmarks.table import Row, figure, times_faster

SECONDS, MEGABYTES, COLLECTING, ROUNDS = "< 3", "< 300", ">= 5", 3
PAGES = ("data", "train", "evaluate", "predict")
HEAVY = ("tensorflow", "keras")
SCRIPT = """
import gc, json, sys, time
from statistics import median
from pages.shared import chrome
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("streamlit_app.py", default_timeout=60)
for page in ("streamlit_app.py", *(f"pages/{name}.py" for name in sys.argv[3:])):
    app.switch_page(page)
    app.query_params["dataset"], app.query_params["run"] = sys.argv[1:3]
    app.run()
    assert not app.exception, (page, app.exception)
    assert app.title, page
def collect():
    start = time.perf_counter()
    gc.collect(2)
    return time.perf_counter() - start
chrome._settle.cache_clear()  # as when the first minute is over
app.run()
seconds = []
for change in (gc.collect, gc.unfreeze):
    change()
    seconds.append(median(collect() for _ in range(9)))
print(json.dumps([sorted(name for name in sys.modules if "." not in name), *seconds]))
"""


def main() -> int:
    """Measure, print, write."""
    options = parser("web", __doc__).parse_args()  # --data is taken and not needed
    with tempfile.TemporaryDirectory() as scratch:
        trained, ids = Path(scratch, "trained"), train_small_run(Path(scratch, "trained"))
        rows, notes = _modules(trained, ids), []
        if has_browser():
            with browsing() as tab:
                rows += _first_page(tab, Path(scratch), 1 if options.quick else ROUNDS)
                rows += _all_pages(tab, trained, ids)
        else:
            rows += _without_browser(Path(scratch))
            notes.append("No chromium or no playwright here: no page was shown, the clock ended with the first answer.")
    return finish("The web process", rows, options, notes)


def _modules(home: Path, ids: tuple[str, str]) -> list[Row]:
    """How many of the heavy packages are in sys.modules after all pages ran, and what collecting garbage takes then."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *ids, *PAGES],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        env=os.environ | {"TRANSFERLAB_HOME": str(home), "TRANSFERLAB_WARM": "0"},
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"A page failed: {done.stderr[-2000:]}")
    loaded, ours, without = json.loads(done.stdout.splitlines()[-1])
    rows = [figure(f"{name} in sys.modules after all pages", loaded.count(name), "<= 0", "modules") for name in HEAVY]
    return [
        *rows,
        times_faster("collecting garbage after a page, times faster than with all modules", ours, without, COLLECTING),
    ]


def _first_page(tab, scratch: Path, rounds: int) -> list[Row]:
    """Time and memory of the first page on a fresh server with an empty workspace."""
    seconds, megabytes = [], []
    for number in range(rounds):
        start = time.perf_counter()
        with serving(scratch / f"home{number}") as (process, address):
            wait_until_it_answers(process, address)
            tab.goto(address)
            _wait_for_page(tab)
            tab.get_by_role("button", name="Choose photos to begin").wait_for()
            seconds.append(time.perf_counter() - start)
            megabytes.append(_resident(process))
            tab.goto("about:blank")
    return [
        figure("process start to the first page in a browser", median(seconds), SECONDS, "s"),
        figure("resident memory after the first page", median(megabytes), MEGABYTES, "MB"),
    ]


def _all_pages(tab, home: Path, ids: tuple[str, str]) -> list[Row]:
    """Memory after every page was visited with a run in use, and after one prediction; TensorFlow's files in it."""
    with serving(home) as (process, address):
        wait_until_it_answers(process, address)
        tab.goto(address)
        _wait_for_page(tab)
        for name in PAGES:
            tab.goto(f"{address}/{name}?dataset={ids[0]}&run={ids[1]}")
            _wait_for_page(tab)
        visited = _resident(process)
        tab.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(_photo())
        tab.get_by_text("1 prediction ·").wait_for()
        rows = [
            figure("resident memory after all pages", visited, MEGABYTES, "MB"),
            figure("resident memory after all pages and a prediction", _resident(process), MEGABYTES, "MB"),
        ]
        files = _tensorflow_files(process)
        if files is not None:
            rows.append(figure("files of TensorFlow in the process's memory map", len(files), "<= 0", "files"))
        tab.goto("about:blank")
        return rows


def _photo() -> dict[str, str | bytes]:
    """A photo as a phone makes them, 12 million pixels, for the upload."""
    target = BytesIO()
    Image.effect_noise((4000, 3000), 40).convert("RGB").save(target, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": target.getvalue()}


def _without_browser(scratch: Path) -> list[Row]:
    start = time.perf_counter()
    with serving(scratch / "home") as (process, address):
        wait_until_it_answers(process, address)
        seconds = time.perf_counter() - start
        return [
            figure("process start to the first HTTP answer (no browser)", seconds, SECONDS, "s"),
            figure("resident memory after that answer (no browser)", _resident(process), MEGABYTES, "MB"),
        ]


def _wait_for_page(tab) -> None:
    """Until the heading stands there and the script has ended."""
    tab.get_by_role("heading", level=1).wait_for()
    tab.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def _resident(process: subprocess.Popen) -> float:
    """Resident memory in MB (10⁶ bytes)."""
    return psutil.Process(process.pid).memory_info().rss / 1e6


def _tensorflow_files(process: subprocess.Popen) -> set[str] | None:
    """The libraries of TensorFlow that the process has mapped; None where the system has no /proc."""
    maps = Path(f"/proc/{process.pid}/maps")
    if not maps.exists():
        return None
    paths = {line.split(maxsplit=5)[5] for line in maps.read_text().splitlines() if line.count("/") > 1}
    return {path for path in paths if "/tensorflow/" in path or "libtensorflow" in path}


if __name__ == "__main__":
    sys.exit(main())
