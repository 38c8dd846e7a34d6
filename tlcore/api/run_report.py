"""The report of a model as one HTML file, and how far its score can be trusted, for a run and for a saved model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tlcore.config import TrainConfig
from tlcore.documents.facts import Facts, dataset_of, facts_in, find_limits_of, gather_facts
from tlcore.documents.report import report_html
from tlcore.errors import UserError
from tlcore.evaluation.report import Report
from tlcore.evaluation.trust import evidence_in, find_limits
from tlcore.jobs.store import JOB, Run, load_run
from tlcore.messages.trust import finding_message
from tlcore.workspace import Workspace, write_atomic

MARK = b"<!doctype html>\n"


def limits_of(folder: Path, info: Mapping[str, Any], report: Report) -> list[str]:
    """How far a score can be trusted, in sentences.

    Args:
        folder: of the run, or the folder or zip of a saved model. info: the content of its `model.json`.
        report: its figures.
    """
    found = _run(folder)
    if found is None:
        return [finding_message(each) for each in find_limits(evidence_in(info))]
    workspace, run = found
    return [finding_message(each) for each in find_limits_of(workspace, run, report, dataset_of(workspace, run))]


def write_report(folder: Path, info: Mapping[str, Any], config: TrainConfig, report: Report, target: Path) -> None:
    """Write the report; raises UserError where something else than a page is there, or the disk cannot be written."""
    if target.exists() and not _is_page(target):
        raise UserError(f"{target} already exists and is not a report.", "Use another name, such as report.html.")
    found = _run(folder)
    facts: Facts = gather_facts(*found) if found is not None else facts_in(info, config, report)
    write_atomic(target, report_html(facts).encode("utf-8", "backslashreplace"))


def _run(folder: Path) -> tuple[Workspace, Run] | None:
    """The run in a folder with its workspace; None for a saved model."""
    workspace = Workspace(folder.parent.parent)
    if not (folder / JOB).is_file() or workspace.runs != folder.parent:
        return None
    return workspace, load_run(workspace, folder.name)


def _is_page(path: Path) -> bool:
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        return file.read(len(MARK)).lower().startswith((MARK.strip(), b"<html"))
