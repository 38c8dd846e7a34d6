"""A project opens on another machine and goes on there: versions, undo, runs with their scores, new trainings."""

import zipfile

import numpy as np
import pytest

from tests.conftest import QUICK, finish
from tests.projects.conftest import NAME
from tlcore.api.projects import open_project, save_project
from tlcore.cleaning.planned import read_planned
from tlcore.comparison.store import list_comparisons
from tlcore.data.edit_log import read_head
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import undo
from tlcore.errors import UserError
from tlcore.evaluation.embedding import load_embedding
from tlcore.evaluation.report import load_report
from tlcore.jobs.status import job_status
from tlcore.jobs.store import create_run, list_runs
from tlcore.projects.opening import open_project as opening
from tlcore.serving.bundle import load_bundle
from tlcore.storage.usage import usage
from tlcore.worker.runner import run_job
from tlcore.workspace import open_workspace, split_version


@pytest.fixture(scope="module")
def opened(project, tmp_path_factory):
    workspace = open_workspace(tmp_path_factory.mktemp("elsewhere") / "home")
    dataset = finish(opening(workspace, project[3], visitor="somebody"))[1]
    return workspace, dataset, sorted(list_runs(workspace), key=lambda run: run.created)


def test_photos_classes_and_history_are_those_of_before(project, opened):
    (_, before, _, _), (workspace, dataset, _) = project, opened
    assert dataset.fingerprint == before.fingerprint and dataset.labels == before.labels
    assert NAME in dataset.labels and dataset.version == before.version
    for path in before.photos["path"]:
        assert dataset.read(path) == before.read(path)
    assert dataset.left_out["path"].tolist() == before.left_out["path"].tolist()
    folder = split_version(dataset.id)[0]
    for version in range(1, before.version):
        there = load_dataset(workspace, f"{folder}@{version}" if version > 1 else folder)
        here = load_dataset(project[0], f"{before.folder.name}@{version}" if version > 1 else before.folder.name)
        assert there.fingerprint == here.fingerprint, version


def test_undo_and_training_go_on(project, tmp_path):
    workspace = open_workspace(tmp_path / "home")
    dataset = open_project(project[3], workspace=workspace)
    undone = undo(workspace, dataset)
    assert undone.version == dataset.version - 1 and len(undone.photos) == len(dataset.photos) + 1
    run = create_run(workspace, undone.id, QUICK, undone.name)
    assert run_job(workspace, run).type == "finished"


def test_runs_are_there_with_their_scores_and_models(project, opened):
    (workspace, _, runs), (_, _, before, _) = opened, project
    assert len(runs) == len(before) == 2
    for there, here in zip(runs, before, strict=True):
        assert job_status(there).state == "finished" and job_status(there).predicts
        old, new = load_report(here.folder), load_report(there.folder)
        assert (new.correct, new.total, new.low, new.high) == (old.correct, old.total, old.low, old.high)
        assert np.array_equal(new.predictions["familiarity"], old.predictions["familiarity"])
        assert load_bundle(there.folder).tflite == load_bundle(here.folder).tflite
        assert load_bundle(there.folder).info["dataset"]["id"] == there.dataset_id
        assert there.config == here.config and there.visitor == "somebody"
        assert np.array_equal(load_embedding(there.folder).vectors, load_embedding(here.folder).vectors)
        assert load_dataset(workspace, there.dataset_id).fingerprint
    assert runs[1].before == runs[0].id, "which mistakes were corrected for it"
    assert read_planned(runs[1].folder) == read_planned(before[1].folder)
    (race,) = list_comparisons(workspace)
    assert race.run_ids == (runs[0].id, runs[1].id) and race.visitor == "somebody"


def test_it_belongs_to_who_opens_it_and_counts_for_what_he_may_keep(opened):
    workspace, dataset, _ = opened
    assert dataset.visitor == "somebody"
    assert usage(workspace, "somebody").photos == len(dataset.photos) + len(dataset.left_out)


def test_nothing_in_the_file_tells_where_it_lay_or_whose_it_was(project):
    workspace, dataset, _, path = project
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            for private in (str(workspace.root), str(dataset.root)):
                if not name.endswith("dataset.json"):
                    assert private.encode() not in data, name


def test_saved_again_and_opened_again_it_lies_there_twice_and_nothing_is_replaced(project, opened, tmp_path):
    workspace, dataset, runs = opened
    head = read_head(dataset.folder)
    path = save_project(dataset, tmp_path / "again.zip", workspace=workspace)
    again = open_project(path, workspace=workspace)
    assert again.id != dataset.id and again.fingerprint == dataset.fingerprint and again.visitor == ""
    assert len(list_runs(workspace)) == 2 * len(runs)
    assert read_head(dataset.folder) == head and load_dataset(workspace, dataset.id).fingerprint == dataset.fingerprint
    with pytest.raises(UserError, match="already there"):
        save_project(dataset, path, workspace=workspace)


def test_a_stop_leaves_nothing(project, tmp_path):
    workspace = open_workspace(tmp_path / "home")
    asked = iter([False] * 2 + [True] * 100)
    assert finish(opening(workspace, project[3], should_stop=lambda: next(asked)))[1] is None
    assert not [each for each in workspace.datasets.iterdir() if not each.name.endswith(".lock")]
    assert not list(workspace.runs.iterdir())
