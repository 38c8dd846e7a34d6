"""What a person waits for before anything happens: an import of 100 photos, a training's first features, a large store.

Inside the clocks: from the press of the button, that is from making the job's folder, to what the job's events say,
through the queue and the worker of a real server, but without page and browser (web.py has the pages). Each server is a
process of its own with an empty workspace.

    import      100 photos, to the finished data set: of a folder and of uploads, by a worker that waits for an import,
                and by none, as in the first second of a server
    training    of that data set, to the first features: by a worker that waits, and again ten seconds after the first
                run has ended, when the next one must be waiting
    store       opening the features of 200,000 photos, against 20,000; of three the median

Expected: what was imported and compiled before it was asked for costs nothing; the rest is decoding 100 photos and 60
forward passes. Progress is written five times a second, so up to 0.2 s of the time to the first features is waiting for
the next line.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.command import check_data, finish, in_fresh_process, parser, touch_files
from benchmarks.table import Row, figure
from tlcore.config import TrainConfig
from tlcore.data import incoming
from tlcore.events import Event, Finished, Progress, StageKey
from tlcore.features.store import FeatureKind, FeatureStore
from tlcore.jobs.event_log import read_events
from tlcore.jobs.queue import JobQueue
from tlcore.jobs.status import job_status
from tlcore.jobs.store import ImportSpec, Job, create_import, create_run
from tlcore.workspace import open_workspace

PHOTOS_A_CLASS, ROUNDS = 50, 3
WARM_SECONDS = 12  # until a worker waits with everything loaded, on a machine that does nothing else
PAUSE_SECONDS = 10
MANY_ROWS, FEW_ROWS, DIMENSION = 200_000, 20_000, 8
PATIENCE_SECONDS = 300


def main() -> int:
    """Measure, print, write."""
    options = parser("start_up", __doc__).parse_args()
    check_data(options.data)
    rounds = 1 if options.quick else ROUNDS
    with tempfile.TemporaryDirectory() as scratch:
        photos = _hundred_photos(options.data, Path(scratch, "photos"))
        touch_files(photos)
        found = [in_fresh_process(_served, Path(scratch, f"home{turn}"), photos) for turn in range(rounds)]
        times = {name: median(each[name] for each in found) for name in found[0]}
        opened = {rows: in_fresh_process(_open_store, Path(scratch, "store"), rows) for rows in (FEW_ROWS, MANY_ROWS)}
    rows = [figure(name, seconds, "<= 1", "s") for name, seconds in times.items()]
    return finish("Start-up", [*rows, _store_row(opened)], options)


def _hundred_photos(data: Path, target: Path) -> Path:
    """A folder with the first photos of each class."""
    for label in sorted(path for path in (data / "train").iterdir() if path.is_dir()):
        (target / label.name).mkdir(parents=True)
        for photo in sorted(label.iterdir())[:PHOTOS_A_CLASS]:
            shutil.copy2(photo, target / label.name)
    return target


def _served(home: Path, photos: Path) -> dict[str, float]:
    """One server's life: the seconds of each step, by name."""
    workspace = open_workspace(home)
    queue = JobQueue(workspace)
    try:
        spec = ImportSpec("folder", str(photos), "Cold")
        times = {"import of 100 photos, no worker waits": _time(queue, create_import(workspace, spec), _is_finished)}
        queue.warm_up("import", "train")
        time.sleep(WARM_SECONDS)
        spec = ImportSpec("folder", str(photos), "Warm")
        job = create_import(workspace, spec)
        times["import of 100 photos, a worker waits"] = _time(queue, job, _is_finished)
        dataset_id = job_status(job).finished.result
        queue.warm_up("import")
        upload = ImportSpec("incoming", _upload(home, photos))
        time.sleep(WARM_SECONDS / 2)
        times["import of 100 uploaded photos"] = _time(queue, create_import(workspace, upload), _is_finished)
        for name, size in (("press Train to the first features", 224), ("the same 10 s after a run has ended", 160)):
            run = create_run(workspace, dataset_id, TrainConfig(image_size=size), "start-up")
            times[name] = _time(queue, run, _has_features)
            _wait(lambda run=run: _is_finished(read_events(run)))
            time.sleep(PAUSE_SECONDS)
        return times
    finally:
        queue.close()


def _upload(home: Path, photos: Path) -> str:
    """The photos as an upload area; its id."""
    workspace = open_workspace(home)
    area = incoming.new_incoming(workspace)
    files = sorted(photos.rglob("*.jp*g"))
    incoming.add_files(workspace, area, ((file.name, file.read_bytes(), file.parent.name) for file in files))
    return area


def _time(queue: JobQueue, job: Job, is_there: Callable[[list[Event]], float]) -> float:
    """Seconds from a job's folder to what its events say."""
    queue.submit(job)
    _wait(lambda: is_there(read_events(job)))
    return is_there(read_events(job)) - job.created


def _wait(is_there: Callable[[], float]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_there():
        if time.monotonic() > deadline:
            raise RuntimeError("A job did not end.")
        time.sleep(0.02)


def _is_finished(events: list[Event]) -> float:
    """When the job had finished, 0 while it has not. Raises RuntimeError where it ended otherwise."""
    if any(event.type in ("failed", "stopped") for event in events):
        raise RuntimeError(f"The job did not finish: {events[-1]}")
    return next((event.at for event in events if isinstance(event, Finished)), 0.0)


def _has_features(events: list[Event]) -> float:
    """When the first features of a run were there, 0 while they are not."""
    first = (
        event.at
        for event in events
        if isinstance(event, Progress) and event.stage == StageKey.EXTRACT_FEATURES and event.done > event.cached
    )
    return next(first, 0.0)


def _open_store(home: Path, rows: int) -> float:
    """Seconds to open a feature store of so many photos, the median of three."""
    workspace, kind = open_workspace(home), FeatureKind(f"net-{rows}", 224, "center-crop", DIMENSION)
    random = np.random.default_rng(0)
    names = [random.bytes(32).hex() for _ in range(rows)]
    FeatureStore(workspace, kind).append(names, np.zeros((rows, DIMENSION), np.float32))
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        FeatureStore(workspace, kind)
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def _store_row(opened: dict[int, float]) -> Row:
    name = f"opening the features of {MANY_ROWS:,} photos (reference: {FEW_ROWS:,})"
    return figure(name, opened[MANY_ROWS], "< 0.2", "s", opened[FEW_ROWS])


if __name__ == "__main__":
    sys.exit(main())
