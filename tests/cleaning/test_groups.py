"""What belongs together: what names and folders allow to be proposed, and what hangs together."""

import pandas as pd
import pytest

from tlcore.cleaning.groups import belong_together, can_be_split, connect, named_groups, propose_groupings
from tlcore.errors import UserError


def photos(paths: list[str], labels: list[str] | None = None) -> pd.DataFrame:
    found = [path.split("/")[0] for path in paths] if labels is None else labels
    return pd.DataFrame({"path": paths, "sha256": [f"{n:064x}" for n in range(len(paths))], "label": found})


CLASSES, SITES, COUNT = ("cat", "dog"), ("north", "south", "east", "west"), range(5)


@pytest.mark.parametrize(
    ("name", "first", "reason"),
    [
        ("{label}/{site}/{n}.jpg", "folder:2", "a folder for each site"),
        ("{label}/{site}_{n}.jpg", "name:1", "the site begins the name"),
        ("{label}/IMG-{site}-{n}.jpg", "name:2", "behind what all have"),
        ("{label}/{n:04}_{site}.jpg", "name:2", "behind a number that counts"),
        ("{label}/p{s}{letter}.jpg", "number", "no sign parts the patient from the photo"),
        ("train/{label}/{site}/{n}.jpg", "folder:3", "below a part"),
    ],
)
def test_what_is_proposed_first(name, first, reason):
    paths, labels = [], []
    for label in CLASSES:
        for s, site in enumerate(SITES):
            for n in COUNT:
                number = n + len(COUNT) * s
                paths.append(name.format(label=label, site=site, n=number, s=s, letter="abcde"[n]))
                labels.append(label)
    found = propose_groupings(photos(paths, labels))
    assert found and found[0].key == first, reason
    assert found[0].num_groups == 4 and len(found[0].examples) == 3


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        ([f"{label}/{label}.{n}.jpg" for label in CLASSES for n in range(20)], "the class, and a number that counts"),
        ([f"{label}/{n}.jpg" for label in CLASSES for n in range(20)], "each photo is a group of its own"),
        ([f"{label}/IMG_{n}.jpg" for label in CLASSES for n in range(20)], "all are one group, or each is"),
        (
            [f"{label}/{label}{n % 2}/{n}.jpg" for label in CLASSES for n in range(20)],
            "two groups a class: no split",
        ),
        ([f"{label}/{'x_' * (n == 3)}{n}.jpg" for label in CLASSES for n in range(20)], "few have such a part"),
    ],
)
def test_nothing_is_proposed_where_nothing_belongs_together(paths, reason):
    assert propose_groupings(photos(paths)) == (), reason


def test_the_same_groups_are_proposed_once():
    paths = [f"{label}/{site}/{site}_{n}.jpg" for label in CLASSES for site in SITES for n in COUNT]
    assert [each.key for each in propose_groupings(photos(paths))] == ["folder:2"]


def test_names_of_groups():
    frame = photos(["cat/a/x_1_2.jpg", "cat/b/y 7.jpg", "cat/z.jpg"])
    assert named_groups(frame, "folder:2").tolist() == ["a", "b", None]
    assert named_groups(frame, "name:1-2").tolist() == ["x 1", "y 7", None]
    assert named_groups(frame, "number").tolist() == ["x_1", "y 7", None]
    for wrong in ("folder:0", "name:", "name:2-3", "alike", "(a+)+$", "name:1-99"):
        with pytest.raises(UserError, match="no grouping"):
            named_groups(frame, wrong)


def test_what_hangs_together_by_any_of_the_ways():
    frame = photos(["a", "b", "c", "d", "e"], ["x"] * 5)
    frame.loc[4, "sha256"] = frame.loc[0, "sha256"]
    one = pd.Series(["p", "p", None, None, None], dtype=object)
    two = pd.Series([None, "q", "q", None, None], dtype=object)
    codes = belong_together(frame, one, two).tolist()
    assert codes[0] == codes[1] == codes[2] == codes[4] != codes[3]
    assert len(set(belong_together(frame))) == 4, "equal files always do"


def test_connect_takes_chains_and_circles():
    assert connect(4, [(0, 1), (1, 2), (2, 0)]).tolist() == [0, 0, 0, 1]
    assert connect(0, []).tolist() == []


@pytest.mark.parametrize(("groups", "can"), [([1, 2, 3, 4, 5, 6], True), ([1, 1, 2, 3, 4, 5], False)])
def test_every_class_needs_three_groups(groups, can):
    assert can_be_split(pd.Series(groups), pd.Series(["a"] * 3 + ["b"] * 3)) is can
