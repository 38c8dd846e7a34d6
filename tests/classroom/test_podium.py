"""Places that respect chance, and what is said of them."""

import pytest

from tlcore.classroom.hidden_test import HiddenScore
from tlcore.classroom.podium import level_sets, podium
from tlcore.messages.classroom import level_messages, ordinal, place_message, podium_lines

NAMES = {"a": "Foxes", "b": "Owls", "c": "Hares", "d": "Bears"}


def score(group: str, *right: tuple[int, int], total: int = 60, test: str = "t", when: float = 1.0) -> HiddenScore:
    """A score with the photos of these ranges (first, after last) correct."""
    chosen = {number for first, last in right for number in range(first, last)}
    return HiddenScore(group, "run", "model", test, tuple(number in chosen for number in range(total)), when=when)


CHAIN = [score("a", (0, 50)), score("b", (0, 44)), score("c", (0, 38))]  # a–b and b–c differ by 6 photos, a–c by 12


@pytest.mark.parametrize(
    ("scores", "places", "reason"),
    [
        ([], {}, "nobody was scored"),
        ([score("a", (0, 3))], {"a": 1}, "alone"),
        ([score("a", (0, 40)), score("b", (0, 40))], {"a": 1, "b": 1}, "the same photos correct"),
        ([score("a", (0, 40)), score("b", (20, 60))], {"a": 1, "b": 1}, "as many, on other photos"),
        ([score("a", (0, 41)), score("b", (0, 38))], {"a": 1, "b": 1}, "three photos more are no difference"),
        ([score("a", (0, 20)), score("b", (0, 50))], {"b": 1, "a": 2}, "thirty are one"),
        (
            [score("a", (0, 58)), score("b", (0, 57)), score("c", (0, 20)), score("d", (0, 20))],
            {"a": 1, "b": 1, "c": 3, "d": 3},
            "behind two groups is the third place",
        ),
        (CHAIN, {"a": 1, "b": 1, "c": 2}, "level with the second, and behind the first"),
    ],
)
def test_places(scores, places, reason):
    found = podium(scores)
    assert {each.group_id: each.place for each in found.places} == places, reason
    assert [each.place for each in found.places] == sorted(places.values())


def test_of_one_place_the_one_with_more_photos_comes_first():
    found = podium([score("a", (0, 40)), score("b", (0, 42))])
    assert [each.group_id for each in found.places] == ["b", "a"]


def test_being_level_is_not_transitive_and_it_is_said():
    found = podium(CHAIN)
    assert level_sets(found) == [("a", "b"), ("b", "c")]
    assert level_messages(found, NAMES) == [
        "Foxes and Owls are level: the difference could be chance.",
        "Owls and Hares are level: the difference could be chance.",
        "Foxes did better than Hares by more than chance, although Owls is level with both.",
    ]


def test_three_of_which_any_two_are_level_are_said_once():
    scores = [score("a", (0, 58)), score("b", (0, 57)), score("c", (0, 56)), score("d", (0, 10))]
    assert level_messages(podium(scores), NAMES) == [
        "Foxes, Owls and Hares are level: any difference between two of them could be chance."
    ]


@pytest.mark.parametrize(
    ("scores", "words", "reason"),
    [
        ([score("a", (0, 40)), score("b", (0, 41))], ["Both groups are level: the difference could be chance."], "two"),
        (
            [score(each, (0, 40)) for each in "abc"],
            ["All groups are level: the difference could be chance."],
            "three",
        ),
        ([score("a", (0, 55)), score("b", (0, 5))], [], "nothing is level"),
        ([score("a", (0, 5))], [], "nobody to be level with"),
    ],
)
def test_who_is_level(scores, words, reason):
    assert level_messages(podium(scores), NAMES) == words, reason


def test_a_group_without_a_score_says_why():
    other = score("b", (0, 40), test="an earlier test")
    unscored = HiddenScore("c", problem="This group has no trained model yet.", when=5.0)
    found = podium([score("a", (0, 46), total=50, when=3.0), other, unscored])
    assert podium_lines(found, NAMES) == [
        "1st: Foxes, 92% correct: 46 of 50, likely range 81–97%",
        "Hares: This group has no trained model yet.",
        "Owls: This group was scored on other photos than the others. Score again.",
    ]


def test_a_place_in_words():
    [place] = podium([score("a", (0, 46), total=50)]).places
    assert place_message(place, NAMES) == "1st: Foxes, 92% correct: 46 of 50, likely range 81–97%"


@pytest.mark.parametrize(
    ("number", "words"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (21, "21st")]
)
def test_ordinals(number, words):
    assert ordinal(number) == words
