"""A cross-validation as a value: its figures, its two files, and that nothing is believed that contradicts itself."""

import json

import numpy as np
import pandas as pd
import pytest

from tlcore.evaluation.cross_validation import (
    FILE,
    PREDICTIONS,
    Folded,
    cross_validation,
    cross_validation_info,
    cross_validation_values,
    load_cross_validation,
    parse_cross_validation,
    remove_cross_validation,
    save_cross_validation,
)
from tlcore.evaluation.report import predictions_frame

LABELS = ("ant", "bee")


def made(wrong: int = 3, count: int = 20):
    photos = pd.DataFrame(
        [(f"{number}.png", f"{number}", LABELS[number % 2]) for number in range(count)],
        columns=["path", "sha256", "label"],
    )
    probabilities = np.full((count, 2), 0.1, np.float32)
    truth = np.arange(count) % 2
    probabilities[np.arange(count), np.where(np.arange(count) < wrong, 1 - truth, truth)] = 0.9
    predictions = predictions_frame(photos, probabilities, LABELS).assign(fold=np.arange(count) % 4 + 1)
    return cross_validation(predictions, photos["sha256"], LABELS, Folded(4, 1.5, (3, 5, 4, 4), True, 1.25))


def test_it_counts_every_photo_once_and_has_the_interval_of_folds():
    found = made()
    assert (found.correct, found.total, found.accuracy, found.num_groups) == (17, 20, 0.85, 20)
    low, high = found.interval
    assert low < 0.85 < high and (low, high) == (found.report.low, found.report.high)
    assert found.fold_table.to_dict(orient="list") == {
        "fold": [1, 2, 3, 4],
        "correct": [4, 4, 4, 5],
        "total": [5, 5, 5, 5],
        "accuracy": [0.8, 0.8, 0.8, 1.0],
    }
    values = json.loads(json.dumps(cross_validation_values(found)))
    assert values["interval_95"] == [low, high] and (values["folds"], values["with_test"]) == (4, True)


def test_what_is_written_is_read(tmp_path):
    found = made()
    save_cross_validation(tmp_path, found)
    again = load_cross_validation(tmp_path)
    pd.testing.assert_frame_equal(again.report.per_class, found.report.per_class)
    pd.testing.assert_frame_equal(again.report.predictions, found.report.predictions)
    for name in ("folds", "correct", "total", "interval", "temperature", "best_epochs", "with_test", "seconds"):
        assert getattr(again, name) == getattr(found, name), name
    remove_cross_validation(tmp_path)
    remove_cross_validation(tmp_path)
    assert load_cross_validation(tmp_path) is None


@pytest.mark.parametrize("name", [FILE, PREDICTIONS])
@pytest.mark.parametrize("damage", ["gone", "flipped", "empty"])
def test_damaged_files_are_as_good_as_none(tmp_path, name, damage):
    save_cross_validation(tmp_path, made())
    data = bytearray((tmp_path / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / name).unlink() if damage == "gone" else (tmp_path / name).write_bytes(
        b"" if damage == "empty" else bytes(data)
    )
    assert load_cross_validation(tmp_path) is None


@pytest.mark.parametrize(
    "change",
    [
        {"interval_95": [0.9, 0.99]},
        {"interval_95": [-1, 2]},
        {"figures": None},
        {"folds": "many"},
        {"best_epochs": 3},
    ],
)
def test_what_a_model_claims_must_fit_its_counts(change):
    info = json.loads(json.dumps(cross_validation_info(made())))
    assert parse_cross_validation(info, pd.DataFrame()).correct == 17
    with pytest.raises((ValueError, TypeError, KeyError)):
        parse_cross_validation(info | change, pd.DataFrame())
