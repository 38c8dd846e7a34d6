"""`train`: a run like any other, and a Ctrl-C, a mistake or a bug that ends it in the right way."""

import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import tlcore
from tests.photos import class_files, write_files
from tests.small import write_small_folder
from tlcore.data.unsorted import read_unsorted
from tlcore.events import EpochEnd, Evaluated, Failed, Progress, Stopped, run_to_end
from tlcore.jobs.status import job_status
from tlcore.jobs.store import list_runs
from tlcore.worker.handlers import HANDLERS

QUICK = {"image_size": 96, "epochs": 2, "seed": 3}
LONG = {"image_size": 96, "epochs": 500, "patience": 0, "learning_rate": 1e-5}


@pytest.fixture
def data(workspace, small_folder):
    return tlcore.load_dataset(small_folder, workspace=workspace)


def test_a_training_is_a_run_of_the_workspace_of_its_data(data, workspace, monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "other"))
    events = []
    model = tlcore.train(data, on_event=events.append, **QUICK)
    types = [event.type for event in events if not isinstance(event, Progress)]
    assert types == ["started", "planned", "epoch", "epoch", "evaluated", "packed", "finished"]
    assert model.labels == ("disc", "square", "stripes") and model.config.epochs == 2 and model.config.seed == 3
    [run] = tlcore.list_runs(workspace)
    assert run.id == model.run_id and run.state == "finished" and run.folder == model.path
    assert (run.correct, run.total, run.accuracy) == (model.report.correct, 6, model.report.accuracy)
    assert tlcore.load_model(run.id, workspace=workspace).info == model.info
    assert capfd.readouterr().out == "" and not (tmp_path / "other").exists()


def test_data_may_be_what_load_dataset_takes(workspace, small_folder, monkeypatch):
    seen = []
    monkeypatch.setitem(HANDLERS, "train", lambda place, job, should_stop: seen.append(job) or iter([Stopped("")]))
    for given in (small_folder, str(small_folder)):
        with pytest.raises(tlcore.TrainingStopped):
            tlcore.train(given, workspace=str(workspace.root), **QUICK)
    [data] = tlcore.list_datasets(workspace)
    assert [job.dataset_id for job in seen] == [data.id] * 2


def interrupt_at(kind):
    """Raises KeyboardInterrupt at the first event of a kind, as code does in which a Ctrl-C strikes."""
    seen = []

    def on_event(event):
        seen.append(event)
        if isinstance(event, kind) and sum(isinstance(each, kind) for each in seen) == 1:
            raise KeyboardInterrupt

    return on_event


def signal_at(kind):
    """Sends this process a real Ctrl-C at the first event of a kind."""
    seen = []

    def on_event(event):
        seen.append(event)
        if isinstance(event, kind) and sum(isinstance(each, kind) for each in seen) == 1:
            signal.raise_signal(signal.SIGINT)

    return on_event


@pytest.mark.parametrize("way", [interrupt_at, signal_at])
def test_ctrl_c_keeps_what_was_learned(data, workspace, way, capsys):
    before = signal.getsignal(signal.SIGINT)
    model = tlcore.train(data, on_event=way(EpochEnd), **LONG)
    assert model.report.total == 6 and model.predict(data.read(data.photos["path"][0])).label in model.labels
    [run] = list_runs(workspace)
    status = job_status(run)
    assert status.state == "finished" and status.finished.stopped and len(status.epochs) < 20
    assert "What was trained so far is kept" in capsys.readouterr().err and signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("way", [interrupt_at, signal_at])
def test_ctrl_c_before_anything_was_learned(data, workspace, way):
    with pytest.raises(KeyboardInterrupt) as stop:
        tlcore.train(data, on_event=way(Progress), **LONG)
    assert stop.type is tlcore.TrainingStopped and "kept" in str(stop.value)
    assert [run.state for run in tlcore.list_runs(workspace)] == ["stopped"]


def test_the_second_ctrl_c_ends_at_once(data, workspace):
    def on_event(event):
        if isinstance(event, EpochEnd | Evaluated):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stop:
        tlcore.train(data, on_event=on_event, **LONG)
    assert stop.type is KeyboardInterrupt
    assert [run.state for run in tlcore.list_runs(workspace)] == ["tested"], "its lock is free, its figures are there"


def test_a_thread_which_hears_no_ctrl_c_trains_as_well(data, monkeypatch):
    monkeypatch.setitem(HANDLERS, "train", lambda *job: iter([Stopped("Nothing yet.")]))
    with ThreadPoolExecutor(1) as pool, pytest.raises(tlcore.TrainingStopped, match="Nothing yet"):
        pool.submit(tlcore.train, data, **QUICK).result(timeout=60)


def test_what_on_event_raises_is_the_callers(data, workspace):
    def on_event(event):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        tlcore.train(data, on_event=on_event, **QUICK)
    assert [run.state for run in tlcore.list_runs(workspace)] == ["interrupted"]


def broken(workspace, job, should_stop):
    yield Progress("read", 1, 2)
    raise ZeroDivisionError("by nobody")


@pytest.mark.parametrize(
    ("handler", "raised", "message", "reason"),
    [
        (broken, tlcore.TrainingError, r"by nobody \(test_training.py, line", "a bug, with where it is"),
        (lambda *job: iter([Failed("Too few.", "Add some.")]), tlcore.UserError, "Too few. Add some.", "a mistake"),
        (lambda *job: iter([Stopped("Nothing yet.")]), tlcore.TrainingStopped, "Nothing yet.", "a stop on a page"),
    ],
)
def test_a_run_without_a_model_raises(data, monkeypatch, capsys, handler, raised, message, reason):
    monkeypatch.setitem(HANDLERS, "train", handler)
    with pytest.raises(raised, match=message) as error:
        tlcore.train(data, **QUICK)
    assert error.type is raised, reason
    if raised is tlcore.TrainingError:
        assert isinstance(error.value.__cause__, ZeroDivisionError) and error.value.__cause__.__traceback__
        assert "Traceback" not in capsys.readouterr().err, "whoever catches it decides what is printed"


def test_a_photo_that_is_gone_is_one_sentence(workspace, tmp_path):
    folder = write_small_folder(tmp_path / "shapes", photos_per_class=6)
    data = tlcore.load_dataset(folder, workspace=workspace)
    next((folder / "disc").iterdir()).unlink()
    with pytest.raises(tlcore.UserError, match="no longer exists"):
        tlcore.train(data, **QUICK)


@pytest.mark.parametrize(
    ("given", "settings", "message", "reason"),
    [
        ("nowhere", {}, "no folder", "no data"),
        ("emoji", {"epoch": 3}, "Did you mean epochs", "a wrong setting is reported before photos are read"),
        ("emoji", {"strategy": "magic"}, "feature-extraction", "an unknown strategy"),
        (7, {}, "type int", "no data set at all"),
    ],
)
def test_a_mistake_makes_no_run(workspace, given, settings, message, reason):
    with pytest.raises(tlcore.UserError, match=message):
        tlcore.train(given, workspace=workspace, **settings)
    assert not tlcore.list_runs(workspace) and not tlcore.list_datasets(workspace), reason


def test_photos_in_no_classes_cannot_be_learned(workspace, tmp_path):
    files = {name.rsplit("/", 1)[-1]: photo for name, photo in class_files({"x": 5}).items()}
    loose = run_to_end(read_unsorted(write_files(tmp_path / "loose", files)))
    with pytest.raises(tlcore.UserError, match="have no classes"):
        tlcore.train(loose, workspace=workspace)


@pytest.mark.parametrize("function", [tlcore.train, tlcore.compare])
def test_without_tensorflow_there_is_one_sentence(workspace, monkeypatch, function):
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # as where it is not installed
    with pytest.raises(tlcore.UserError, match=r"pip install 'transferlab\[train\]'"):
        function("emoji", workspace=workspace)
    assert not tlcore.list_datasets(workspace), "reported before photos are read"
