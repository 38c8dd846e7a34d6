"""Several frozen networks at once: cached each by itself, tested and shipped as one, and explained like one."""

import dataclasses
import json

import numpy as np
import pytest

from tests import second_network
from tests.conftest import QUICK, finish
from tests.second_network import SHIFT, TOGETHER
from tlcore.config import TrainConfig
from tlcore.data.images import load_input
from tlcore.data.ingest import ingest_folder
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.errors import UserError
from tlcore.evaluation.embedding import load_embedding
from tlcore.events import Failed, Finished, Planned, Progress
from tlcore.features.extract import Photo, Request, feature_kind
from tlcore.features.joined import extract_pooled, num_lacking, open_pooled
from tlcore.features.store import FeatureStore
from tlcore.features.views import ViewedStore
from tlcore.jobs.event_log import read_events
from tlcore.jobs.store import create_run
from tlcore.models.backbones import find_backbone, known_title
from tlcore.models.build import build_backbone
from tlcore.models.frozen_files import POOLED
from tlcore.models.litert_runtime import LiteModel
from tlcore.models.open_backbone import open_backbone
from tlcore.models.registry import BUILT_IN
from tlcore.models.spec import ImportedFiles
from tlcore.pipeline.estimate import estimate_seconds
from tlcore.serving.bundle import load_bundle
from tlcore.serving.evidence import Method, relative_logits
from tlcore.serving.explain import Explainer
from tlcore.serving.predict import OUTPUT
from tlcore.worker.runner import run_job
from tlcore.workspace import open_workspace

SIZE = 96
CONFIG = dataclasses.replace(QUICK, backbone=TOGETHER)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder for what all tests share, and the second network in the table."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        folder = tmp_path_factory.mktemp("several")
        second_network.register(folder / "network", monkeypatch)
        yield folder


@pytest.fixture(scope="module")
def ran(home, small_folder):
    """A data set, the run of the built-in network alone, and then that of both."""
    workspace = open_workspace(home / "home")
    dataset = finish(ingest_folder(workspace, small_folder))[1]
    runs = []
    for config in (QUICK, CONFIG):
        runs.append(create_run(workspace, dataset.id, config, dataset.name))
        last = run_job(workspace, runs[-1])
        assert isinstance(last, Finished), last
    return workspace, dataset, *runs


def photos_of(dataset) -> list[Photo]:
    return [Photo(*row) for row in dataset.photos[["sha256", "path"]].itertuples(index=False)]


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@pytest.mark.parametrize(
    ("name", "expected", "reason"),
    [
        ("mobilenet-v2+efficientnet-lite0", "efficientnet-lite0+mobilenet-v2", "the order does not matter"),
        (" resnet50 + mobilenet-v2 ", "mobilenet-v2+resnet50", "nor do spaces"),
        ("vgg16+resnet50+inception-v3", "inception-v3+resnet50+vgg16", "three"),
    ],
)
def test_a_row_for_several(name, expected, reason, workspace):
    spec = find_backbone(name, workspace)
    assert spec.name == expected, reason
    assert spec.title == known_title(expected) == " + ".join(each.title for each in spec.members)
    for field in ("feature_size", "parameters", "num_weights", "download_bytes"):
        assert getattr(spec, field) == sum(getattr(each, field) for each in spec.members), field
    assert spec.default_image_size == max(each.default_image_size for each in spec.members), "one size for all"
    assert not spec.can_unfreeze and not spec.built_in and spec.is_downloaded


@pytest.mark.parametrize(
    ("name", "message", "reason"),
    [
        ("vgg16+vgg16", "VGG16 is named twice", "the same one adds nothing"),
        ("vgg16+vgg19+resnet50+xception", "4 networks can’t be used together", "too many"),
        ("vgg16+", "no network “”", "a name is missing"),
        ("vgg16+nothing", "no network “nothing”", "an unknown one"),
        ("+", "no network “”", "nothing at all"),
        ("vgg16+small-only", "no image size in common", "one that takes small images only"),
        ("vgg16+other-form", "is an ONNX network", "the model file holds LiteRT networks"),
        ("+".join(["vgg16"] * 5000), "is named twice", "a very long one"),
    ],
)
def test_networks_that_cannot_be_used_together(name, message, reason, workspace, monkeypatch):
    small = dataclasses.replace(BUILT_IN, name="small-only", least_image_size=16, most_image_size=16)
    second_network.add(small, monkeypatch)
    form = ImportedFiles("onnx", workspace.root, "features")
    second_network.add(dataclasses.replace(BUILT_IN, name="other-form", asset="", imported=form), monkeypatch)
    with pytest.raises(UserError, match=message):
        find_backbone(name, workspace)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"strategy": "hybrid"}, "stay frozen, so hybrid can’t"),
        ({"strategy": "fine-tuning"}, "so fine-tuning can’t"),
        ({"strategy": "scratch"}, "so from scratch can’t"),
        ({"head": "flatten"}, "need the pooling head"),
    ],
)
def test_what_is_only_for_a_single_network(values, message):
    with pytest.raises(UserError, match=message):
        TrainConfig(backbone=TOGETHER, **values)


def test_what_was_cached_of_one_network_serves_both(ran):
    workspace, dataset, alone, both = ran
    [planned] = [event for event in read_events(both) if isinstance(event, Planned)]
    stage = next(each for each in planned.stages if each.key == "extract_features")
    number = len(dataset.photos)
    assert (stage.total, stage.cached) == (number, number // 2), "half of the work was on disk"
    done = [event.done for event in read_events(both) if isinstance(event, Progress) and event.stage == stage.key]
    assert done == sorted(done) and done[0] >= stage.cached and done[-1] == number
    folders = sorted(path.name for path in workspace.features.iterdir())
    assert len(folders) == 2 and not any("+" in name for name in folders), "nothing is stored of the pair"


def test_a_second_run_computes_nothing(ran):
    workspace, dataset, _, both = ran
    again = create_run(workspace, dataset.id, CONFIG, "again")
    assert isinstance(run_job(workspace, again), Finished)
    assert not [e for e in read_events(again) if isinstance(e, Progress) and e.stage == "extract_features"]
    low, high = estimate_seconds(workspace, dataset, CONFIG)
    assert 0 < low < high


def test_the_features_are_those_of_each_side_by_side(ran):
    workspace, dataset, *_ = ran
    photos, spec = photos_of(dataset)[:5], find_backbone(TOGETHER, workspace)
    keys = [photo.sha256 for photo in photos]
    with open_pooled(workspace, spec, SIZE) as store:
        stored = store.read(keys)
    with FeatureStore(workspace, feature_kind(BUILT_IN, SIZE, RESIZE_POLICY)) as single:
        first = unit(single.read(keys))
    np.testing.assert_allclose(stored, np.hstack([first, np.roll(first, SHIFT, axis=1)]), atol=1e-5)
    images = np.stack([load_input(dataset.read(photo.path), SIZE, RESIZE_POLICY) for photo in photos])
    backbone = open_backbone(workspace, spec, SIZE)
    computed = backbone.predictors(POOLED, 5).open().predict(images)[0]
    shipped = LiteModel(backbone.file(POOLED)).run(images, POOLED)
    in_keras = np.asarray(build_backbone(spec, SIZE)(images.astype(np.float32), training=False))
    assert backbone.output_shape(POOLED) == (2 * BUILT_IN.feature_size,) == store.kind.shape
    for received in (computed, shipped):
        np.testing.assert_allclose(received, stored, atol=1e-5)
    np.testing.assert_allclose(in_keras, stored, atol=1e-3)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [((), (), 12), (range(12), (), 6), (range(12), range(12), 0), (range(3), range(2, 7), 8)],
)
def test_each_network_computes_what_its_own_store_lacks(ran, tmp_path, first, second, expected):
    dataset, workspace = ran[1], open_workspace(tmp_path / "home")
    photos, spec = photos_of(dataset)[:12], find_backbone(TOGETHER, workspace)
    backbone = open_backbone(workspace, spec, SIZE)
    for member, rows in zip(spec.members, (first, second), strict=True):
        with FeatureStore(workspace, feature_kind(member, SIZE, RESIZE_POLICY)) as store:
            keys = [photos[row].sha256 for row in rows]
            store.append(keys, np.zeros((len(keys), member.feature_size), np.float32))
    with open_pooled(workspace, spec, SIZE) as joined:
        request = Request(photos, (ViewedStore(joined.plain),))
        assert num_lacking(request) == expected
        events, _ = finish(extract_pooled(backbone, [request], dataset.read))
        done = [event.done for event in events]
        assert done == sorted(done) and (not done or (done[0], done[-1]) == (12 - expected, 12))
        joined.refresh()
        assert num_lacking(request) == 0
        zeros = (joined.read([photo.sha256 for photo in photos]) == 0).reshape(12, 2, -1).all(axis=2)
    assert zeros.tolist() == [[row in first, row in second] for row in range(12)], "what was there was kept"


def test_what_is_tested_is_what_is_shipped(ran):
    *_, both = ran
    info = load_bundle(both.folder).info
    assert info["check"]["largest_difference"] <= 1e-5
    assert [each["name"] for each in info["backbones"]] == TOGETHER.split("+") and info["backbone"]["name"] == TOGETHER
    assert json.loads(json.dumps(info["config"]))["backbone"] == TOGETHER


def test_the_heat_map_is_exact(ran):
    _, dataset, _, both = ran
    bundle, photo = load_bundle(both.folder), dataset.photos.iloc[0]
    image = load_input(dataset.read(photo.path), SIZE, RESIZE_POLICY)
    explainer = Explainer(bundle)
    found = explainer.explain(image, dataset.labels[0])
    probabilities = LiteModel(bundle.tflite).run(image[np.newaxis], OUTPUT)
    assert explainer.is_quick and found.evidence.method == Method.CAM
    np.testing.assert_allclose(found.evidence.values.mean(axis=(1, 2)), relative_logits(probabilities)[0], atol=1e-3)
    embedding = load_embedding(both.folder)
    assert found.features.shape == (2 * BUILT_IN.feature_size,)
    np.testing.assert_allclose(found.features, explainer.features(image), atol=1e-6)
    assert embedding.similarities(found.features).argmax() == 0, "the photo is most like itself"


def test_a_network_without_weights_is_named(ran, monkeypatch, tmp_path):
    workspace, dataset, *_ = ran
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "*")
    unreachable = dataclasses.replace(
        find_backbone("mobilenet", workspace), name="nowhere", weights_url="http://127.0.0.1:9/w.h5"
    )
    second_network.add(unreachable, monkeypatch)
    config = dataclasses.replace(QUICK, backbone="efficientnet-lite0+nowhere")
    last = run_job(workspace, create_run(workspace, dataset.id, config, "missing"))
    assert isinstance(last, Failed) and not last.bug
    assert "weights of MobileNet" in last.what and "weights import w.h5" in last.fix
