"""Two models before and after corrections: which photos count, by which labels, and what chance says."""

import pandas as pd
import pytest

from tlcore.evaluation.before_after import before_after_values, compare_before_after
from tlcore.messages.corrections import before_after_lines, before_after_message, before_after_title, labels_message


def predictions(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Rows of path, label, predicted; the content of a photo is its name without what stands behind "@"."""
    frame = pd.DataFrame(list(rows), columns=["path", "label", "predicted"])
    frame["sha256"] = frame["path"]
    frame["path"] = [path.partition("@")[0] for path in frame["path"]]
    return frame.assign(correct=frame["label"] == frame["predicted"])


SAME = predictions(("1", "cat", "cat"), ("2", "cat", "dog"), ("3", "dog", "dog"))


@pytest.mark.parametrize(
    ("before", "after", "renamed", "counts", "reason"),
    [
        (SAME, SAME, {}, (2, 2, 3, 0, 0, 0), "equal answers"),
        (
            SAME,
            predictions(("1", "cat", "cat"), ("2", "dog", "dog"), ("3", "dog", "dog")),
            {},
            (3, 3, 3, 0, 0, 1),
            "relabelled: the earlier model had seen through the wrong label, and is not outdone",
        ),
        (SAME, predictions(("1", "cat", "cat"), ("3", "dog", "dog")), {}, (2, 2, 2, 0, 0, 0), "left out: not counted"),
        (
            SAME,
            predictions(("1", "cat", "dog"), ("2", "cat", "cat"), ("3", "dog", "dog")),
            {},
            (2, 2, 3, 1, 1, 0),
            "equal scores on other photos",
        ),
        (SAME, predictions(("9", "cat", "cat")), {}, (0, 0, 0, 0, 0, 0), "no shared photos"),
        (
            predictions(("1", "cat", "lynx"), ("2", "lynx", "lynx")),
            predictions(("1", "cat", "cat"), ("2", "cat", "cat")),
            {},
            (0, 2, 2, 0, 2, 1),
            "a class that is gone: predicting it is wrong",
        ),
        (
            predictions(("1", "cat", "lynx"), ("2", "lynx", "lynx")),
            predictions(("1", "cat", "cat"), ("2", "lynxes", "lynxes")),
            {"lynx": "lynxes"},
            (1, 2, 2, 0, 1, 0),
            "a class that is called otherwise is the same",
        ),
        (SAME, predictions(("1@turned", "cat", "cat"), ("3", "dog", "cat")), {}, (1, 0, 1, 1, 0, 0), "turned since"),
    ],
)
def test_the_photos_of_both_by_the_labels_of_today(before, after, renamed, counts, reason):
    found = compare_before_after(before, after, renamed)
    relabelled = found.num_relabelled
    seen = (found.correct_before, found.correct, found.total, found.only_before, found.only_after, relabelled)
    assert seen == counts, reason
    assert found.num_left == len(before) - found.total and found.num_new == len(after) - found.total
    assert found.gain == found.only_after - found.only_before
    assert (found.old_correct, found.old_total) == (int(before["correct"].sum()), len(before))
    assert before_after_values(found)["photos"] == found.total and before_after_lines(found)


def better(photos: int, gained: int, lost: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two models on so many photos, of which the later one gets so many more and so many fewer."""
    old = ["dog"] * gained + ["cat"] * (photos - gained)
    new = ["cat"] * (photos - lost) + ["dog"] * lost
    return tuple(
        predictions(*((f"{number:03}", "cat", label) for number, label in enumerate(labels))) for labels in (old, new)
    )


@pytest.mark.parametrize(
    ("photos", "gained", "lost", "title", "reason"),
    [
        (120, 3, 0, "3 more correct of 120: could be chance", "three coins"),
        (120, 5, 0, "5 more correct of 120: could be chance", "five coins: 1 in 16"),
        (120, 6, 0, "6 more correct of 120: more than chance", "six coins: 1 in 32"),
        (120, 0, 6, "6 fewer correct of 120: more than chance", "worse is said as plainly"),
        (120, 2, 2, "As many correct as before, but other photos", "equal scores"),
        (120, 0, 0, "No difference on the same test photos", "equal answers"),
        (0, 0, 0, "No test photo in common with the earlier model", "nothing to compare"),
    ],
)
def test_the_verdict_of_chance(photos, gained, lost, title, reason):
    found = compare_before_after(*better(photos, gained, lost))
    assert before_after_title(found) == title, reason
    assert bool(before_after_message(found)) is bool(gained + lost)
    assert not labels_message(found), "no label was corrected, and no photo left out"


def test_corrected_test_labels_are_said_to_flatter():
    found = compare_before_after(SAME, predictions(("1", "cat", "cat"), ("2", "dog", "dog")))
    words = labels_message(found)
    assert "earlier model had 2 of 3 correct" in words and "a little too high" in words
    assert "Not counted: 1 earlier test photo" in words
