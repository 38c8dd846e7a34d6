"""All that a report of a run tells, gathered from where it lies on disk. What is not there is None or empty."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from tlcore.advice.label_changing_flips import Flip, find_flips_to_avoid
from tlcore.advice.recommend import load_recommendation
from tlcore.analysis import shortcuts as hidden
from tlcore.analysis.learning_curve import WHAT as CURVE
from tlcore.analysis.learning_curve import LearningCurve, load_whole_curve
from tlcore.analysis.shortcuts import Shortcuts
from tlcore.analysis.test_set_results import Results, is_of, list_test_sets, load_results, title
from tlcore.cleaning.issues import WRONG_LABEL
from tlcore.cleaning.results import load_check, load_issues
from tlcore.comparison.retraining import load_before_after
from tlcore.config import TrainConfig
from tlcore.data.changes import Change
from tlcore.data.dataset_list import dataset_names
from tlcore.data.edit_log import read_log
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.split import group_keys
from tlcore.data.thumbnails import Thumbnails
from tlcore.errors import UserError
from tlcore.evaluation.before_after import BeforeAfter
from tlcore.evaluation.calibration import Calibration, load_calibration
from tlcore.evaluation.cross_validation import CrossValidation, load_cross_validation
from tlcore.evaluation.curve_warnings import find_curve_warnings
from tlcore.evaluation.curves import CurveWarning
from tlcore.evaluation.findings import Finding, TornGroups
from tlcore.evaluation.rejection import count_cost
from tlcore.evaluation.report import FAMILIARITY, Report, load_report
from tlcore.evaluation.trust import Evidence, evidence_in, find_limits
from tlcore.events import EpochEnd
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run, analysis_id, load_run, open_job
from tlcore.messages.titles import run_name
from tlcore.serving.bundle import read_info
from tlcore.workspace import Workspace

Pictures = Callable[[str], bytes | None]
"""Gives the thumbnail of a photo by its SHA-256; None where there is none."""


@dataclass(frozen=True)
class OtherTest:
    """A test on other photos: what it is called, what came of it, and its pictures."""

    name: str
    results: Results
    pictures: Pictures


@dataclass(frozen=True)
class Facts:
    """What is known of a run.

    Attributes:
        name: of the run. info: the content of its `model.json`, {} while it is not packed. config: how it was trained.
        created: Unix seconds. dataset: the version that it learned from; None where it was deleted. edits: what led to
            that version. epochs: of its training; curve_warnings: what these warn of.
        report: on its test photos; cross_validation, calibration, learning_curve: None where not made.
        others: tests on other photos of the model as it is now, the newest first.
        before_after: what corrections of its photos were worth; shortcuts: None where nobody looked, with the pictures
            that were shown to the model. flips: mirrorings that change what the photos mean.
        findings: how far the score can be trusted. pictures: of the data set's photos.
    """

    run_id: str
    name: str
    info: Mapping[str, Any]
    config: TrainConfig
    created: float
    labels: tuple[str, ...]
    dataset: Dataset | None
    report: Report | None
    findings: tuple[Finding, ...]
    edits: tuple[Change, ...] = ()
    epochs: tuple[EpochEnd, ...] = ()
    curve_warnings: tuple[CurveWarning, ...] = ()
    others: tuple[OtherTest, ...] = ()
    cross_validation: CrossValidation | None = None
    calibration: Calibration | None = None
    learning_curve: LearningCurve | None = None
    before_after: BeforeAfter | None = None
    shortcuts: Shortcuts | None = None
    shortcut_pictures: Pictures = field(default=lambda sha256: None)
    flips: tuple[Flip, ...] = ()
    pictures: Pictures = field(default=lambda sha256: None)


def gather_facts(workspace: Workspace, run: Run) -> Facts:
    """All that there is about a finished run.

    Raises:
        UserError: the run has no test figures, or its files are damaged.
    """
    report, status, dataset = load_report(run.folder), job_status(run), dataset_of(workspace, run)
    info, labels = read_info(run.folder), report.labels
    others = tuple(_others(workspace, run, info))
    counts = [] if dataset is None else _counts(dataset.part("validation"), labels)
    looked = workspace.analyses / analysis_id(run.id, hidden.WHAT)
    warnings = find_curve_warnings(status.epochs, run.config, counts, labels, True) if counts else []
    return Facts(
        run_id=run.id,
        name=run_name(run, dataset_names(workspace)),
        info=info,
        config=run.config,
        created=run.created,
        labels=labels,
        dataset=dataset,
        report=report,
        findings=tuple(find_limits(_evidence(workspace, run, dataset, report, info, others))),
        edits=() if dataset is None else _edits(dataset),
        epochs=status.epochs,
        curve_warnings=tuple(warnings),
        others=others,
        cross_validation=load_cross_validation(run.folder),
        calibration=load_calibration(run.folder),
        learning_curve=load_whole_curve(workspace.analyses / analysis_id(run.id, CURVE)),
        before_after=_before_after(workspace, run),
        shortcuts=hidden.load_shortcuts(looked),
        shortcut_pictures=Thumbnails(looked).read,
        flips=_flips(workspace, run, labels),
        pictures=(lambda sha256: None) if dataset is None else dataset.thumbnails.read,
    )


def facts_in(info: Mapping[str, Any], config: TrainConfig, report: Report) -> Facts:
    """What a saved model brings along, without its run: no photos, no curves.

    Args:
        info: the content of its `model.json`, which anybody may have written. report: the figures in there.
    """
    dataset = info.get("dataset")
    name = dataset.get("name") if isinstance(dataset, Mapping) else None
    return Facts(
        run_id=str(info.get("run") or ""),
        name=str(name or info.get("name") or "Model"),
        info=info,
        config=config,
        created=0.0,
        labels=report.labels,
        dataset=None,
        report=report,
        findings=tuple(find_limits(evidence_in(info))),
    )


def find_limits_of(workspace: Workspace, run: Run, report: Report, dataset: Dataset | None) -> list[Finding]:
    """How far the score of a run can be trusted, by all that was found out until now.

    Args:
        dataset: that it learned from; None where it is gone.
    """
    info = read_info(run.folder)
    return find_limits(_evidence(workspace, run, dataset, report, info, tuple(_others(workspace, run, info))))


def _evidence(
    workspace: Workspace,
    run: Run,
    dataset: Dataset | None,
    report: Report,
    info: Mapping[str, Any],
    others: tuple[OtherTest, ...],
) -> Evidence:
    tests = [(each.name, each.results) for each in others if not each.results.num_learned]
    tested = dict(zip(report.labels, (int(number) for number in report.per_class["support"])))
    evidence, cross = evidence_in(info), load_cross_validation(run.folder)
    return Evidence(
        test=(report.correct, report.total),
        test_groups=() if dataset is None else _group_sizes(dataset.part("test")),
        tested=tested,
        photos={} if dataset is None else dict(zip(report.labels, _counts(dataset.photos, report.labels))),
        cross_validation=evidence.cross_validation if cross is None else (cross.correct, cross.total, *cross.interval),
        others=[(name, (found.report.correct, found.report.total)) for name, found in tests if found.report],
        rejected=[(name, answered) for name, found in tests if (answered := _rejected(found)) is not None],
        near_copies=None if dataset is None else _near_copies(workspace, dataset),
        honest=None if dataset is None else find_torn_groups(workspace, dataset),
        wrong_labels=None if dataset is None else _wrong_labels(workspace, dataset),
        kept=evidence.kept,
        refit=evidence.refit,
    )


def _before_after(workspace: Workspace, run: Run) -> BeforeAfter | None:
    """What corrections were worth, where the earlier run is of the same visitor: else it is not this one's to see."""
    try:
        same = bool(run.before) and load_run(workspace, run.before).visitor == run.visitor
    except UserError:
        return None
    return load_before_after(workspace, run) if same else None


def _flips(workspace: Workspace, run: Run, labels: tuple[str, ...]) -> tuple[Flip, ...]:
    """Mirrorings that change what the photos mean: as the recommendation measured it, else by the names."""
    found = None
    with suppress(UserError):
        found = load_recommendation(open_job(workspace.recommendations / run.dataset_id))
    return tuple(find_flips_to_avoid(labels, found.label_changing_flips if found else ()))


def dataset_of(workspace: Workspace, run: Run) -> Dataset | None:
    """The data set that a run learned from, None where it is gone."""
    try:
        return load_dataset(workspace, run.dataset_id)
    except UserError:
        return None


def _edits(dataset: Dataset) -> tuple[Change, ...]:
    return tuple(entry.change for entry in read_log(dataset.folder).chain(dataset.version))


def _counts(photos: pd.DataFrame, labels: tuple[str, ...]) -> list[int]:
    numbers = photos["label"].value_counts()
    return [int(numbers.get(label, 0)) for label in labels]


def _others(workspace: Workspace, run: Run, info: Mapping[str, Any]) -> list[OtherTest]:
    found: list[tuple[Job, Results | None]] = [(job, load_results(job)) for job in list_test_sets(workspace, run)]
    return [
        OtherTest(title(job), results, Thumbnails(job.folder).read)
        for job, results in found
        if results is not None and is_of(results, info)
    ]


def _near_copies(workspace: Workspace, dataset: Dataset) -> int | None:
    """Test photos that hang together with a photo of another part; None where nobody checked."""
    check = load_check(workspace, dataset)
    if check is None:
        return None
    photos = check.photos.dropna(subset="group").merge(
        dataset.photos[["path", "sha256", "split"]], on=["path", "sha256"]
    )
    learned = set(photos["group"][photos["split"] != "test"])
    return int((photos["split"].eq("test") & photos["group"].isin(learned)).sum())


def find_torn_groups(workspace: Workspace, dataset: Dataset) -> TornGroups | None:
    """What keeping groups together would change most, as a check of the data set found.

    None where nobody checked, some are kept together, or it makes no difference beyond chance.
    """
    check = load_check(workspace, dataset)
    if check is None or ("group" in dataset.photos and dataset.photos["group"].notna().any()):
        return None
    worse = [each for each in check.worth if each.matters]
    worst = min(worse, key=lambda each: each.honest, default=None)
    return None if worst is None else TornGroups(worst.at_random, worst.honest, *worst.honest_interval)


def _group_sizes(rows: pd.DataFrame) -> list[int]:
    """How many of some photos are in each group of those that belong together."""
    return [int(size) for size in group_keys(rows).value_counts()]


def _rejected(results: Results) -> tuple[int, int] | None:
    """Of the photos of its classes, how many got "none of these"; None where it answers every photo."""
    if results.report is None or not results.threshold or FAMILIARITY not in results.report.predictions:
        return None
    rows = results.report.predictions
    cost = count_cost(rows[FAMILIARITY].to_numpy(np.float32), rows["correct"].to_numpy(bool), results.threshold)
    return cost.total - cost.answered, cost.total


def _wrong_labels(workspace: Workspace, dataset: Dataset) -> int | None:
    issues = load_issues(workspace, dataset)
    return None if issues is None else int((issues["kind"] == WRONG_LABEL).sum())
