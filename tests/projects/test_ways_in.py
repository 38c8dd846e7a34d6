"""A project is recognised wherever photos come in: among uploads, as a path, in the terminal, in Python."""

import json

import pytest

from tlcore.api.datasets import load_dataset
from tlcore.api.model import load_model
from tlcore.cli.main import main
from tlcore.data import incoming
from tlcore.data.manifest import load_dataset as load
from tlcore.errors import UserError
from tlcore.jobs.store import ImportSpec, create_import, list_runs
from tlcore.projects.file import is_project, preview_project
from tlcore.projects.uploaded import project_to_open
from tlcore.worker.runner import run_job


def test_an_upload_that_is_a_project_is_opened_for_who_sent_it(project, workspace):
    area = incoming.new_incoming(workspace, "v1")
    incoming.add_file(workspace, area, "mine.zip", project[3].read_bytes(), None)
    job = create_import(workspace, ImportSpec("incoming", area, "mine"), "v1")
    last = run_job(workspace, job)
    assert last.type == "finished", last
    dataset = load(workspace, last.result)
    assert dataset.fingerprint == project[1].fingerprint and dataset.visitor == "v1"
    assert {run.visitor for run in list_runs(workspace)} == {"v1"}


@pytest.mark.parametrize("among", ["other uploads", "another data set"])
def test_it_is_no_photos_to_be_added(among, project, workspace):
    area = incoming.new_incoming(workspace)
    incoming.add_file(workspace, area, "mine.zip", project[3].read_bytes()[:200], None)
    if among == "other uploads":
        incoming.add_file(workspace, area, "cat.jpg", b"x", "cats")
    spec = ImportSpec("incoming", area, "mine", base="emoji-1" if among == "another data set" else None)
    with pytest.raises(UserError, match="is a project"):
        project_to_open(workspace, spec)


def test_what_waits_is_told_before_it_is_opened(project, tmp_path):
    head = preview_project(project[3])
    assert head is not None and (head.name, len(head.runs)) == ("shapes", 2)
    assert head.num_photos == len(project[1].photos) == 35, "one was left out"
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04" + bytes(26) + b"project.json")
    assert is_project(tmp_path / "no.zip") and preview_project(tmp_path / "no.zip") is None


def test_the_terminal_saves_and_opens_it(project, workspace, capsys, tmp_path):
    path, home = str(tmp_path / "take.zip"), str(project[0].root)
    assert main(["export", project[1].id, "--to", "project", path, "--workspace", home]) == 0
    assert main(["open", path, "--json", "--workspace", str(workspace.root)]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(told["runs"]) == 2 and load(workspace, told["dataset"]).fingerprint == project[1].fingerprint
    assert main(["open", __file__, "--workspace", str(workspace.root)]) == 2
    assert "no project" in capsys.readouterr().err


def test_what_is_exported_of_a_run_is_the_project(project, workspace):
    home, dataset, runs, _ = project
    made = load_model(runs[1].id, workspace=home).export("project", workspace.root / "take.zip")
    assert made.check.photos == 5 and made.check.largest_difference == 0
    head = preview_project(made.path)
    assert head is not None and head.runs == tuple(run.id for run in runs)
    assert load_dataset(made.path, workspace=workspace).fingerprint == dataset.fingerprint, "which opens it"
