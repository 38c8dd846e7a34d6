"""A project that was saved: a data set with edits, two versions that runs learned from, and a planned correction."""

from pathlib import Path

import pytest

from tests.conftest import QUICK, copy_of, finish
from tlcore.cleaning.planned import plan
from tlcore.comparison.store import FOLDER, NOTE
from tlcore.data import edits
from tlcore.data.corrections import Correction
from tlcore.data.manifest import Dataset
from tlcore.jobs.store import Run, create_run
from tlcore.projects.saving import save_project
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace, write_json

NAME = "Formen & <b>mehr</b>"


@pytest.fixture(scope="package")
def project(trained, tmp_path_factory) -> tuple[Workspace, Dataset, list[Run], Path]:
    """The workspace where it was made, its data set in the current version, its runs, and the file."""
    workspace, first, run = copy_of(trained, tmp_path_factory.mktemp("made") / "home")
    renamed = edits.rename_class(workspace, first, first.labels[0], NAME)
    turned = edits.rotate(workspace, renamed, [renamed.photos["path"].iloc[0]], 90)
    left = edits.leave_out(workspace, turned, [turned.photos["path"].iloc[5]])
    second = create_run(workspace, left.id, QUICK, left.name, before=run.id)
    assert run_job(workspace, second).type == "finished"
    plan(second.folder, [Correction(left.photos["path"].iloc[1], NAME, "square")])
    race = workspace.root / FOLDER / "20260101-1200-0123456789abcdef"
    race.mkdir(parents=True)
    note = {"name": "Two", "created": 1.7e9, "dataset": first.id, "runs": [run.id, second.id], "visitor": ""}
    write_json(race / NOTE, note)
    path = tmp_path_factory.mktemp("saved") / "shapes-project.zip"
    assert finish(save_project(workspace, left, path))[1]
    return workspace, left, [run, second], path
