"""Networks that people have brought travel with a project: the same ones arrive, checked, and their runs go on."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

import tlcore
from tests.conftest import finish
from tests.networks.small import SIDE, small_tflite
from tests.projects.test_hostile_projects import in_json, written
from tests.small import write_small_folder
from tlcore.config import SEVERAL
from tlcore.data.allowance import Allowance
from tlcore.errors import UserError
from tlcore.jobs.store import list_runs
from tlcore.models.backbones import find_backbone
from tlcore.models.imported.stored import NOTE, list_networks
from tlcore.projects.carried_networks import content_digest
from tlcore.projects.opening import open_project as opening
from tlcore.projects.saving import network_bytes, save_project
from tlcore.serving.bundle import load_bundle, read_info
from tlcore.storage.usage import usage
from tlcore.workspace import open_workspace

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
QUICK = {"epochs": 3, "image_size": SIDE, "cross_validation": "never", "progress": False}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A workspace with a run on two added networks side by side, of the same title."""
    place = tmp_path_factory.mktemp("made")
    workspace = open_workspace(place / "home")
    (place / "leaf.tflite").write_bytes(small_tflite(scaled=False))
    lite = tlcore.add_backbone(place / "leaf.tflite", scaling="-1..1", workspace=workspace, progress=False)
    other = tlcore.add_backbone(place / "leaf.tflite", name="leaf", scaling="0..1", workspace=workspace, progress=False)
    data = tlcore.load_dataset(write_small_folder(place / "photos", 8), workspace=workspace, progress=False)
    tlcore.train(data, backbone=f"{lite.name}+{other.name}", workspace=workspace, **QUICK)
    path = place / "project.zip"
    assert finish(save_project(workspace, data, path))[1]
    return workspace, data, path


@pytest.fixture(scope="module")
def opened(made, tmp_path_factory):
    workspace = open_workspace(tmp_path_factory.mktemp("elsewhere") / "home")
    return workspace, finish(opening(workspace, made[2], visitor="somebody"))[1]


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_each_network_is_there_once_and_belongs_to_who_opened_it(made, opened):
    workspace, dataset = opened
    before, networks = list_networks(made[0]), list_networks(workspace)
    assert {each.visitor for each in networks} == {"somebody"} and len(networks) == len(before) == 2
    assert not {each.id for each in networks} & {each.id for each in before}, "an id says whose a network is"
    digests = [sorted(_digest(each) for each in some) for some in (before, networks)]
    assert digests[0] == digests[1] and len(set(digests[0])) == 2
    assert sum(name.endswith(NOTE) for name in members_of(made[2])) == 2
    assert usage(workspace, "somebody").networks == 2
    assert usage(workspace, "somebody").bytes >= network_bytes(workspace, dataset) > 10_000
    titles = sorted(each.spec.title for each in before)
    assert sorted(each.spec.title for each in networks) == titles and not dataset.notes


def _digest(network) -> str:
    form = network.spec.imported.form
    return content_digest(form, network.folder / f"network.{form}")


def test_runs_predict_train_further_and_export_there(made, opened, tmp_path):
    workspace, _ = opened
    for run in list_runs(workspace):
        spec = find_backbone(run.config.backbone, workspace)
        assert spec.name == run.config.backbone, "networks side by side are in the order that their head knows"
        info = read_info(run.folder)
        assert (
            info["config"]["backbone"]
            == spec.name
            == SEVERAL.join(each["name"] for each in info.get("backbones", [info["backbone"]]))
        )
        model = tlcore.load_model(run.id, workspace=workspace)
        photo = np.full((40, 40, 3), 90, np.uint8)
        assert (
            load_bundle(run.folder).tflite in {load_bundle(each.folder).tflite for each in list_runs(made[0])}
            and model.predict(photo).label
        )
        model.export("python", tmp_path / "model.zip")  # holds its answers against those of the model
        again = tlcore.train(
            run.dataset_id, workspace=workspace, progress=False, **{**run.config.to_dict(), "epochs": 2}
        )
        assert again.report.total == model.report.total


def test_who_has_a_network_already_gets_no_second_one(made, opened, tmp_path):
    workspace, dataset = opened
    there = {each.id: each.created for each in list_networks(workspace)}
    finish(opening(workspace, made[2], visitor="somebody"))
    assert {each.id: each.created for each in list_networks(workspace)} == there
    back = tmp_path / "back.zip"
    assert finish(save_project(workspace, dataset, back))[1]
    home = {each.id for each in list_networks(made[0])}
    finish(opening(made[0], back))
    assert {each.id for each in list_networks(made[0])} == home, "those that came back are the ones that left"


def test_without_its_networks_a_project_says_what_is_missing(made, tmp_path):
    path = tmp_path / "small.zip"
    assert finish(save_project(made[0], made[1], path, networks=False))[1]
    assert json.loads(members_of(path)["project.json"])["version"] == 1, "earlier programs open it too"
    workspace = open_workspace(tmp_path / "home")
    dataset = tlcore.open_project(path, workspace=workspace, progress=False)
    (note,) = dataset.notes
    assert "“leaf” are not in this project file" in note and "add them on the Train page" in note
    for run in list_runs(workspace):
        assert tlcore.load_model(run.id, workspace=workspace).predict(np.zeros((40, 40, 3), np.uint8)).label
        with pytest.raises(UserError, match="no network"):
            tlcore.train(run.dataset_id, workspace=workspace, progress=False, **run.config.to_dict())


def of(members: dict[str, bytes], end: str) -> str:
    return next(name for name in sorted(members) if name.startswith("networks/") and name.endswith(end))


HOSTILE = [
    ("another kind of file", lambda m: m.update({of(m, ".tflite"): b"PK\x03\x04" + bytes(99)}), "can’t be used"),
    ("cut off", lambda m: m.update({of(m, ".tflite"): m[of(m, ".tflite")][:3000]}), "can’t be used|damaged"),
    ("no file", lambda m: m.pop(of(m, ".tflite")), "damaged"),
    ("no facts", lambda m: m.pop(of(m, NOTE)), "damaged"),
    ("a program", lambda m: m.update({"networks/x/network.py": b"x"}), "no project contains"),
    ("a path", lambda m: in_json(m, of(m, NOTE), lambda v: v.update(form="../../x")), "damaged"),
    ("another output", lambda m: in_json(m, of(m, NOTE), lambda v: v.update(embedding="x")), "can’t be used"),
    ("a network that no run has", lambda m: in_json(m, "project.json", lambda v: v.update(networks={})), "damaged"),
    ("a title that is none", lambda m: in_json(m, of(m, NOTE), lambda v: v.update(title=7)), "damaged"),
]


@pytest.mark.parametrize(("change", "said"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_a_network_that_was_tampered_with_is_refused_and_nothing_stays(made, tmp_path, change, said):
    members = members_of(made[2])
    change(members)
    workspace = open_workspace(tmp_path / "home")
    with pytest.raises(UserError, match=said):
        finish(opening(workspace, written(members, tmp_path / "bad.zip")))
    left = [*workspace.datasets.glob("*[!k]"), *workspace.networks.glob("*"), *workspace.runs.iterdir()]
    assert not left


def test_networks_count_for_what_somebody_may_bring_in(made, tmp_path):
    workspace = open_workspace(tmp_path / "home")
    with zipfile.ZipFile(made[2]) as archive:
        without = sum(each.file_size for each in archive.infolist() if not each.filename.startswith("networks/"))
    with pytest.raises(UserError, match="MB"):
        finish(opening(workspace, made[2], "somebody", Allowance(bytes=without + 1000, bytes_allowed=without + 1000)))
