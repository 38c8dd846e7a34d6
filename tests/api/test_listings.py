"""The lists: one plain value each, that pandas makes a table of."""

import pandas as pd
import pytest

import tlcore
from tests.conftest import copy_of
from tlcore.config import defaults_for
from tlcore.jobs.store import create_run
from tlcore.workspace import read_json, write_json


@pytest.fixture
def trained(trained, tmp_path):
    """The one finished run, without what other tests have added."""
    return copy_of(trained, tmp_path / "trained")


def test_backbones_with_what_one_chooses_by():
    first, *others = tlcore.list_backbones()
    assert first.name == "efficientnet-lite0" and first.present and first.download_bytes == 0
    vgg16 = next(each for each in others if each.name == "vgg16")
    assert (vgg16.image_size, vgg16.feature_size, vgg16.blocks[0]) == (224, 512, "block5")
    assert 0.6 < vgg16.imagenet_top1 < 0.8 and vgg16.download_bytes > 50e6
    assert len(repr(vgg16)) < 500, "a list of them is still read by people"
    table = pd.DataFrame(tlcore.list_backbones())
    assert {"name", "parameters", "imagenet_top1", "licence"} <= set(table.columns) and len(table) == len(others) + 1


def test_samples():
    assert [sample.key for sample in tlcore.list_samples() if not sample.download_bytes] == ["emoji", "digits"]


def test_runs_and_datasets_of_a_workspace(trained):
    workspace, dataset, run = trained
    [found] = tlcore.list_runs(workspace)
    assert (found.id, found.dataset_id, found.strategy, found.total) == (run.id, dataset.id, "feature-extraction", 6)
    assert found.accuracy == found.correct / 6 and found.state == "finished" and found.folder == run.folder
    [data] = tlcore.list_datasets(workspace.root)
    assert (data.id, data.num_photos, data.labels) == (dataset.id, 36, dataset.labels)


def test_a_run_that_has_no_figures_yet_and_an_empty_workspace(workspace):
    assert tlcore.list_runs(workspace) == [] == tlcore.list_datasets(workspace)
    create_run(workspace, "none", defaults_for("hybrid"), "x")
    [run] = tlcore.list_runs(workspace)
    assert run.state == "interrupted" and run.accuracy is run.correct is run.total is None


def test_a_run_of_another_version_is_listed_too(workspace):
    run = create_run(workspace, "none", defaults_for("hybrid"), "x")
    values = read_json(run.folder / "job.json")
    values["spec"]["config"]["strategy"] = "lora"
    write_json(run.folder / "job.json", values)
    assert [each.strategy for each in tlcore.list_runs(workspace)] == ["lora"]


def test_a_workspace_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(tlcore.UserError, match="can’t be written to"):
        tlcore.list_runs(tmp_path / "file")
