"""Whether a difference is larger than chance: the counts, the test against SciPy's, the correction."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from tlcore.errors import UserError
from tlcore.evaluation.significance import (
    clear_among_others,
    compare,
    exact_mcnemar,
    holm,
    with_best,
)


def predicted(right: str, start: int = 0) -> pd.DataFrame:
    """The predictions of a model: a letter a photo, "x" for right."""
    paths = [f"{number:03}.png" for number in range(start, start + len(right))]
    return pd.DataFrame(
        {
            "path": paths,
            "sha256": [f"hash of {path}" for path in paths],
            "label": "cat",
            "correct": [letter == "x" for letter in right],
        }
    )


MANY = [(10, 25), (3, 400), (512, 488)]


@pytest.mark.parametrize(("only_one", "only_other"), [*itertools.product(range(9), repeat=2), *MANY])
def test_the_exact_test_is_scipys(only_one, only_other):
    thrown = only_one + only_other
    expected = binomtest(only_one, thrown).pvalue if thrown else 1.0
    assert exact_mcnemar(only_one, only_other) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("counts", "low", "high", "reason"),
    [
        ((0, 5), 0.0625, 0.0625, "2 × (1/2)^5: five of five is not enough yet"),
        ((0, 6), 0.03125, 0.03125, "six of six is"),
        ((20_000, 20_000), 1.0, 1.0, "even, and far beyond what a float holds as 2^n"),
        ((0, 5000), 0.0, 0.0, "smaller than any float, not an error"),
        ((9_700, 10_300), 1e-5, 5e-5, "many photos: 4.2 standard deviations, two-sided"),
    ],
)
def test_the_exact_test_at_its_ends(counts, low, high, reason):
    assert low <= exact_mcnemar(*counts) <= high, reason


@pytest.mark.parametrize(
    ("ps", "corrected", "reason"),
    [
        ([0.04], [0.04], "one pair needs no correction"),
        ([0.01, 0.04], [0.02, 0.04], "the smallest times two, the next times one"),
        ([0.04, 0.01, 0.03], [0.06, 0.03, 0.06], "never smaller than the one before, in the order given"),
        ([0.9, 0.6], [1.0, 1.0], "never above one"),
        ([], [], "nothing to correct"),
    ],
)
def test_holm(ps, corrected, reason):
    assert holm(ps) == pytest.approx(corrected), reason


def test_all_are_compared_on_the_same_photos_the_best_first():
    first = compare({"a": predicted("xxx..x"), "b": predicted("xxxxx."), "c": predicted("x.....")})
    assert [(verdict.best, verdict.other, verdict.only_best, verdict.only_other) for verdict in first] == [
        ("b", "a", 2, 1),
        ("b", "c", 4, 0),
        ("a", "c", 3, 0),
    ]
    assert with_best(first) == first[:2], "the pair of the others is not among them"
    assert not any(verdict.beyond_chance for verdict in first) and clear_among_others(first) == []


def test_a_difference_among_the_others_is_found_the_clearest_first():
    right = {"a": "x" * 40, "b": "x" * 39 + ".", "c": "x" * 25 + "." * 15, "d": "." * 40}
    judged = compare({name: predicted(letters) for name, letters in right.items()})
    assert [(verdict.best, verdict.other) for verdict in with_best(judged)] == [("a", "b"), ("a", "c"), ("a", "d")]
    clear = clear_among_others(judged)
    assert [(verdict.best, verdict.other) for verdict in clear] == [("b", "d"), ("c", "d"), ("b", "c")]
    assert all(verdict.beyond_chance for verdict in clear)
    assert with_best([]) == clear_among_others([]) == []


def test_photos_are_matched_by_name_not_by_their_place():
    frame = predicted("xx....")
    assert compare({"a": frame, "b": frame.iloc[::-1]})[0].only_best == 0


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (predicted("xxxx"), "fewer photos"),
        (predicted("xxxxxx", start=1), "another photo"),
        (predicted("xxxxxx").assign(sha256="other"), "the same names, other pictures"),
        (predicted("xxxxxx").assign(label="dog"), "the same pictures, other labels"),
    ],
)
def test_other_test_photos_cannot_be_compared(other, reason):
    with pytest.raises(UserError, match="not tested on the same photos"):
        compare({"a": predicted("xxxxxx"), "b": other})


@pytest.mark.parametrize(("models", "reason"), [({}, "none"), ({"a": predicted("xx")}, "one")])
def test_less_than_two_models_make_no_verdict(models, reason):
    assert compare(models) == [], reason


def test_a_tie_goes_to_the_one_named_first_and_is_chance():
    [verdict] = compare({"a": predicted("x.x."), "b": predicted(".x.x")})
    assert (verdict.best, verdict.only_best, verdict.only_other, verdict.p) == ("a", 2, 2, 1.0)


def test_a_large_difference_is_found():
    [verdict] = compare({"a": predicted("." * 40), "b": predicted("x" * 40)})
    assert verdict.best == "b" and verdict.beyond_chance


def test_equal_models_are_seldom_called_different_however_many_run():
    """Chance alone among eight equal models: the best of them is above the others, and that is not a finding."""
    random = np.random.default_rng(0)
    blank, called = predicted("x" * 1000), 0
    for _ in range(60):
        difficulty = random.beta(0.3, 0.7, 1000)
        rights = random.random((8, 1000)) > difficulty
        models = {str(number): blank.assign(correct=right) for number, right in enumerate(rights)}
        called += any(verdict.beyond_chance for verdict in compare(models))
    assert called <= 3, "3 of 100 are expected; with only the pairs with the best, 8 of these 60"
