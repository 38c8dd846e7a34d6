"""What corrections of the photos were worth: two models on the photos that both were tested on, by today's labels.

A wrong label counts against a model that sees through it. So both models are judged by the corrected labels; else the
new one would be praised for what was only the old labels' fault. What is left is judged as any two models on the same
photos are (significance.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tlcore.evaluation.significance import LEVEL, exact_mcnemar
from tlcore.intervals import wilson_interval

COLUMNS = ("path", "sha256", "label", "label_before", "predicted_before", "predicted", "correct_before", "correct")


@dataclass(frozen=True, eq=False)
class BeforeAfter:
    """Two models on the photos that both were tested on.

    Attributes:
        photos: a row for each of these, `COLUMNS`: `label` is that of today, `predicted_before` in the names that
            classes have today; `correct_before` and `correct` are by `label`.
        total: how many these are. correct_before, correct: of them, by the earlier and the new model.
        old_correct, old_total: what the earlier model scored, on all its test photos with the labels of then.
        only_before, only_after: photos that only the earlier, only the new model got right.
        num_relabelled: photos among them that have another label now.
        num_left, num_new: test photos of the earlier model that the new one was not tested on, and the other way round.
        p: how often chance alone gives a split as uneven as that of `only_before` and `only_after`, 0–1 (exact McNemar
            test); 1 where there are no photos.
    """

    photos: pd.DataFrame
    total: int
    correct_before: int
    correct: int
    old_correct: int
    old_total: int
    only_before: int
    only_after: int
    num_relabelled: int
    num_left: int
    num_new: int
    p: float

    @property
    def interval_before(self) -> tuple[float, float]:
        """The 95% interval (Wilson) of the earlier model's share, 0–1."""
        return wilson_interval(self.correct_before, self.total)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval (Wilson) of the new model's share, 0–1."""
        return wilson_interval(self.correct, self.total)

    @property
    def gain(self) -> int:
        """How many more photos the new model gets right; below 0 where it gets fewer."""
        return self.correct - self.correct_before

    @property
    def beyond_chance(self) -> bool:
        """Whether the difference is larger than chance explains."""
        return self.p <= LEVEL


def compare_before_after(
    before: pd.DataFrame, after: pd.DataFrame, renamed: Mapping[str, str] | None = None
) -> BeforeAfter:
    """Compare two models by their predictions.

    Args:
        before, after: as `Report.predictions` has them: path, sha256, label, predicted, correct. Photos are the same
            where path and content are; one that was turned since is another picture.
        renamed: what classes of `before` are called in `after`, where that is otherwise. A prediction of a class that
            is gone stays, and is wrong.
    """
    names = dict(renamed or {})
    old, new = (frame.drop_duplicates("path").astype({"path": str, "sha256": str}) for frame in (before, after))
    both = old.merge(new, on=["path", "sha256"], suffixes=("_before", "")).sort_values("path", ignore_index=True)
    for column in ("label_before", "predicted_before", "label", "predicted"):
        both[column] = both[column].astype(str)
    for column in ("label_before", "predicted_before"):
        both[column] = [names.get(label, label) for label in both[column]]
    both["correct_before"] = both["predicted_before"] == both["label"]
    both["correct"] = both["predicted"] == both["label"]
    only_before = int((both["correct_before"] & ~both["correct"]).sum())
    only_after = int((both["correct"] & ~both["correct_before"]).sum())
    return BeforeAfter(
        photos=both[list(COLUMNS)],
        total=len(both),
        correct_before=int(both["correct_before"].sum()),
        correct=int(both["correct"].sum()),
        old_correct=int(old["correct"].sum()),
        old_total=len(old),
        only_before=only_before,
        only_after=only_after,
        num_relabelled=int((both["label_before"] != both["label"]).sum()),
        num_left=len(old) - len(both),
        num_new=len(new) - len(both),
        p=exact_mcnemar(only_after, only_before),
    )


def before_after_values(found: BeforeAfter) -> dict[str, Any]:
    """The figures as plain values for JSON."""
    return {
        "photos": found.total,
        "correct_before": found.correct_before,
        "correct": found.correct,
        "interval_95_before": list(found.interval_before),
        "interval_95": list(found.interval),
        "earlier_score": {"correct": found.old_correct, "total": found.old_total},
        "only_before": found.only_before,
        "only_after": found.only_after,
        "relabelled": found.num_relabelled,
        "left": found.num_left,
        "new": found.num_new,
        "p": found.p,
        "beyond_chance": found.beyond_chance,
    }
