"""What an honest split is worth: groups that give the answer away flatter, and chance is no difference."""

import numpy as np

from tests.conftest import finish
from tlcore.cleaning import honest
from tlcore.cleaning.honest import choose_rows, correct_shares, split_worth


def groups_of(per_group: int = 6, number: int = 20, given_away: float = 6.0, seed: int = 0):
    """Photos in groups; the features tell the group well, and the class only a little."""
    draw = np.random.default_rng(seed)
    groups = np.repeat(np.arange(number), per_group)
    labels = groups % 2
    centres = draw.normal(size=(number, 30)) * given_away
    features = centres[groups] + draw.normal(size=(len(groups), 30)) + 0.5 * np.eye(30)[labels]
    return features.astype(np.float32), labels.astype(np.int64), groups


def worth(features, labels, groups):
    alone = np.arange(len(labels))
    shares = [finish(correct_shares(features, labels, each))[1] for each in (alone, groups)]
    return split_worth("name:1", groups, *shares)


def test_groups_that_give_the_answer_away_flatter():
    found = worth(*groups_of())
    assert found.at_random > 0.9 and found.honest < 0.75 and found.matters
    assert found.difference[0] <= found.at_random - found.honest <= found.difference[1]
    assert found.honest_interval[0] < found.honest < found.honest_interval[1]
    assert (found.num_groups, found.num_photos) == (20, 120)
    wide = found.honest_interval[1] - found.honest_interval[0]
    assert wide > found.at_random_interval[1] - found.at_random_interval[0], "groups count, not photos"


def test_groups_that_mean_nothing_make_no_difference():
    features, labels, _ = groups_of(per_group=1, number=120)
    found = worth(features + 4 * np.eye(30)[labels].astype(np.float32), labels, np.arange(120) // 2)
    assert not found.matters


def test_nothing_is_said_where_no_split_can_be_tried():
    features, labels, _ = groups_of()
    assert worth(features, labels, labels) is None, "each class is one group"


def test_of_many_photos_whole_groups_are_drawn(monkeypatch):
    monkeypatch.setattr(honest, "MOST_PHOTOS", 50)
    groups = groups_of()[2]
    chosen = choose_rows(groups)
    assert 44 < len(chosen) <= 50 and all((groups[chosen] == each).sum() == 6 for each in set(groups[chosen]))
    assert len(choose_rows(np.zeros(80, int))) == 50, "a single group that is larger"
