"""The real worker process: runs end, queue, stop, survive a kill and a vanished server; nothing here is mocked."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

import tlcore
from tests.conftest import QUICK, finish
from tests.small import write_small_folder
from tlcore.config import TrainConfig
from tlcore.data.ingest import ingest_folder
from tlcore.events import Started
from tlcore.jobs.event_log import read_events
from tlcore.jobs.line import Line
from tlcore.jobs.queue import JobQueue
from tlcore.jobs.status import job_status
from tlcore.jobs.store import ImportSpec, create_import, create_run, request_stop
from tlcore.jobs.workers import worker_environment

ROOT = Path(tlcore.__file__).resolve().parents[1]
LONG = TrainConfig(image_size=96, epochs=500, patience=0, learning_rate=1e-5)


def wait_for(condition, seconds=120):
    """Until the condition holds; how long it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, "it never came"
        time.sleep(0.05)
    return time.monotonic() - start


def state(job):
    return job_status(job).state


@pytest.fixture
def jobs(workspace):
    queue = JobQueue(workspace)
    yield queue
    queue.close()


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> Path:
    """So many photos that an import of them is still at work when its server ends."""
    return write_small_folder(tmp_path_factory.mktemp("many") / "shapes", photos_per_class=200)


@pytest.fixture
def dataset_id(workspace, small_folder):
    return finish(ingest_folder(workspace, small_folder))[1].id


def test_an_import_is_done_by_the_worker_that_waits_for_one(workspace, jobs, small_folder):
    jobs.warm_up("import")
    warm = jobs._warm["import"]
    jobs.warm_up("import")
    assert jobs._warm["import"] is warm, "one that waits is enough"
    job = create_import(workspace, ImportSpec("folder", str(small_folder)))
    jobs.submit(job)
    wait_for(lambda: state(job) == "finished")
    [started] = [event for event in read_events(job) if isinstance(event, Started)]
    assert started.process == warm.pid
    wait_for(lambda: jobs._warm.get("import", warm) is not warm)


def test_the_next_worker_is_started_when_a_job_has_ended_and_not_while_it_is_at_work(workspace, jobs, small_folder):
    job = create_import(workspace, ImportSpec("folder", str(small_folder)))
    with jobs._working(job):
        jobs.warm_up("import")
        assert "import" not in jobs._warm, "it would take the processor from the one at work"
    assert jobs._warm["import"].exit() is None, "whoever comes next need not wait"


def test_a_closed_queue_leaves_no_worker_that_waits(workspace):
    queue = JobQueue(workspace)
    queue.warm_up("import", "train")
    workers = list(queue._warm.values())
    queue.close()
    assert len(workers) == 2 and all(worker.exit() is not None for worker in workers)


def test_runs_queue_in_order_stop_and_start_again(workspace, jobs, dataset_id):
    jobs.warm_up()
    first = create_run(workspace, dataset_id, LONG, "first")
    second = create_run(workspace, dataset_id, QUICK, "second")
    for run in (first, second):
        jobs.submit(run)
    wait_for(lambda: len(job_status(first).epochs) >= 3)
    assert [jobs.position(run) for run in (first, second)] == [0, 1]
    assert state(second) == "queued"

    request_stop(second)
    request_stop(first)
    wait_for(lambda: job_status(first).evaluated is not None)
    wait_for(lambda: state(first) == "finished")
    assert job_status(first).finished.stopped and len(job_status(first).epochs) < 500
    assert (first.folder / "bundle" / "model.tflite").exists(), "what was learned so far can be used"

    wait_for(lambda: state(second) == "stopped")
    jobs.restart(second)  # at once: the process of the first attempt may still be ending
    wait_for(lambda: state(second) == "finished")
    assert not job_status(second).finished.stopped


def test_what_waited_in_a_server_that_is_gone_is_taken_up_by_the_next(workspace, tmp_path):
    gone = JobQueue(workspace)
    job = create_import(workspace, ImportSpec("folder", str(write_small_folder(tmp_path / "late"))))
    with FileLock(Line(workspace).slot("import")):  # as long as another server's import works
        gone.submit(job)
        assert state(job) == "queued"
        gone.close()
        assert state(job) == "queued", "it waits, though nobody is there just now"
        queue = JobQueue(workspace)
    wait_for(lambda: state(job) == "finished")
    queue.close()


def test_a_worker_goes_on_when_its_server_is_gone(workspace, small_folder):
    """An import, whose worker begins soonest: the queue knows no difference."""
    server = JobQueue(workspace)
    job = create_import(workspace, ImportSpec("folder", str(small_folder)))
    server.submit(job)
    wait_for(lambda: read_events(job))
    server.close()
    wait_for(lambda: state(job) == "finished")


def test_a_users_mistake_ends_as_a_sentence_not_as_a_bug(workspace, jobs, tmp_path):
    job = create_import(workspace, ImportSpec("folder", str(tmp_path / "nowhere")))
    jobs.submit(job)
    wait_for(lambda: state(job) == "failed")
    error = job_status(job).error
    assert not error.bug and "nowhere" in error.what


def test_what_waits_can_go_first_or_be_taken_out(workspace, jobs, small_folder):
    """Imports, whose workers begin soonest: the line of the trainings is the same."""
    waiting = [create_import(workspace, ImportSpec("folder", str(small_folder), str(number))) for number in range(3)]
    with FileLock(Line(workspace).slot("import")):  # as long as another one works
        for job in waiting:
            jobs.submit(job)
        assert jobs.waiting("import") == [job.id for job in waiting]
        jobs.move_to_front(waiting[2])
        jobs.cancel(waiting[0])
        assert jobs.waiting("import") == [waiting[2].id, waiting[1].id] and state(waiting[0]) == "stopped"
    wait_for(lambda: state(waiting[1]) == "finished")
    assert state(waiting[2]) == "finished"
    began = [next(event.time for event in read_events(job) if isinstance(event, Started)) for job in waiting[1:]]
    assert began[1] < began[0], "the one that was put first went first"


def test_a_server_can_end_while_a_job_is_in_work(workspace, many):
    job = create_import(workspace, ImportSpec("folder", str(many)))
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tlcore.jobs.queue import JobQueue\n"
        "from tlcore.jobs.event_log import read_events\n"
        "from tlcore.jobs.store import open_job\n"
        "from tlcore.workspace import Workspace\n"
        "job = open_job(Path(sys.argv[1]))\n"
        "JobQueue(Workspace(job.folder.parent.parent)).submit(job)\n"
        "while not read_events(job): time.sleep(0.02)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(job.folder)], check=True, timeout=120)
    assert state(job) == "running", "the worker goes on"
    request_stop(job)
    wait_for(lambda: state(job) == "stopped")


@pytest.mark.parametrize("installed", [False, True], ids=["checkout", "installed"])
def test_a_worker_finds_this_package_from_any_folder(tmp_path, monkeypatch, installed):
    """And neither takes a file that lies there for a module, nor an installed package's folder for the first one."""
    (tmp_path / "random.py").write_text("raise RuntimeError('taken for the standard library')")
    (tmp_path / "tlcore").mkdir()
    (tmp_path / "tlcore" / "__init__.py").write_text("raise RuntimeError('taken for the package')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "mine"))
    if installed:
        monkeypatch.setattr("sysconfig.get_path", lambda key: str(ROOT))
    environment = worker_environment()
    assert environment["PYTHONPATH"].split(os.pathsep) == [str(ROOT)] * (not installed) + [str(tmp_path / "mine")]
    if not installed:
        command = [sys.executable, "-P", "-c", "import tlcore; print(tlcore.__file__)"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.strip() == str(ROOT / "tlcore" / "__init__.py")


def test_a_job_is_done_wherever_its_server_was_started(workspace, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    write_small_folder(tmp_path / "elsewhere" / "shapes", photos_per_class=4)
    queue = JobQueue(workspace)
    job = create_import(workspace, ImportSpec("folder", "shapes"))  # a path as a person types it
    queue.submit(job)
    wait_for(lambda: not job_status(job).active)
    queue.close()
    assert state(job) == "finished", "a relative path means the same to the worker as to its server"
