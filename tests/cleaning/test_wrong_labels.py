"""Wrong labels: flipped ones come first, copies do not defend one another, nobody doubts what nobody can know."""

import numpy as np
import pytest

from tests.conftest import finish
from tlcore.cleaning.quick_model import make_folds
from tlcore.cleaning.wrong_labels import find_wrong_labels


def clusters(per_class: int = 30, classes: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features of classes that a line parts, and the labels."""
    draw = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), per_class)
    return (np.eye(20)[labels] * 6 + draw.normal(size=(len(labels), 20))).astype(np.float32), labels


def find(features, labels, groups=None, classes=3):
    groups = np.arange(len(labels)) if groups is None else groups
    return finish(find_wrong_labels(features, labels, groups, classes))[1]


def test_flipped_labels_come_first_with_the_class_that_they_had():
    features, true = clusters()
    labels, flipped = true.copy(), np.array([3, 40, 71, 80])
    labels[flipped] = (labels[flipped] + 1) % 3
    found = find(features, labels)
    assert set(found.suspects[:4]) == set(flipped)
    assert found.proposed[:4].tolist() == true[found.suspects[:4]].tolist()
    assert (np.diff(found.margin) <= 0).all() and found.probability[0] > 0.7, "the surest first"
    assert set(np.argsort(-found.doubt)[:4]) == set(flipped) and found.doubt.min() >= 0


def test_right_labels_are_left_alone():
    assert not len(find(*clusters()).suspects)


@pytest.mark.parametrize(("together", "found"), [(True, True), (False, False)])
def test_copies_with_the_same_wrong_label_defend_one_another_unless_they_are_in_one_fold(together, found):
    features, labels = clusters(per_class=30, classes=2)
    copies = np.repeat(features[:1], 12, axis=0) + 0.01 * np.random.default_rng(1).normal(size=(12, 20))
    features = np.concatenate([features, copies]).astype(np.float32)
    labels = np.concatenate([labels, np.ones(12, int)])  # copies of a photo of class 0, all called 1
    groups = np.arange(len(labels))
    if together:
        groups[60:] = 60
    suspects = set(find(features, labels, groups, 2).suspects)
    assert (len(suspects & set(range(60, 72))) >= 10) is found


@pytest.mark.parametrize(
    ("labels", "groups", "reason"),
    [
        ([0, 0, 0, 0], [0, 1, 2, 3], "one class: there is nothing else that it could be"),
        ([0, 0, 1, 1], [0, 0, 1, 1], "each class is one group: it is never learned when it is predicted"),
        ([0, 0, 1], [0, 1, 2], "of one class there is a single photo"),
    ],
)
def test_nothing_is_doubted_where_nobody_can_know(labels, groups, reason):
    features = np.random.default_rng(0).normal(size=(len(labels), 8)).astype(np.float32)
    found = find(features, np.array(labels), np.array(groups), 2)
    assert not len(found.suspects) and not found.doubt.any(), reason


def test_a_class_of_a_single_group_is_left_out_and_the_others_are_judged():
    features, labels = clusters(per_class=10)
    groups = np.arange(30)
    groups[20:] = 20
    found = find(features, labels, groups)
    assert not found.doubt[20:].any() and found.doubt[:20].all()


def test_folds_keep_groups_on_one_side_and_the_same_seed_gives_the_same():
    _, labels = clusters(per_class=20, classes=2)
    groups = np.arange(40) // 2
    folds = make_folds(labels, groups)
    assert sorted(np.concatenate([fold.predict for fold in folds])) == list(range(40))
    assert all(not set(groups[fold.learn]) & set(groups[fold.predict]) for fold in folds)
    assert all((one.predict == two.predict).all() for one, two in zip(folds, make_folds(labels, groups)))
