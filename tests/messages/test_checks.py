"""What a check says: every kind has words, nothing is a difference that chance explains, and groupings have names."""

import pandas as pd
import pytest

from tlcore.cleaning.groups import Grouping
from tlcore.cleaning.issues import COPY, KINDS, WRONG_LABEL
from tlcore.cleaning.reasons import SAME_FILE, SAME_LOOK, Facts, reason_of
from tlcore.cleaning.results import SplitWorth
from tlcore.messages.checks import (
    EXPLANATIONS,
    TITLES,
    check_message,
    counted,
    grouping_message,
    grouping_title,
    worth_message,
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_title_an_explanation_a_count_and_a_reason(kind):
    assert not TITLES[kind].endswith(".") and EXPLANATIONS[kind].endswith(".")
    assert counted(kind, 1).startswith("1 ") and counted(kind, 2) != counted(kind, 1).replace("1", "2")
    facts = Facts("cats", "dogs", 0.5, (40, 30), (400, 300), "dogs", (400, 300))
    assert reason_of(kind, facts)[0].isupper() and not reason_of(kind, facts).endswith(".")


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ([], "No problems found in 1,000 photos"),
        ([COPY, COPY, WRONG_LABEL], "1 possibly wrong label, 2 copies"),
    ],
)
def test_what_was_found_in_all(kinds, words):
    assert check_message(pd.DataFrame({"kind": kinds}), 1000) == words


@pytest.mark.parametrize(
    ("value", "other_size", "words"),
    [
        (SAME_FILE, (40, 30), "The same file twice"),
        (SAME_LOOK, (40, 30), "Looks exactly like the other photo"),
        (0.0, (400, 300), "Nearly the same as the other photo, but smaller: 40 × 30 pixels"),
    ],
)
def test_why_a_copy_is_one(value, other_size, words):
    assert reason_of(COPY, Facts("cats", "", value, (40, 30), (40, 30), "cats", other_size)) == words


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (
            (0.02, 0.1),
            "Split at random, your score would be 97% (likely range 95–98%); honestly, it is 91% "
            "(likely range 85–94%).",
        ),
        (
            (-0.01, 0.1),
            "Split at random, your score would be 97% (likely range 95–98%); with groups kept together, it is 91% "
            "(likely range 85–94%). The difference could be chance.",
        ),
    ],
)
def test_what_a_split_is_worth(difference, words):
    assert worth_message(SplitWorth("alike", 50, 200, 0.97, (0.95, 0.98), 0.91, (0.85, 0.94), difference)) == words


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("alike", "Copies and bursts"),
        ("column:Site A", "Column “Site A”"),
        ("folder:2", "Second folder"),
        ("name:1", "First part of the file name"),
        ("name:1-3", "First three parts of the file name"),
        ("number", "File name up to its first number"),
    ],
)
def test_what_a_grouping_is_called(key, title):
    assert grouping_title(key) == title
    assert grouping_message(Grouping(key, 12, ("a", "b"))) == "12 groups, such as a, b"
