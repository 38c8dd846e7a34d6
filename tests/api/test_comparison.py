"""`compare`: runs on the same photos, what came of each, and which difference is real."""

import pytest

import tlcore
from tests.photos import class_files, write_files
from tlcore.comparison.store import load_comparison
from tlcore.events import EpochEnd, Failed, Progress
from tlcore.worker.handlers import HANDLERS

SMALL = {"image_size": 96, "epochs": 2, "fine_tune_epochs": 1, "batch_norm_adaptation": 0.0}


@pytest.fixture
def data(workspace, small_folder):
    return tlcore.load_dataset(small_folder, workspace=workspace)


def test_two_strategies_on_the_same_photos(data, workspace):
    found = tlcore.compare(data, ["feature-extraction", "hybrid"], **SMALL)
    assert list(found.names.values()) == ["feature extraction", "hybrid"] and not found.failures and not found.stopped
    frame = found.to_frame()
    assert list(frame.index) == [result.run_id for result in found.results] and frame["correct"].is_monotonic_decreasing
    assert set(frame["strategy"]) == {"feature-extraction", "hybrid"} and (frame["total"] == 6).all()
    assert ((frame["low"] <= frame["accuracy"]) & (frame["accuracy"] <= frame["high"])).all()
    [verdict] = found.verdicts
    assert {verdict.best, verdict.other} == set(frame.index) and not verdict.beyond_chance
    assert load_comparison(workspace, found.id).run_ids == tuple(run.id for run in found.runs), "the pages show it too"
    best = tlcore.load_model(found.results[0].run_id, workspace=workspace)
    assert best.report.correct == frame["correct"].iloc[0] and f"{best.report.correct} of 6" in repr(found)


@pytest.mark.parametrize(
    ("strategies", "settings", "message", "reason"),
    [
        (["hybrid"], {}, "needs at least two", "nothing to compare with"),
        ("hybrid", {}, "needs at least two", "a single name is not taken for its letters"),
        (["hybrid", "magic"], {}, "magic.*takes one of", "an unknown strategy"),
        (["hybrid", "scratch"], {"epoch": 1}, "Did you mean epochs", "an unknown setting"),
    ],
)
def test_a_mistake_makes_no_run(workspace, strategies, settings, message, reason):
    with pytest.raises(tlcore.UserError, match=message):
        tlcore.compare("emoji", strategies, workspace=workspace, **settings)
    assert not tlcore.list_datasets(workspace) and not (workspace.root / "races").exists(), reason


def test_ctrl_c_keeps_the_first_and_leaves_out_the_rest(data, workspace):
    def on_event(event):
        if isinstance(event, EpochEnd) and event.epoch == 1:
            raise KeyboardInterrupt

    found = tlcore.compare(data, on_event=on_event, **SMALL | {"epochs": 500, "patience": 0, "learning_rate": 1e-5})
    assert found.stopped and len(found.results) == 1 and not found.verdicts
    assert sorted(run.state for run in tlcore.list_runs(workspace)) == ["finished", "stopped"]


def broken(workspace, job, should_stop):
    yield Progress("read", 1, 2)
    raise ZeroDivisionError("by nobody")


@pytest.mark.parametrize(
    ("handler", "raised", "message"),
    [
        (lambda *job: iter([Failed("Too few.", "Add some.")]), tlcore.UserError, "Too few. Add some."),
        (broken, tlcore.TrainingError, "by nobody"),
    ],
    ids=["a mistake", "a bug"],
)
def test_where_no_run_gives_a_model_the_reason_is_raised(data, monkeypatch, handler, raised, message):
    monkeypatch.setitem(HANDLERS, "train", handler)
    with pytest.raises(raised, match=message):
        tlcore.compare(data)


def test_one_run_that_fails_does_not_lose_the_others(data, monkeypatch):
    real = HANDLERS["train"]

    def half(workspace, job, should_stop):
        if job.config.strategy == "hybrid":
            return iter([Failed("Too few.", "Add some.")])
        return real(workspace, job, should_stop)

    monkeypatch.setitem(HANDLERS, "train", half)
    found = tlcore.compare(data, **SMALL)
    assert [failed.what for failed in found.failures.values()] == ["Too few."] and len(found.to_frame()) == 1
    assert repr(found).endswith("hybrid: failed)")


def test_recommendation_of_a_data_set_a_folder_and_photos_in_no_classes(workspace, data, small_folder, tmp_path):
    files = {name.rsplit("/", 1)[-1]: photo for name, photo in class_files({"x": 5}).items()}
    loose = write_files(tmp_path / "loose", files)
    events = []
    for given, num_classes in ((data, 3), (str(small_folder), 3), (loose, 0)):
        found = tlcore.recommend(given, workspace=workspace, on_event=events.append)
        assert found.strategy in ("feature-extraction", "hybrid") and found.num_classes == num_classes
        assert found.strategy in found.to_dict().values() and 0 <= found.similarity <= 1
    assert events and len(tlcore.list_datasets(workspace)) == 1, "of photos in no classes nothing is kept"
    with pytest.raises(tlcore.UserError, match="no folder"):
        tlcore.recommend("nowhere", workspace=workspace)
