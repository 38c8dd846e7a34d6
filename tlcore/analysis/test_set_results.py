"""What came of testing a model on other photos, on disk: analyses/<run>-test-set-…/

test-set.json           of which model it is, how many of the photos it learned from, and the checksums of the others
report.json             the figures, where the photos have classes (evaluation/report.py)
predictions.parquet     a row a photo; without classes also what another run predicts
unknown.parquet         a row a photo of the folder "none", which counts in no figure
files.parquet           what was left out, changed or guessed
thumbnails.*            small pictures of some photos; no photo is kept

The folder is that of the job, and goes with it.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from tlcore.checksums import file_checksum
from tlcore.data.parquet import read_parquet, to_parquet
from tlcore.data.thumbnails import Thumbnails, ThumbnailWriter
from tlcore.errors import UserError
from tlcore.evaluation.report import PREDICTIONS, Report, load_report, save_familiarity, save_report
from tlcore.jobs.store import Job, Run, list_jobs
from tlcore.serving.bundle import network_checksum
from tlcore.workspace import Workspace, read_json, write_atomic, write_json

WHAT = "test-set"
"""The `what` of such jobs."""

NOTE, FILES, UNKNOWN = "test-set.json", "files.parquet", "unknown.parquet"
MOST_KEPT = 300
"""Photos of which a thumbnail is kept: mistakes first, then those that the model is least certain of."""


@dataclass(frozen=True)
class Results:
    """A test on other photos.

    Attributes:
        model: the SHA-256 (hex) of the network's file that was tested.
        predictions: a row a photo, see `Scored.predictions`; with `other` and `other_probability` where another run
            predicted them too.
        report: the figures; None where the photos have no classes.
        files: path, what, reason. num_learned: photos that the run had seen in training.
        other: the id of that other run, "" for none. created: Unix seconds.
        threshold: the familiarity below which the model says "none of these"; 0 where it answers every photo.
    """

    model: str
    predictions: pd.DataFrame
    report: Report | None
    files: pd.DataFrame
    num_learned: int = 0
    other: str = ""
    created: float = 0.0
    threshold: float = 0.0


def list_test_sets(workspace: Workspace, run: Run) -> list[Job]:
    """The tests of a run on other photos, newest first, also those under way and those that failed."""
    jobs = list_jobs(workspace.analyses)
    return [job for job in jobs if job.spec.get("run") == run.id and job.spec.get("what") == WHAT]


def title(job: Job) -> str:
    """What a test set is called."""
    return str(job.spec["options"].get("name") or "Photos")


def by_interest(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows that a person wants to see first: mistakes, the most confident first, then the least certain photos.

    Without classes: those first that are none of these, then the least certain.
    """
    if "correct" not in predictions:
        known = predictions["known"] if "known" in predictions else pd.Series(True, index=predictions.index)
        order = predictions.assign(_known=known).sort_values(["_known", "probability"], kind="stable").index
        return predictions.loc[order]
    interest = predictions["probability"].where(~predictions["correct"], -predictions["probability"])
    return predictions.loc[interest.sort_values(ascending=False, kind="stable").index]


def disagreements(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows for which another run predicts another class; none where no other run predicted them."""
    if "other" not in predictions:
        return predictions.iloc[:0]
    return predictions[predictions["other"] != predictions["predicted"]]


def predictions_table(predictions: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """The predictions of photos without a class for a spreadsheet: the heads of its columns, and its rows."""
    columns = {"path": "File", "predicted": "Predicted", "probability": "Probability", "other": "Other run"}
    there = [name for name in columns if name in predictions]
    rows = by_interest(predictions)[there].assign(probability=lambda rows: rows["probability"].map("{:.4f}".format))
    return [columns[name] for name in there], rows.astype(str).to_numpy().tolist()


def save_results(folder: Path, results: Results, pictures: Thumbnails) -> None:
    """Write what came of a test into its job's folder; `test-set.json` comes last.

    Args:
        pictures: the thumbnails of all photos.

    Raises:
        UserError: the disk is full.
    """
    (folder / NOTE).unlink(missing_ok=True)
    files = {FILES: to_parquet(results.files)}
    if results.report is not None:
        save_report(folder, results.report)
        save_familiarity(folder, results.report)
        files[UNKNOWN] = to_parquet(results.report.unknown)
    else:
        files[PREDICTIONS] = to_parquet(results.predictions)
    for name, data in files.items():
        write_atomic(folder / name, data)
    with ThumbnailWriter(folder) as writer:
        for sha256 in by_interest(results.predictions)["sha256"].drop_duplicates().head(MOST_KEPT):
            if picture := pictures.read(sha256):
                writer.add(sha256, picture)
    values = {
        "model": results.model,
        "created": time.time(),
        "labelled": results.report is not None,
        "num_learned": results.num_learned,
        "other": results.other,
        "threshold": results.threshold,
        "files": {name: file_checksum(data) for name, data in files.items()},
    }
    write_json(folder / NOTE, values)


def load_results(job: Job) -> Results | None:
    """What came of a test; None while there is nothing, or where its files are damaged."""
    try:
        return _load(job.folder, (job.folder / NOTE).stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=16)
def _load(folder: Path, _written: int) -> Results | None:
    try:
        values: Mapping[str, Any] = read_json(folder / NOTE)
        report = load_report(folder) if values["labelled"] else None
        if report is not None:
            report = replace(report, unknown=read_parquet(folder / UNKNOWN, values))
        predictions = report.predictions if report is not None else read_parquet(folder / PREDICTIONS, values)
        return Results(
            str(values["model"]),
            predictions,
            report,
            read_parquet(folder / FILES, values),
            int(values["num_learned"]),
            str(values["other"]),
            float(values["created"]),
            float(values["threshold"]),
        )
    except (UserError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def is_of(results: Results, info: Mapping[str, Any]) -> bool:
    """Whether a test is of the model that `model.json` describes: a run that was started again has another one."""
    return bool(results.model) and results.model == network_checksum(info).get("sha256")
