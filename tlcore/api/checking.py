"""Looking for photos to correct or leave out, and splitting by what belongs together."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from tlcore.api.arguments import WorkspaceLike
from tlcore.api.datasets import DataLike, take_dataset
from tlcore.api.progress_bars import showing
from tlcore.cleaning.belonging import groups_to_keep
from tlcore.cleaning.groups import ALIKE
from tlcore.cleaning.results import (
    SplitWorth,
    is_current,
    lineage_id,
    load_check,
    load_issues,
    load_measures,
)
from tlcore.data.edits import set_groups
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.events import Event, Failed, Stopped
from tlcore.jobs.attempts import reset
from tlcore.jobs.places import has_begun
from tlcore.jobs.status import job_status
from tlcore.jobs.store import check_job
from tlcore.worker.interrupt import stopping_listener, stopping_on_signals
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace


@dataclass(frozen=True, eq=False)
class CheckResult:
    """What a check of photos found.

    Attributes:
        issues: a row an issue, the surest of each kind first: kind ("wrong label", "two classes", "copy", "burst",
            "blurred", "dark", "burnt out", "tiny", "empty"), path, other (the path of its pair's second photo, else
            ""), label, proposed (the class that it should have, else ""), score (0–1), reason.
        measures: by path: doubt, similarity, sharpness, brightness, each 0–1.
        splits: what keeping groups of photos on one side of the split changes, a `SplitWorth` a grouping.
    """

    issues: pd.DataFrame
    measures: pd.DataFrame
    splits: tuple[SplitWorth, ...]


def find_issues(
    data: DataLike,
    *,
    workspace: WorkspaceLike = None,
    progress: bool | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> CheckResult:
    """Look for wrong labels, copies and bursts, poor photos, and what belongs together. Needs no TensorFlow.

    What was found before is given at once where the photos have not changed since; the pages show it too. Issues that
    somebody chose to keep there are not in it.

    Args:
        data: a `Dataset`, or what `load_dataset` takes.
        workspace, progress, on_event: as for `load_dataset`.

    Raises:
        UserError: the photos cannot be used, one is gone or has changed, or a check of them is at work.
        KeyboardInterrupt: it was stopped; the features computed until then are kept.
    """
    with showing(progress, on_event) as show:
        place, dataset = take_dataset(data, workspace, 0, show)
        check = load_check(place, dataset)
        if check is None or not is_current(check, dataset):
            _check(place, dataset, show)
    check, issues, measures = load_check(place, dataset), load_issues(place, dataset), load_measures(place, dataset)
    assert check is not None and issues is not None and measures is not None  # it was saved just now
    return CheckResult(issues.copy(), measures, check.worth)


def split_by(
    data: DataLike,
    by: str = ALIKE,
    *,
    seed: int = 0,
    workspace: WorkspaceLike = None,
    progress: bool | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> Dataset:
    """Split photos again so that those that belong together are on one side; copies and bursts always are.

    Args:
        data: a `Dataset`, or what `load_dataset` takes. Runs keep it as it is: a newer version of it is made.
        by: what belongs together, a key of `CheckResult.splits`: "alike" (copies and bursts), the name of a column of
            the table that was beside the photos ("site"), "folder:2" (the second
            folder of the path), "name:1" (the first part of the file name, between _ - . and spaces), "name:1-2" (its
            first two parts), or "number" (the file name up to the end of its first number).
        seed: decides which group goes where.
        workspace, progress, on_event: as for `load_dataset`.

    Raises:
        UserError: there is no such grouping, a class has fewer than three groups; and what `find_issues` raises.
    """
    with showing(progress, on_event) as show:
        place, dataset = take_dataset(data, workspace, 0, show)
    find_issues(dataset, progress=progress, on_event=on_event)
    return set_groups(place, dataset, groups_to_keep(dataset, load_check(place, dataset), by), True, seed)


def _check(workspace: Workspace, dataset: Dataset, on_event: Callable[[Event], object]) -> None:
    """Do the check of a data set's newest version in this process."""
    job = check_job(workspace, lineage_id(dataset), dataset.visitor)
    if job_status(job).active:
        raise UserError(f"A check of {dataset.name} is waiting or in progress.", "Wait until it has ended, or stop it.")
    if has_begun(job):
        reset(job)
    bugs: list[Exception] = []
    with stopping_on_signals(job):
        last = run_job(workspace, job, stopping_listener(job, on_event), bugs.append)
    if isinstance(last, Stopped):
        raise KeyboardInterrupt(last.kept)
    if isinstance(last, Failed) and bugs:
        raise bugs[0]
    if isinstance(last, Failed):
        raise UserError(last.what, last.fix)
