"""Fixtures that more than one room's tests use."""

import gc
import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each of some hundred processes compiles the program by itself

from benchmarks.server import CHROMIUM, FLAGS
from tests.small import write_small_folder
from tlcore.config import TrainConfig
from tlcore.data.ingest import ingest_folder
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.events import run_to_end
from tlcore.jobs.store import Run, create_run, load_run
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace, open_workspace

LONG = (
    "test_strategies.py",
    "test_journey.py",
    "test_places.py",
    "test_board.py",
    "test_live.py",
    "test_backbone_rows.py",
    "test_race.py",
    "test_packing.py",
    "test_camera.py",
    "test_upload.py",
    "test_predict.py",
    "test_reading.py",
    "test_checks.py",
    "test_python_docs.py",
    "test_queue.py",
    "test_archives.py",
    "test_own_network.py",
    "test_packaging.py",
    "test_signals.py",
    "test_cli.py",
    "test_headers.py",
    "test_decode_budget.py",
    "test_frozen_files.py",
    "test_queue_kills.py",
    "test_check.py",
    "test_deletion.py",
    "test_build.py",
    "test_caches.py",
    "test_combine.py",
)
"""The files that take longest, the longest first."""

BROWSER = shutil.which("chromium-headless-shell") or CHROMIUM
"""Without its windows the same browser takes less than half of the time to open a page."""

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
QUICK = TrainConfig(image_size=96, epochs=4, seed=1, cross_validation="never")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first, so that no core waits long for the other at the end."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


def pytest_collection_finish() -> None:
    """All is imported now. After every page Streamlit has Keras collect garbage, which went through all of that."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """And through what the files before have left, as the graphs of what they trained."""
    if nextitem is not None and nextitem.path != item.path:
        gc.collect()
        gc.freeze()


def finish(job):
    """Run a generator to its end: the events it gave and its result."""
    events = []
    return events, run_to_end(job, events.append)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return open_workspace(tmp_path / "home")


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three class folders with twelve pictures each."""
    return write_small_folder(tmp_path_factory.mktemp("small") / "shapes")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, small_folder: Path) -> tuple[Workspace, Dataset, Run]:
    """A workspace with a finished run on the small folder; tests only read it."""
    workspace = open_workspace(tmp_path_factory.mktemp("trained") / "home")
    dataset = finish(ingest_folder(workspace, small_folder))[1]
    run = create_run(workspace, dataset.id, QUICK, dataset.name)
    last = run_job(workspace, run)
    assert last.type == "finished", last
    return workspace, dataset, run


@pytest.fixture(autouse=True)
def _trained_is_only_read(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that changes what all tests read is the one that fails, not a later one."""
    if "trained" not in request.fixturenames:
        yield
        return
    folder = request.getfixturevalue("trained")[2].folder
    before = _files(folder)
    yield
    assert before.items() <= _files(folder).items(), "this test changed the run of the fixture `trained`"


def _files(folder: Path) -> dict[Path, int]:
    """When each file of a run's results was written last; the notes of what was asked for may change."""
    names = ("*.parquet", "report.json", "familiarity.json", "events.jsonl", "bundle/*")
    return {path: path.stat().st_mtime_ns for name in names for path in folder.glob(name)}


@pytest.fixture(scope="session")
def browser():
    """Chromium; tests that need it are skipped where there is none.

    Its tabs ask for no motion, since to draw what fades takes as long as all else of a page; `reduced_motion=` is for
    tests that look at pages as most people have them.
    """
    if BROWSER is None:
        pytest.skip("there is no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=BROWSER, args=[*FLAGS, *CAMERA])
        chromium.new_context = partial(chromium.new_context, reduced_motion="reduce")
        yield chromium
        chromium.close()


def copy_of(trained: tuple[Workspace, Dataset, Run], root: Path) -> tuple[Workspace, Dataset, Run]:
    """What the fixture `trained` gives and nothing that tests have added, in a workspace that a test may change."""
    source, kept = trained[0].root, trained[2].id

    def added(folder: str, names: list[str]) -> list[str]:
        if Path(folder) == source:
            return [name for name in names if name in ("imports", "races", "incoming", "queue")]
        return [name for name in names if name != kept] if Path(folder) == source / "runs" else []

    shutil.copytree(source, root, ignore=added)
    workspace = open_workspace(root)
    return workspace, load_dataset(workspace, trained[1].id), load_run(workspace, trained[2].id)
