"""The log of a fault: its number, the places in the code, and no name, path or id."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tlcore.messages.bugs import bug_report, new_bug_number

SECRETS = ("Anna", "cats", "/home", "20261126-2039-a6ef49fbd59094ff", "holiday")


def raised(function):
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def missing_class():
    return {}["cats of Anna"]


def own_words():
    raise RuntimeError("The class cats of Anna in /home/anna/holiday.jpg of run 20261126-2039-a6ef49fbd59094ff")


def gone():
    return Path("/home/anna/holiday/cats.jpg").read_bytes()


def chained():
    try:
        missing_class()
    except KeyError as error:
        raise ValueError("cats of Anna") from error


@pytest.mark.parametrize(
    ("function", "kind", "reason"),
    [
        (missing_class, "KeyError", "a key is a name"),
        (own_words, "RuntimeError", "a sentence with everything in it"),
        (gone, "FileNotFoundError", "a path"),
        (chained, "KeyError", "what was behind it"),
    ],
)
def test_the_log_has_the_place_and_the_kind_and_nobodys_names(function, kind, reason):
    report = bug_report("1a2b3c4d", raised(function))
    assert report.startswith("Bug 1a2b3c4d\n") and kind in report, reason
    assert "File tests/messages/test_bugs.py, line " in report and f"in {function.__name__}" in report
    assert not [secret for secret in SECRETS if secret in report], report
    assert str(Path(__file__).parent) not in report and sys.prefix not in report


def test_what_a_library_says_of_arrays_is_kept_without_what_could_be_a_name():
    def shapes():
        from numpy.lib._stride_tricks_impl import broadcast_to

        broadcast_to(np.zeros((2, 3)), (4, 5))

    report = bug_report("1a2b3c4d", raised(shapes))
    assert "(2,3)" in report and "numpy/lib" in report, report


def test_numbers_differ():
    assert new_bug_number() != new_bug_number()
