"""The figures are counted rightly and read back as they were written."""

import numpy as np
import pandas as pd
import pytest

from tlcore.errors import UserError
from tlcore.evaluation.report import load_report, make_report, predictions_frame, save_report

LABELS = ("cat", "dog", "owl")


@pytest.fixture
def report():
    photos = pd.DataFrame(
        {"path": ["a", "b", "c", "d", "e"], "sha256": list("12345"), "label": ["cat", "cat", "dog", "dog", "dog"]}
    )
    table = np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0.1, 0.9, 0], [0.3, 0.6, 0.1], [0, 0.2, 0.8]], np.float32)
    return make_report(predictions_frame(photos, table, LABELS), LABELS)


def test_counts_are_those_of_the_predictions(report):
    assert (report.correct, report.total) == (3, 5)
    assert report.predictions["predicted"].tolist() == ["cat", "dog", "dog", "dog", "owl"]
    assert report.predictions["correct"].tolist() == [True, False, True, True, False]
    np.testing.assert_allclose(report.predictions["probability_true"], [0.9, 0.2, 0.9, 0.6, 0.2], atol=1e-6)
    assert report.confusion.loc["cat"].tolist() == [1, 1, 0]
    assert report.confusion.loc["dog"].tolist() == [0, 2, 1]


def test_figures_per_class_are_the_textbook_ones(report):
    rows = report.per_class.set_index("label")
    assert rows.loc["cat", ["support", "correct", "precision", "recall"]].tolist() == [2, 1, 1.0, 0.5]
    assert rows.loc["dog", ["support", "correct"]].tolist() == [3, 2]
    assert rows.loc["dog", "precision"] == pytest.approx(2 / 3)
    assert rows.loc["owl", ["support", "precision", "recall", "f1"]].tolist() == [0, 0.0, 0.0, 0.0]


def test_a_report_is_read_back_as_it_was_written(report, tmp_path):
    save_report(tmp_path, report)
    again = load_report(tmp_path)
    assert (again.correct, again.total, again.low, again.high) == (3, 5, report.low, report.high)
    pd.testing.assert_frame_equal(again.confusion, report.confusion)
    pd.testing.assert_frame_equal(
        again.predictions.drop(columns="probabilities"), report.predictions.drop(columns="probabilities")
    )
    np.testing.assert_array_equal(
        np.stack(again.predictions["probabilities"]), np.stack(report.predictions["probabilities"])
    )


@pytest.mark.parametrize("damage", [None, "{", "{}"], ids=["missing", "torn", "empty"])
def test_missing_or_damaged_figures_are_told(report, tmp_path, damage):
    if damage is not None:
        save_report(tmp_path, report)
        (tmp_path / "report.json").write_text(damage)
    with pytest.raises(UserError):
        load_report(tmp_path)
