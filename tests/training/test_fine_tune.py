"""Training with a part open: the cache below is exact, a continued training is as an uninterrupted one."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import finish
from tlcore.config import TrainConfig
from tlcore.events import EpochEnd, run_to_end
from tlcore.models.graph import cut
from tlcore.training.batch_norm import freeze_batch_norm, set_batch_norm_momentum
from tlcore.training.checkpoint import load_checkpoint, save_checkpoint
from tlcore.training.fine_tune import (
    Baseline,
    BatchSource,
    FineTuneSchedule,
    InferenceFunction,
    _step_function,
    fine_tune,
)
from tlcore.training.optimise import Loss, PhaseSettings, Score, make_optimizer

CONFIG = TrainConfig(
    strategy="hybrid",
    fine_tune_learning_rate=0.01,
    patience=0,
    batch_size=8,
    schedule="cosine",
    mixed_precision="never",  # to compare exactly on every processor
)
PHOTOS = np.random.default_rng(0).normal(size=(40, 12, 12, 3)).astype(np.float32)
CLASSES = (PHOTOS.mean(axis=(1, 2, 3)) > 0).astype(np.int32)


def small_network(dropout: float = 0.3) -> keras.Model:
    """Three convolutions with batch normalisation whose statistics are not those of a fresh layer, and a head."""
    keras.utils.set_random_seed(7)
    inputs = value = keras.Input((12, 12, 3))
    for number in range(3):
        value = keras.layers.Conv2D(8, 3, padding="same", name=f"conv{number}")(value)
        value = keras.layers.BatchNormalization(name=f"norm{number}")(value)
        value = keras.layers.ReLU(name=f"relu{number}")(value)
    value = keras.layers.GlobalAveragePooling2D()(value)
    value = keras.layers.Dropout(dropout, seed=3)(value)
    model = keras.Model(inputs, keras.layers.Dense(2, name="logits")(value))
    for number in range(3):
        norm = model.get_layer(f"norm{number}")
        norm.moving_mean.assign(np.linspace(-0.2, 0.2, 8))
        norm.moving_variance.assign(np.linspace(0.5, 2, 8))
    freeze_batch_norm(model)
    return model


def source(inputs: np.ndarray) -> BatchSource:
    """Batches of eight in an order that depends on the epoch alone; the last ten photos are held out."""

    def train(epoch):
        order = np.random.default_rng(epoch).permutation(30)
        return ((inputs[rows], CLASSES[rows]) for rows in np.split(order, range(8, 30, 8)))

    return BatchSource(train, lambda part: iter([(inputs[30:], CLASSES[30:])]), CLASSES[:30], 4)


def weights_of(model: keras.Model) -> dict[str, np.ndarray]:
    return {variable.path.split("/", 1)[0] + variable.name: np.asarray(variable) for variable in model.weights}


def train(model, inputs, folder, epochs=3, should_stop=lambda: False, **schedule):
    """The epochs that were reported, and the best one."""
    events, best = finish(
        fine_tune(model, source(inputs), CONFIG, FineTuneSchedule(0, epochs, **schedule), folder, should_stop)
    )
    return [event for event in events if isinstance(event, EpochEnd)], best


@pytest.mark.parametrize("layer", ["relu0", "norm1", "relu1"])
def test_cached_activations_train_the_same_weights_as_the_whole_network(tmp_path, layer):
    whole, other = small_network(), small_network()
    lower, upper = cut(other, layer)
    activations = lower.predict(PHOTOS, verbose=0)
    for below in cut(whole, layer)[0].layers:
        below.trainable = False
    (tmp_path / "whole").mkdir()
    (tmp_path / "cut").mkdir()
    events, _ = train(whole, PHOTOS, tmp_path / "whole")
    same, _ = train(upper, activations, tmp_path / "cut")
    np.testing.assert_allclose([e.loss for e in events], [e.loss for e in same], rtol=1e-4)
    expected = weights_of(whole)
    moved = 0
    for name, values in weights_of(upper).items():
        np.testing.assert_allclose(values, expected[name], atol=1e-4, err_msg=name)
        moved += not np.allclose(values, weights_of(small_network())[name])
    assert moved >= 2, "something was learned"


def test_a_continued_training_ends_like_an_uninterrupted_one(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    straight = small_network()
    events, best = train(straight, PHOTOS, tmp_path / "one", epochs=6)

    seen = []
    interrupted = fine_tune(small_network(), source(PHOTOS), CONFIG, FineTuneSchedule(0, 6), tmp_path / "two")
    for event in interrupted:
        seen += [event] if isinstance(event, EpochEnd) else []
        if len(seen) == 3:
            break  # before the checkpoint of the third epoch: killed in its middle
    interrupted.close()
    again = small_network()
    rest, same_best = train(again, PHOTOS, tmp_path / "two", epochs=6)
    assert [event.epoch for event in rest] == [3, 4, 5, 6] and same_best == best
    np.testing.assert_allclose([e.loss for e in events[2:]], [e.loss for e in rest], rtol=1e-5)
    for one, other in zip(straight.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_nothing_is_compiled_again_for_a_smaller_last_batch():
    model, inputs = small_network(), np.zeros((8, 12, 12, 3), np.float32)
    answer = InferenceFunction(model)
    for _ in range(2):  # two passes over eight and three
        answer(iter([(inputs, CLASSES[:8]), (inputs[:3], CLASSES[:3])]))
    optimizer = make_optimizer(CONFIG, PhaseSettings(1, 0.01, 2))
    optimizer.build(model.trainable_variables)
    step = _step_function(model, optimizer, Loss(CONFIG, 2, CLASSES))
    for count in (8, 3, 8, 1):
        step(tf.constant(inputs[:count]), tf.constant(CLASSES[:count]))
    assert [each.experimental_get_tracing_count() for each in (answer._run, step)] == [1, 1]


def test_a_stop_in_the_middle_of_an_epoch_keeps_the_last_whole_one(tmp_path):
    model, calls = small_network(), []

    def should_stop():
        calls.append(1)
        return len(calls) > 8

    events, best = train(model, PHOTOS, tmp_path, epochs=10, should_stop=should_stop)
    assert len(events) == 1 and best == 1
    logits = InferenceFunction(model)(source(PHOTOS).held_out("validation"))[0]
    accuracy = np.mean(logits.argmax(axis=1) == CLASSES[30:])
    assert accuracy == pytest.approx(events[0].val_accuracy)


def hits_of(count: int) -> np.ndarray:
    """The first `count` of 40 photos are right."""
    return np.arange(40) < count


def graded(model: keras.Model, counts: list[int]) -> BatchSource:
    """A source whose validation photos have labels such that the model gets so many of 40 right, epoch by epoch."""
    left = iter(counts)

    def held_out(part):
        answers = model(PHOTOS, training=False).numpy().argmax(axis=1)
        return iter([(PHOTOS, np.where(hits_of(next(left)), answers, 1 - answers).astype(np.int32))])

    return BatchSource(source(PHOTOS).train, held_out, CLASSES[:30], 4)


@pytest.mark.parametrize(
    ("counts", "before", "changes", "kept", "reason"),
    [
        ([30, 34, 33], None, {}, 3, "one photo is chance: the schedule is made for its last epoch"),
        ([30, 38, 33], None, {}, 2, "five to none is no chance"),
        ([30, 34, 33], None, {"schedule": "constant"}, 2, "no epoch is the one the training was made for"),
        ([30, 34, 33], None, {"patience": 1, "fine_tune_learning_rate": 1e-6}, 3, "early stopping did not end it"),
        ([34, 33, 33], None, {"patience": 1}, 1, "early stopping ended it: the learning rate had not fallen yet"),
        ([30, 32, 33], 34, {}, 3, "the head before counts like any other epoch"),
        ([30, 32, 33], 40, {}, 0, "clearly better as it came"),
        ([30, 34, 33], None, {"scale": 1e4}, 2, "a loss above that of guessing: so sure where it is wrong"),
    ],
)
def test_which_epoch_is_kept(tmp_path, counts, before, changes, kept, reason):
    model, changes = small_network(), dict(changes)
    scale = changes.pop("scale", 1)
    model.get_layer("logits").set_weights([array * scale for array in model.get_layer("logits").get_weights()])
    start = Baseline(7, Score(0.3, hits_of(before))) if before else None
    came = model.get_weights()
    job = fine_tune(model, graded(model, counts), replace(CONFIG, **changes), FineTuneSchedule(9, 3, start), tmp_path)
    events, epoch = finish(job)
    ends = [event for event in events if isinstance(event, EpochEnd)]
    assert epoch == kept, reason
    assert ends[-1].best_epoch_so_far == (9 + kept if kept else 7), "in the numbers of the run"
    same = all(np.array_equal(*pair) for pair in zip(came, model.get_weights(), strict=True))
    assert same == (kept == 0), "left as it came only where that is kept"


def test_each_epoch_names_what_a_stop_after_it_would_keep(tmp_path):
    model, ends = small_network(), []
    job = fine_tune(
        model, graded(model, [34, 33, 30]), CONFIG, FineTuneSchedule(9, 3), tmp_path, lambda: len(ends) == 2
    )
    best = run_to_end(job, lambda event: ends.append(event) if isinstance(event, EpochEnd) else None)
    assert best == 1, "stopped before the last epoch, so the best one is kept"
    assert [end.best_epoch_so_far for end in ends] == [10, 10]


@pytest.mark.parametrize(("has_hits", "kept"), [(True, 3), (False, 1)])
def test_a_continued_training_still_knows_which_photos_the_best_had_right(tmp_path, has_hits, kept):
    model, ends = small_network(), []
    for event in fine_tune(model, graded(model, [34, 33, 33]), CONFIG, FineTuneSchedule(0, 3), tmp_path):
        ends += [event] if isinstance(event, EpochEnd) else []
        if len(ends) == 3:
            break  # killed before the checkpoint of its last epoch
    if not has_hits:  # a checkpoint of an older program
        found = load_checkpoint(tmp_path)
        del found.arrays["hits"]
        save_checkpoint(tmp_path, found)
    again = small_network()
    events, epoch = finish(fine_tune(again, graded(again, [33]), CONFIG, FineTuneSchedule(0, 3), tmp_path))
    assert [event.epoch for event in events if isinstance(event, EpochEnd)] == [3] and epoch == kept


def test_a_checkpoint_of_another_network_is_not_used(tmp_path):
    train(small_network(), PHOTOS, tmp_path, epochs=1)
    _, upper = cut(small_network(), "relu1")
    inputs = cut(small_network(), "relu1")[0].predict(PHOTOS, verbose=0)
    events, _ = train(upper, inputs, tmp_path, epochs=2)
    assert [event.epoch for event in events] == [1, 2]


def test_the_time_left_is_reported_before_the_first_epoch_ends(tmp_path):
    events, _ = finish(fine_tune(small_network(), source(PHOTOS), CONFIG, FineTuneSchedule(5, 3), tmp_path))
    first = events[0]
    assert (first.type, first.stage, first.done, first.total) == ("progress", "fine_tune", 2, 12), "four steps an epoch"
    assert first.seconds_left > 0 and events[1:] and events[-1].epoch == 8


def test_from_scratch_the_statistics_soon_are_those_of_the_photos(tmp_path):
    model = small_network(dropout=0.0)
    for number in range(3):
        model.get_layer(f"norm{number}").trainable = True
    set_batch_norm_momentum(model)
    train(model, PHOTOS * 5 + 3, tmp_path, epochs=8)
    inside = keras.Model(model.input, model.get_layer("conv0").output).predict(PHOTOS[:30] * 5 + 3, verbose=0)
    kept = np.asarray(model.get_layer("norm0").moving_mean)
    spread = inside.std(axis=(0, 1, 2))
    assert (abs(kept - inside.mean(axis=(0, 1, 2))) < spread).all(), "after 32 steps; with 0.99 they are far away"
