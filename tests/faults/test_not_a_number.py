"""A value that is not a number: in features, in the loss of a head, in the loss of a network that adapts."""

import numpy as np
import pytest

from tests.conftest import QUICK
from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.evaluation.report import load_report
from tlcore.events import Diverged, EpochEnd, Failed, Finished, run_to_end
from tlcore.features.extract import check_numbers
from tlcore.jobs.status import job_status
from tlcore.jobs.store import create_run
from tlcore.models import runtime_choice
from tlcore.training.fine_tune import Baseline, BatchSource, FineTuneSchedule, fine_tune
from tlcore.training.head import Examples, train_head
from tlcore.training.optimise import Score
from tlcore.worker.runner import run_job

NAN, INF = float("nan"), float("inf")
CLASSES = np.array([0, 1] * 8, np.int32)


class Turning:
    """Views of photos (`ViewedFeatures`) that are numbers for some epochs, and then are not."""

    count = 2

    def __init__(self, good: int, value: float) -> None:
        self.asked, self.good, self.value = 0, good + self.count * 2, value  # the scaling takes every view twice

    def take(self, numbers: np.ndarray) -> np.ndarray:
        self.asked += 1
        rows = np.random.default_rng(self.asked).normal(size=(len(numbers), 6)).astype(np.float32)
        return rows if self.asked <= self.good else np.full_like(rows, self.value)


@pytest.mark.parametrize("value", [NAN, INF])
@pytest.mark.parametrize(("good", "reason"), [(0, "nothing to keep"), (2, "two epochs to keep")])
def test_the_head_ends_where_its_loss_is_no_number(value, good, reason):
    features = Turning(good, value)
    validation = Examples(np.random.default_rng(0).normal(size=(16, 6)).astype(np.float32), CLASSES)
    events = []
    training = train_head(Examples(features, CLASSES), validation, 2, TrainConfig(epochs=9, patience=0), lambda: False)
    if good == 0:
        with pytest.raises(UserError, match="epoch 1: its loss was no longer a number"):
            run_to_end(training, events.append)
        return
    head = run_to_end(training, events.append)
    assert [type(event) for event in events] == [EpochEnd] * good + [Diverged], reason
    assert events[-1].epoch == good + 1 and 1 <= head.epoch <= good
    assert np.isfinite(head.probabilities(validation.features)).all()


def source(bad_from: int) -> BatchSource:
    """Batches that are numbers before this epoch."""
    rows = np.random.default_rng(0).normal(size=(16, 4)).astype(np.float32)

    def train(epoch):
        yield (rows if epoch < bad_from else rows * NAN), CLASSES

    return BatchSource(train, lambda part: iter([(rows, CLASSES)]), CLASSES, 1)


@pytest.mark.parametrize(
    ("bad_from", "baseline", "kept", "reason"),
    [
        (3, False, True, "two epochs to keep"),
        (1, True, True, "the head to keep"),
        (1, False, False, "nothing to keep, as from scratch"),
    ],
)
def test_fine_tuning_ends_where_its_loss_is_no_number(tmp_path, bad_from, baseline, kept, reason):
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    first = Baseline(5, Score(9.0, np.zeros(16, bool))) if baseline else None
    training = fine_tune(
        model, source(bad_from), TrainConfig(strategy="scratch"), FineTuneSchedule(5, 6, first), tmp_path
    )
    events = []
    if not kept:
        with pytest.raises(UserError, match=r"epoch 6: .*not|epoch 6: its loss was no longer a number"):
            run_to_end(training, events.append)
        return
    best = run_to_end(training, events.append)
    assert best < bad_from and events[-1] == Diverged(5 + bad_from, "fine_tune"), reason
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


@pytest.mark.parametrize(("rate", "kept"), [(1e38, False), (1e3, True)])
def test_a_run_whose_loss_is_no_number_is_not_a_stop(trained, monkeypatch, rate, kept):
    """With steps that no page allows, to be sure."""
    import keras

    from tlcore.training import head

    steps = keras.optimizers.schedules.ExponentialDecay(1.0, 1, rate)
    monkeypatch.setattr(head, "make_optimizer", lambda *settings: keras.optimizers.SGD(steps if kept else rate))
    workspace, dataset, _ = trained
    run = create_run(workspace, dataset.id, TrainConfig(image_size=96, epochs=30, patience=0, batch_size=8), "x")
    last, status = run_job(workspace, run), job_status(run)
    assert status.stopped is None, "nobody stopped it"
    if kept:
        assert isinstance(last, Finished) and not last.stopped and status.diverged is not None, last
        assert np.isfinite(np.stack(load_report(run.folder).predictions["probabilities"].tolist())).all()
    else:
        assert isinstance(last, Failed) and "no longer a number" in last.what and "default settings" in last.fix, last
        assert not last.bug and not status.usable


def test_features_that_are_no_numbers_are_neither_learned_from_nor_kept(trained, monkeypatch):
    workspace, dataset, _ = trained
    real = runtime_choice.litert_pool

    class Broken:
        def __init__(self, pool):
            self.num_threads, self.batch, self._pool = pool.num_threads, pool.batch, pool

        def open(self):
            predictor = self._pool.open()
            predictor_predict = predictor.predict

            class Predictor:
                def predict(self, images):
                    return [rows * NAN for rows in predictor_predict(images)]

            return Predictor()

    monkeypatch.setattr(runtime_choice, "litert_pool", lambda *arguments: Broken(real(*arguments)))
    config = TrainConfig(image_size=64, epochs=2)
    for _ in range(2):
        last = run_job(workspace, create_run(workspace, dataset.id, config, "nan"))
        assert isinstance(last, Failed) and "invalid values" in last.what and not last.bug, "also the second time"
    monkeypatch.undo()
    assert run_job(workspace, create_run(workspace, dataset.id, config, "whole")).type == "finished"


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_one_value_is_enough(value):
    rows = np.zeros((3, 4), np.float32)
    check_numbers([rows, rows.astype(np.uint8)])
    rows[2, 1] = value
    with pytest.raises(UserError, match="invalid values"):
        check_numbers([rows])


def test_a_packed_model_that_gives_no_numbers_is_not_shipped(trained, monkeypatch):
    from tlcore.pipeline import head_stages

    graft = head_stages.graft_head
    monkeypatch.setattr(
        head_stages,
        "graft_head",
        lambda tflite, layers, *rest: graft(tflite, [(w * np.float32(NAN), b) for w, b in layers], *rest),
    )
    workspace, dataset, _ = trained
    run = create_run(workspace, dataset.id, QUICK, "nan")
    last = run_job(workspace, run)
    assert isinstance(last, Failed) and "gives no numbers" in last.what and job_status(run).state == "tested"
    assert not (run.folder / "bundle").exists()
