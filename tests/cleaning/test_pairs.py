"""Of two photos that are alike: which one is listed, beside which, as what."""

import numpy as np
import pandas as pd
import pytest

from tlcore.cleaning.alike import Alike
from tlcore.cleaning.issues import BURST, COPY, TWO_CLASSES
from tlcore.cleaning.pairs import pair_issues
from tlcore.cleaning.reasons import SAME_FILE, SAME_LOOK


def photos(*rows: tuple[str, str, int, float]) -> pd.DataFrame:
    """Photos of (path, label, width, sharpness); the path is the hash too."""
    frame = pd.DataFrame(rows, columns=["path", "label", "width", "sharpness"])
    return frame.assign(sha256=frame["path"], height=100)


def alike(number: int, *pairs: tuple[int, int, float], seconds: float = np.nan, bits: int = 32) -> Alike:
    frame = pd.DataFrame(pairs, columns=["first", "second", "similarity"]).assign(seconds=seconds, bits=bits)
    return Alike(np.zeros(number), frame, np.full(number, None, object))


def listed(found: pd.DataFrame) -> list[tuple[str, str, str]]:
    return list(found[["kind", "path", "other"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("second", "gone", "reason"),
    [
        (("b", "x", 50, 0.9), "b", "the smaller one, though it is sharper"),
        (("b", "x", 100, 0.5), "b", "of equal size the blurrier one"),
        (("b", "x", 100, 0.8), "b", "of equal ones the later name"),
        (("b", "x", 200, 0.1), "a", "the larger one stays"),
    ],
)
def test_the_worse_one_is_listed(second, gone, reason):
    found = pair_issues(alike(2, (0, 1, 0.95)), photos(("a", "x", 100, 0.8), second), np.zeros(2))
    assert listed(found) == [(COPY, gone, "b" if gone == "a" else "a")], reason


def test_leaving_out_all_that_are_listed_leaves_the_best_of_each():
    rows = photos(("a", "x", 10, 0.5), ("b", "x", 30, 0.5), ("c", "x", 20, 0.5), ("d", "x", 5, 0.5), ("e", "x", 9, 0.5))
    found = pair_issues(alike(5, (0, 1, 0.92), (1, 2, 0.93), (0, 2, 0.97), (0, 3, 0.95)), rows, np.zeros(5))
    assert set(listed(found)) == {(COPY, "a", "c"), (COPY, "c", "b"), (COPY, "d", "a")}
    assert not set(found["path"]) & {"b", "e"}


def test_in_two_classes_the_doubtful_one_is_listed_once_with_the_other_class():
    rows = photos(("a", "x", 10, 0.5), ("b", "y", 30, 0.5), ("c", "y", 20, 0.5))
    found = pair_issues(alike(3, (0, 1, 0.92), (0, 2, 0.97)), rows, np.array([0.9, 0.1, 0.2]))
    assert listed(found) == [(TWO_CLASSES, "a", "c")] and found["proposed"].tolist() == ["y"]


def test_a_burst_is_named_so_and_equal_files_and_looks_too():
    rows = photos(("a", "x", 10, 0.5), ("b", "x", 30, 0.5))
    burst = pair_issues(alike(2, (0, 1, 0.92), seconds=2.0), rows, np.zeros(2))
    assert burst[["kind", "value"]].to_numpy().tolist() == [[BURST, 2.0]]
    assert pair_issues(alike(2, (0, 1, 0.92), bits=2), rows, np.zeros(2))["value"].tolist() == [SAME_LOOK]
    same = pair_issues(alike(2, (0, 1, 1.0)), rows.assign(sha256="s"), np.zeros(2))
    assert same["value"].tolist() == [SAME_FILE]


def test_no_pairs_are_no_issues():
    assert pair_issues(alike(2), photos(("a", "x", 1, 1), ("b", "x", 1, 1)), np.zeros(2)).empty
