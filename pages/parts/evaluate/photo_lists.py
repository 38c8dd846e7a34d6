"""The photos of a run that can be looked at, each list a frame: path, sha256, label, predicted, correct, probability,
split, doubted.

`label` and `predicted` are text; of a photo that nothing was predicted for, `predicted` is "", `correct` True and
`probability` NaN. `doubted`: a check doubts its label, and `predicted` is the class that it is more like.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pages.parts.evaluate.photo_filter import Shown
from pages.parts.evaluate.planning import Planning
from pages.shared import state
from tlcore.cleaning.issues import WRONG_LABEL
from tlcore.cleaning.results import load_issues
from tlcore.data.manifest import Dataset
from tlcore.evaluation.cross_validation import load_cross_validation
from tlcore.evaluation.report import Report

COLUMNS = ("path", "sha256", "label", "predicted", "correct", "probability", "split", "doubted")


@dataclass(frozen=True, eq=False)
class PhotoLists:
    """The lists of a run.

    Attributes:
        tested: the test photos. every: all photos, each predicted by a model that had not seen it; None where nobody
            did that. suspects: those whose label a check doubts, the surest first.
    """

    tested: pd.DataFrame
    every: pd.DataFrame | None
    suspects: pd.DataFrame

    def of(self, shown: Shown) -> pd.DataFrame:
        """The list that a filter chooses from."""
        if shown.suspects:
            return self.suspects
        return self.every if shown.every and self.every is not None else self.tested


def load_lists(plan: Planning, report: Report) -> PhotoLists:
    """The lists of a run with test results."""
    tested, every = listed(report.predictions.assign(split="test")), every_photo(plan, report)
    known = tested if every is None else every
    return PhotoLists(tested, every, suspects(plan.dataset, plan.newest, known))


def every_photo(plan: Planning, report: Report) -> pd.DataFrame | None:
    """All photos, predicted by a model that had not seen them: those of cross-validation, and test photos that took no
    part in it; None where there was no cross-validation."""
    found = load_cross_validation(plan.run.folder)
    if found is None:
        return None
    answers = found.report.predictions
    rest = report.predictions[~report.predictions["path"].isin(set(answers["path"]))]
    parts = dict(zip(plan.dataset.photos["path"], plan.dataset.photos["split"]))
    rows = pd.concat([answers, rest], ignore_index=True)
    return listed(rows.assign(split=rows["path"].map(parts).fillna("test")))


def suspects(dataset: Dataset, newest: Dataset, predictions: pd.DataFrame) -> pd.DataFrame:
    """Photos of a data set whose label the last check of its newest version doubts; none where nobody checked.

    `probability` is that of the model's own prediction, where that is of the class which they are more like.

    Args:
        predictions: a list of this module.
    """
    issues = load_issues(state.workspace(), newest)
    doubted = pd.Series(dtype=str)
    if issues is not None:
        doubted = issues[issues["kind"] == WRONG_LABEL].set_index("path")["proposed"].astype(str)
    rows = of_paths(dataset, list(doubted.index), predictions)
    proposed = doubted.reindex(rows["path"]).to_numpy()
    probability = rows["probability"].where(rows["predicted"].to_numpy() == proposed, np.nan)
    return rows.assign(predicted=proposed, correct=False, probability=probability, doubted=True)


def of_paths(dataset: Dataset, paths: Sequence[str], predictions: pd.DataFrame) -> pd.DataFrame:
    """Any photos of a data set, in the order that is given, with what was predicted of those that were.

    Args:
        paths: what is no photo of the data set is passed over. predictions: as of a report, or a list of this module.
    """
    known = dataset.photos.set_index("path", drop=False)
    rows = known.loc[[path for path in dict.fromkeys(paths) if path in known.index]].reset_index(drop=True)
    told = ["predicted", "correct", "probability"]
    answers = predictions.drop_duplicates("path").set_index("path").reindex(columns=told)
    return listed(rows.join(answers.reindex(rows["path"]).reset_index(drop=True)))


def listed(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a report's predictions, with `split`, as a list of this module."""
    predicted = rows["predicted"].astype(object).where(rows["predicted"].notna(), "").astype(str)
    correct = rows["correct"].astype(object).where(rows["correct"].notna(), True).astype(bool)
    made = rows.assign(
        label=rows["label"].astype(str),
        predicted=predicted,
        correct=correct,
        probability=rows["probability"].astype(float),
        doubted=False,
    )
    return made[list(COLUMNS)].reset_index(drop=True)
