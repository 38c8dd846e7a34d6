"""From "Apply 3 changes and retrain" to the new score, as seen in a browser: 1,000 photos, a frozen network.

The photos have been seen by the network before, and the trainer has had time to load while the changes were planned, as
it does from the first of them on; nothing else is being trained. It ends when the card with before and after stands on
the page. The worst of three.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.command import check_data, few_photos, finish, in_fresh_process, parser
from benchmarks.server import browsing, has_browser, serving, wait_until_it_answers
from benchmarks.table import Row, figure
from tlcore.cleaning.planned import plan
from tlcore.config import TrainConfig
from tlcore.data.corrections import Correction
from tlcore.data.ingest import ingest_path
from tlcore.data.manifest import load_dataset
from tlcore.events import run_to_end
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run, create_run, list_runs, load_run
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace, open_workspace

TIMES, CHANGES = 3, 3
TRAINER_SECONDS = 20  # until the trainer that waits has loaded TensorFlow, also on a busy machine
PATIENCE_MS = 120_000


def main() -> int:
    """Measure, print, write."""
    options = parser("retraining", __doc__).parse_args()
    check_data(options.data)
    return finish("Retraining on corrected photos", retraining(options.data, options.quick), options)


def retraining(data: Path, quick: bool) -> list[Row]:
    """The seconds from the button to the new score. Without a browser on this machine there is nothing to measure."""
    if not has_browser():
        return []
    with tempfile.TemporaryDirectory() as scratch:
        folder = (few_photos(data, Path(scratch, "few")) if quick else data) / "train"
        home = Path(scratch, "home")
        in_fresh_process(_train, home, folder)
        with serving(home, warm="1") as (process, address), browsing() as page:
            wait_until_it_answers(process, address)
            workspace = open_workspace(home)
            seconds = list(_retrained(workspace, page, address))
            _wait_for_the_model(workspace, page)  # the worker outlives the server, and still writes into the folder
    name = "3 corrections of 1,000 photos: from the button to the new score"
    return [figure(name, max(seconds), "<= 3", "s")]


def _train(home: Path, folder: Path) -> None:
    """A data set of the folder and a first run on it."""
    workspace = open_workspace(home)
    dataset = run_to_end(ingest_path(workspace, folder))
    run_job(workspace, create_run(workspace, dataset.id, TrainConfig(), dataset.name))


def _retrained(workspace: Workspace, page: Any, address: str) -> Iterator[float]:
    """Correct photos of the newest run, retrain, and so on from the run that comes of it. `page`: playwright's."""
    page.set_default_timeout(PATIENCE_MS)
    for _ in range(TIMES):
        run = _wait_for_the_model(workspace, page)  # one training at a time: it is still packed when the score is there
        dataset = load_dataset(workspace, run.dataset_id)
        rows = dataset.part("test").head(CHANGES)
        other = dict(zip(dataset.labels, (*dataset.labels[1:], dataset.labels[0])))
        plan(run.folder, [Correction(row.path, row.label, other[row.label]) for row in rows.itertuples()])
        page.goto(f"{address}/evaluate?run={run.id}")
        button = page.get_by_role("button", name=f"Apply {CHANGES} changes and retrain")
        button.wait_for()
        page.wait_for_timeout(TRAINER_SECONDS * 1000)
        start = time.perf_counter()
        button.click()
        page.wait_for_url(lambda url, before=run.id: before not in url)
        page.locator(f'.st-key-tl_before_after a[href*="{run.id}"]').wait_for()  # not that of the page before
        yield time.perf_counter() - start


def _wait_for_the_model(workspace: Workspace, page: Any) -> Run:
    """The newest run, when its model is packed."""
    run = load_run(workspace, list_runs(workspace)[0].id)
    while job_status(run).active:
        page.wait_for_timeout(500)
    return run


if __name__ == "__main__":
    sys.exit(main())
