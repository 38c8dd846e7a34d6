"""Figures come back from JSON as they were; those that contradict one another are refused."""

import copy
import json

import numpy as np
import pandas as pd
import pytest

from tlcore.evaluation.figures import parse_figures
from tlcore.evaluation.report import figures, make_report, predictions_frame
from tlcore.intervals import wilson_interval

LABELS = ("cat", "dog", "owl")


@pytest.fixture(scope="module")
def report():
    photos = pd.DataFrame({"path": list("abcde"), "sha256": list("12345"), "label": ["cat", "cat", *["dog"] * 3]})
    table = np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0.1, 0.9, 0], [0.3, 0.6, 0.1], [0, 0.2, 0.8]], np.float32)
    return make_report(predictions_frame(photos, table, LABELS), LABELS)


def test_they_come_back_as_they_were(report):
    found = parse_figures(json.loads(json.dumps(figures(report))), LABELS)
    assert (found.labels, found.correct, found.total) == (LABELS, 3, 5)
    assert (found.low, found.high) == pytest.approx(report.interval)
    pd.testing.assert_frame_equal(found.confusion, report.confusion)
    pd.testing.assert_frame_equal(found.per_class, report.per_class)


def put(*path, value):
    """A change: the value at a place in the JSON."""

    def change(values):
        *way, last = path
        for step in way:
            values = values[step]
        values[last] = value

    return change


def lie(values):
    values["correct"], values["interval_95"] = 4, list(wilson_interval(4, 5))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lie, "one more right, with the interval that belongs to it"),
        (put("correct", value=4), "not what the confusion table adds up to"),
        (put("total", value=6), "not what the confusion table adds up to"),
        (put("correct", value=True), "no count"),
        (put("correct", value="3"), "a text"),
        (put("correct", value=3.0), "a broken number"),
        (put("total", value=-5), "negative"),
        (put("interval_95", 0, value=0.5), "not the interval of 3 of 5"),
        (put("interval_95", 1, value=float("nan")), "not a number"),
        (put("interval_95", value=[0.2]), "half an interval"),
        (put("confusion", 0, 0, value=2), "one more than is right"),
        (put("confusion", 0, 2, value=2**80), "no array holds it"),
        (put("confusion", 0, value=[1]), "rows of different lengths"),
        (put("confusion", value=[[5]]), "of another number of classes"),
        (put("confusion", value="abc"), "a text"),
        (put("per_class", 0, "label", value="dog"), "another class"),
        (put("per_class", 0, "support", value=3), "more photos of a class than there are"),
        (put("per_class", 0, "correct", value=2), "more right than there are"),
        (put("per_class", 0, "precision", value=0.9), "not the precision"),
        (put("per_class", 1, "recall", value=0.7), "not the recall"),
        (put("per_class", 1, "f1", value=1.5), "more than all"),
        (put("per_class", 1, "f1", value=None), "nothing"),
        (lambda values: values["per_class"].pop(), "a class is missing"),
        (lambda values: values.pop("interval_95"), "the interval is missing"),
    ],
)
def test_those_that_cannot_be_right_are_refused(report, change, reason):
    values = copy.deepcopy(json.loads(json.dumps(figures(report))))
    change(values)
    with pytest.raises((ValueError, LookupError, TypeError)):
        parse_figures(values, LABELS)


def test_labels_are_texts(report):
    with pytest.raises(TypeError):
        parse_figures(figures(report), (1, 2, 3))
