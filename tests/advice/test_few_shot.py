"""Few photos are enough where their description is good, and no figure is given where there are too few."""

import numpy as np
import pytest

from tlcore.advice.few_shot import few_shot_accuracy


def test_few_photos_are_enough_where_the_description_is_good():
    random = np.random.default_rng(0)
    classes = np.repeat(np.arange(3), 12)
    features = np.eye(3, 20)[classes].astype(np.float32) + 0.05 * random.normal(size=(36, 20)).astype(np.float32)
    noise = random.integers(0, 256, (36, 4, 4, 3), dtype=np.uint8)
    found = few_shot_accuracy(features, noise, classes)
    assert [each.per_class for each in found] == [1, 2, 3, 5], "half of each class stays held out"
    assert all(each.features > 0.98 for each in found)
    assert all(0.1 < each.pixels < 0.45 for each in found), "noise is guessed: the examples themselves do not count"
    assert few_shot_accuracy(features, noise, classes) == found, "the same photos give the same figures"


def test_more_examples_bring_more():
    random = np.random.default_rng(1)
    classes = np.repeat(np.arange(2), 60)
    features = (classes[:, None] * 0.6 + random.normal(size=(120, 10))).astype(np.float32)
    found = few_shot_accuracy(features, np.zeros((120, 2, 2, 3), np.uint8), classes)
    assert found[-1].features > found[0].features + 0.1


@pytest.mark.parametrize("classes", [[0, 0, 0, 0], [0, 0, 0, 1], []], ids=["one class", "one lonely photo", "none"])
def test_too_few_for_any_figure(classes):
    number = len(classes)
    pixels = np.zeros((number, 2, 2, 3), np.uint8)
    assert few_shot_accuracy(np.ones((number, 3), np.float32), pixels, np.array(classes, int)) == ()
