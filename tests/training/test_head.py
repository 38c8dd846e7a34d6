"""The head learns, repeats itself for a seed, stops when it should, and gives back plain dense weights."""

import numpy as np
import pytest

from tests.conftest import finish
from tlcore.config import TrainConfig
from tlcore.events import run_to_end
from tlcore.training.head import Examples, train_head


def examples(num_classes: int, count: int, seed: int, spread: float = 1.0) -> Examples:
    """Clouds of points, one a class, off-centre and of uneven scale as backbone features are."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(num_classes, 16)) * 2
    classes = np.arange(count, dtype=np.int32) % num_classes
    features = centres[classes] + random.normal(size=(count, 16)) * spread
    return Examples((features * np.linspace(0.1, 5, 16) + 3).astype(np.float32), classes)


@pytest.mark.parametrize("num_classes", [2, 3, 7])
def test_it_learns_two_and_many_classes_alike(num_classes):
    train, held_out = examples(num_classes, 210, 1), examples(num_classes, 70, 2)
    events, head = finish(train_head(train, held_out, num_classes, TrainConfig(epochs=15)))
    assert events[-1].val_accuracy > 0.95 and events[-1].loss < events[0].loss
    probabilities = head.probabilities(held_out.features)
    assert probabilities.shape == (70, num_classes)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    best = events[head.epoch - 1]
    assert np.mean(probabilities.argmax(axis=1) == held_out.classes) == pytest.approx(best.val_accuracy)


def test_the_head_given_back_is_that_of_the_epoch_with_the_lowest_validation_loss():
    train, held_out = examples(3, 30, 1, spread=4), examples(3, 60, 2, spread=4)
    events, head = finish(train_head(train, held_out, 3, TrainConfig(epochs=60, patience=0, learning_rate=0.02)))
    losses = [event.val_loss for event in events]
    assert len(events) == 60 and head.epoch == int(np.argmin(losses)) + 1 < 60
    assert [event.best_epoch_so_far for event in events] == [int(np.argmin(losses[:n])) + 1 for n in range(1, 61)], (
        "so far"
    )
    logits = head.probabilities(held_out.features)
    loss = -np.mean(np.log(logits[np.arange(60), held_out.classes]))
    assert loss == pytest.approx(min(losses), rel=1e-3)


def test_early_stopping_waits_as_long_as_asked():
    train, held_out = examples(3, 30, 1, spread=4), examples(3, 60, 2, spread=4)
    events, head = finish(train_head(train, held_out, 3, TrainConfig(epochs=100, patience=3, learning_rate=0.02)))
    assert len(events) == head.epoch + 3 < 100


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    train, held_out = examples(3, 90, 1), examples(3, 30, 2)
    heads = [finish(train_head(train, held_out, 3, TrainConfig(epochs=3, seed=seed)))[1] for seed in (5, 5, 6)]
    weights = [head.layers[0][0] for head in heads]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


@pytest.mark.parametrize(("after", "learned"), [(0, False), (2, True)])
def test_a_stop_gives_back_what_was_learned_so_far(after, learned):
    train, seen = examples(2, 40, 1), []
    job = train_head(train, train, 2, TrainConfig(epochs=50), lambda: len(seen) >= after)
    head = run_to_end(job, seen.append)
    assert len(seen) == after and (head is not None) is learned


def test_a_feature_that_never_changes_does_no_harm():
    train = examples(2, 40, 1)
    train.features[:, 3] = 7.0
    _, head = finish(train_head(train, train, 2, TrainConfig(epochs=5)))
    assert all(np.isfinite(values).all() for layer in head.layers for values in layer)


class Doubled:
    """Two views of each photo: the vector itself and a shifted one; remembers what was asked for."""

    def __init__(self, features: np.ndarray, shift: float) -> None:
        self.count, self.asked, self._features, self._shift = 2, [], features, shift

    def take(self, numbers: np.ndarray) -> np.ndarray:
        self.asked.append(numbers)
        return (self._features + self._shift * numbers[:, np.newaxis]).astype(np.float32)


def test_every_epoch_takes_a_view_of_each_photo_at_random():
    train = examples(2, 60, 1)
    views = Doubled(train.features, shift=0.5)
    finish(train_head(Examples(views, train.classes), examples(2, 30, 2), 2, TrainConfig(epochs=4, patience=0)))
    drawn = views.asked[-4:]
    assert all(0.2 < numbers.mean() < 0.8 and len(numbers) == 60 for numbers in drawn), "both views, mixed"
    assert not np.array_equal(drawn[0], drawn[1]), "another choice in the next epoch"
    statistics = views.asked[:-4]
    assert {int(numbers[0]) for numbers in statistics} == {0, 1}, "both views count for the standardisation"


def test_an_epoch_of_views_in_parts_is_learned_from_as_if_it_were_one(monkeypatch):
    train, held_out, runs = examples(3, 150, 1, spread=4), examples(3, 60, 2, spread=4), []
    config = TrainConfig(epochs=3, batch_size=32, dropout=0.5, optimizer="adam")
    for steps in (1, 2, 100):  # parts of one batch, of two with a shorter one at the end, all at once
        monkeypatch.setattr("tlcore.training.head.STEPS", steps)
        events, head = finish(train_head(Examples(Doubled(train.features, 0.5), train.classes), held_out, 3, config))
        runs.append((head.layers[0][0], [(event.loss, event.accuracy) for event in events]))
    for weights, figures in runs[:-1]:
        np.testing.assert_array_equal(weights, runs[-1][0])
        assert figures == runs[-1][1], "the figures are those of the whole epoch"
