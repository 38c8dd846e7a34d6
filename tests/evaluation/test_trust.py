"""How far a score can be trusted: each finding where its counts call for it, and not where they don't."""

from dataclasses import replace

import pytest

from tlcore.evaluation.findings import TornGroups, is_alarm, is_good
from tlcore.evaluation.significance import difference_of_shares
from tlcore.evaluation.trust import Evidence, evidence_in, find_limits
from tlcore.messages.trust import finding_message

FINE = Evidence(
    test=(190, 200),
    tested={"cat": 100, "dog": 100},
    photos={"cat": 500, "dog": 480},
    near_copies=0,
    wrong_labels=0,
    kept=0.95,
)
"""Nothing speaks against this one."""


def sentences(evidence: Evidence, good: bool | None = None) -> list[str]:
    return [finding_message(each) for each in find_limits(evidence) if good is None or is_good(each) is good]


def test_a_run_without_fault_has_none():
    assert sentences(FINE, good=False) == []
    said = "200 test photos put the score between 91% and 97% for photos of the same kind."
    assert sentences(FINE, good=True)[0] == said


@pytest.mark.parametrize(
    ("changes", "said", "reason"),
    [
        (
            {"test": (14, 15), "tested": {"cat": 8, "dog": 7}},
            "15 test photos are few: the score may be anywhere between 70% and 99%.",
            "so few that nearly any score fits",
        ),
        ({"test": (0, 0), "tested": {}}, "No photos were held back for testing", "no score at all"),
        (
            {"test": (120, 200), "tested": {"cat": 120, "dog": 80}},
            "Always answering “cat” would be correct for 60% of the test photos",
            "as good as knowing nothing",
        ),
        ({"near_copies": 3}, "Near-copies are on both sides of the split: 3 of 200 test photos look", "too easy"),
        (
            {"test_groups": [4] * 50},
            "The 200 test photos are 50 groups of photos that belong together, and are often correct or wrong "
            "together: the likely range may be as wide as 85–98%.",
            "as much as 50 photos say",
        ),
        ({"near_copies": 1}, "1 of 200 test photos looks almost like", "the grammar of one"),
        (
            {"honest": TornGroups(0.95, 0.7, 0.6, 0.78)},
            "a quick model gets 95% that way, but 70% (likely range 60–78%) where they are kept together",
            "groups",
        ),
        (
            {"cross_validation": (700, 980, 0.68, 0.74)},
            "71% correct: 700 of 980 (likely range 68–74%), clearly less than on the test photos",
            "the test photos were the easy ones",
        ),
        (
            {"cross_validation": (930, 980, 0.93, 0.96), "near_copies": 3},
            "(likely range 93–96%), in line with the test photos, and too easy in the same way.",
            "the folds have the near-copies too",
        ),
        (
            {"others": [("park", (60, 100))]},
            "On other photos, “park”: 60% correct: 60 of 100 (likely range 50–69%); worse than on the test photos, by",
            "another place",
        ),
        ({"photos": {"cat": 9, "dog": 20}}, "“cat” has fewer than 10 photos: add more.", "one class too small"),
        (
            {"photos": {"cat": 9, "dog": 9}},
            "“cat” and “dog” have fewer than 10 photos: add more.",
            "two classes too small",
        ),
        (
            {"photos": dict.fromkeys("abcde", 3), "tested": {}},
            "5 classes (“a”, “b”, “c”, …) have fewer than 10 photos",
            "of many the first are named",
        ),
        ({"tested": {"cat": 196, "dog": 4}}, "“dog” has fewer than 5 test photos", "its own figures say little"),
        ({"photos": {"cat": 400, "dog": 100}}, "“cat” has 400 photos and “dog” 100", "four times as many"),
        ({"wrong_labels": 12}, "12 photos may have a wrong label", "a check found some"),
        ({"wrong_labels": None}, "Nobody has checked the photos", "no check"),
        ({"kept": None}, "It always gives one of its classes", "an older model"),
    ],
)
def test_what_speaks_against_a_score_is_said(changes, said, reason):
    assert any(said in words for words in sentences(replace(FINE, **changes), good=False)), reason


@pytest.mark.parametrize(
    ("changes", "said", "reason"),
    [
        ({"cross_validation": (930, 980, 0.93, 0.96)}, "in line with the test photos", "both agree"),
        ({"others": [("park", (93, 100))]}, "not clearly different from the test photos", "a difference of chance"),
        ({"refit": True}, "has learned from all photos, test photos included", "what the score is of"),
        ({}, "It says “none of these”", "a threshold"),
    ],
)
def test_what_speaks_for_it_is_said_too(changes, said, reason):
    assert any(said in words for words in sentences(replace(FINE, **changes), good=True)), reason
    assert sentences(replace(FINE, **changes), good=False) == []


def test_the_weightiest_comes_first():
    worst = replace(FINE, test=(5, 10), near_copies=2, wrong_labels=9, kept=None)
    order = [words.split()[0] for words in sentences(worst)]
    assert order == ["10", "Always", "Near-copies", "9", "It"]


@pytest.mark.parametrize(
    ("first", "second", "beyond", "reason"),
    [
        ((93, 100), (71, 100), True, "22 points on a hundred photos each"),
        ((14, 15), (71, 100), False, "fifteen photos say little"),
        ((50, 100), (50, 100), False, "no difference"),
        ((0, 0), (50, 100), False, "nothing to compare with"),
    ],
)
def test_a_difference_of_shares_knows_chance(first, second, beyond, reason):
    found = difference_of_shares(first, second)
    assert found.beyond_chance is beyond, reason
    assert found.low <= found.high


def test_the_difference_is_newcombes():
    """The example of his paper, table II: 56 of 70 against 48 of 80, the interval 0.0524 to 0.3339."""
    found = difference_of_shares((48, 80), (56, 70))
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"test": 3, "cross_validation": [], "unknown": "x", "refit": 1},
        {"test": {"correct": 5, "total": 3}},
        {"test": {"correct": True, "total": "x"}},
        {"cross_validation": {"correct": 1, "total": 2, "interval_95": [9, "x"]}},
        {"unknown": {"kept": 7}, "test": {"correct": 1, "total": 2, "per_class": [None, {"label": 3}]}},
    ],
)
def test_a_description_that_cannot_be_right_gives_nothing(info):
    """Anybody may have written a model.json."""
    evidence = evidence_in(info)
    assert evidence.cross_validation is None and evidence.kept is None and evidence.test[0] <= evidence.test[1]
    find_limits(evidence)


@pytest.mark.parametrize(
    ("changes", "alarms", "reason"),
    [
        ({}, 0, "nothing"),
        ({"test": (14, 15), "tested": {"cat": 8, "dog": 7}}, 0, "the interval says it"),
        ({"near_copies": 3}, 1, "the score is too high"),
        ({"test_groups": [4] * 50}, 1, "the range that is drawn is too narrow"),
        ({"test_groups": [1] * 180 + [2] * 10}, 0, "a few pairs"),
        ({"honest": TornGroups(0.95, 0.7, 0.6, 0.78)}, 1, "the score is too high"),
        ({"test": (120, 200), "tested": {"cat": 120, "dog": 80}}, 1, "a number that means nothing"),
        ({"cross_validation": (700, 980, 0.68, 0.74)}, 1, "easy test photos"),
        ({"others": [("park", (60, 100))]}, 1, "it does not hold elsewhere"),
        ({"rejected": [("park", (24, 45))]}, 1, "what it answers at all"),
        ({"rejected": [("park", (4, 45))]}, 0, "about as many as it was set for"),
        ({"others": [("park", (93, 100))], "wrong_labels": None}, 0, "no news about the number itself"),
    ],
)
def test_what_makes_the_number_misleading_stands_beside_it(changes, alarms, reason):
    found = [each for each in find_limits(replace(FINE, **changes)) if is_alarm(each)]
    assert len(found) == alarms, reason
