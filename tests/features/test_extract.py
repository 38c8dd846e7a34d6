"""Extraction computes what the store lacks, equal to the network's own answer, and keeps what it has when stopped."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from tests.conftest import finish
from tests.features.test_store import all_views
from tests.small import write_small_folder
from tlcore.data.augment import Augmentation, Views
from tlcore.data.images import load_input
from tlcore.data.ingest import ingest_folder
from tlcore.errors import UserError
from tlcore.events import never
from tlcore.features import extract as module
from tlcore.features import saving
from tlcore.features.activations import ActivationKind, ImageCache, open_activations, open_features
from tlcore.features.extract import Photo, Request, decode, extract, feature_kind, run_photos
from tlcore.features.store import FeatureKind, FeatureStore
from tlcore.features.views import ViewedStore
from tlcore.models import litert_runtime, runtime_choice
from tlcore.models.build import build_backbone
from tlcore.models.frozen_backbone import AdaptedBackbone, PretrainedBackbone
from tlcore.models.frozen_files import POOLED
from tlcore.models.litert_runtime import LiteModel, litert_pool
from tlcore.models.registry import BACKBONES, TABLE
from tlcore.models.runtime_memory import Measured, RuntimeChoice, remember
from tlcore.models.weights import asset_path
from tlcore.workspace import open_workspace

SPEC = BACKBONES[0]
KIND = feature_kind(SPEC, 96, "center-crop")
VIEWS = Views(Augmentation(horizontal_flip=True, rotation=20, brightness=0.2), count=3, seed=5)


def pooled(num_images, *asked):
    """What runs the built-in network."""
    return litert_pool(asset_path(SPEC), (POOLED,))


def fill(store, photos, read, predictors=pooled, should_stop=never):
    """Extract the photos into one store."""
    store = store if isinstance(store, ViewedStore) else ViewedStore(store)
    return extract(predictors, [Request(photos, (store,))], read, should_stop)


def photos_of(dataset) -> list[Photo]:
    return [Photo(*row) for row in dataset.photos[["sha256", "path"]].itertuples(index=False)]


@pytest.fixture
def dataset(workspace, tmp_path):
    return finish(ingest_folder(workspace, write_small_folder(tmp_path / "shapes", photos_per_class=8)))[1]


def test_a_vector_is_what_the_network_says_of_that_photo_alone(workspace, dataset):
    store = FeatureStore(workspace, KIND)
    photos = photos_of(dataset)
    finish(fill(store, photos, dataset.read))
    model = LiteModel(asset_path(SPEC))
    for photo in photos[::7]:
        image = load_input(dataset.read(photo.path), 96, "center-crop")
        alone = model.run(image[np.newaxis], "pooled")[0]
        np.testing.assert_allclose(store.read([photo.sha256])[0], alone, atol=1e-4)


def test_adding_photos_computes_only_those(workspace, dataset):
    photos, asked = photos_of(dataset), []

    def read(path):
        asked.append(path)
        return dataset.read(path)

    store = FeatureStore(workspace, KIND)
    finish(fill(store, photos[:20], read))
    asked.clear()
    events, _ = finish(fill(store, photos, read))
    assert sorted(asked) == sorted(photo.path for photo in photos[20:])
    assert (events[0].done, events[-1].done, events[-1].total, events[-1].cached) == (20, 24, 24, 20)
    assert finish(fill(store, photos, read))[0] == [], "nothing to do, no event"


def test_a_stop_keeps_what_was_computed(workspace, dataset):
    store, stop = FeatureStore(workspace, KIND), []
    job = fill(store, photos_of(dataset), dataset.read, should_stop=lambda: bool(stop))
    for event in job:
        if event.done:
            stop.append(True)
    kept = len(FeatureStore(workspace, KIND))
    assert 0 < kept < 24 or kept == event.done


def test_a_photo_that_changed_is_named_and_the_rest_is_kept(workspace, dataset):
    photos = photos_of(dataset)
    (dataset.root / photos[-1].path).write_bytes(b"something else")
    store = FeatureStore(workspace, KIND)
    with pytest.raises(UserError, match=photos[-1].path.rsplit("/", 1)[-1]):
        finish(fill(store, photos, dataset.read))
    assert len(FeatureStore(workspace, KIND)) >= 12


def test_a_view_is_what_the_network_says_of_that_drawing_and_the_photo_is_decoded_once(workspace, dataset, monkeypatch):
    photos, decoded = photos_of(dataset), []
    monkeypatch.setattr(module, "load_input", lambda *args: decoded.append(1) or load_input(*args))
    store = open_features(workspace, KIND, VIEWS)
    events, _ = finish(fill(store, photos, dataset.read))
    assert len(decoded) == len(photos) and events[-1].done == events[-1].total == 3 * len(photos)
    assert {event.unit for event in events} == {"views"}
    got, model = all_views(store, [photo.sha256 for photo in photos]), LiteModel(asset_path(SPEC))
    assert got.shape == (len(photos), 3, SPEC.feature_size)
    for index in (0, 10, 23):
        image = load_input(dataset.read(photos[index].path), 96, "center-crop")
        for view in range(3):
            seen = VIEWS.image(image, photos[index].sha256, view)
            np.testing.assert_allclose(got[index, view], model.run(seen[np.newaxis], "pooled")[0], atol=1e-4)
    assert finish(fill(store, photos, dataset.read))[0] == []


def test_views_are_added_to_photos_that_are_there_and_the_plain_rows_stay_where_they_were(workspace, dataset):
    photos = photos_of(dataset)
    plain = FeatureStore(workspace, KIND)
    finish(fill(plain, photos[:10], dataset.read))
    before = plain.read([photo.sha256 for photo in photos[:10]])
    store = open_features(workspace, KIND, VIEWS)
    assert store.num_missing([photo.sha256 for photo in photos]) == 3 * len(photos) - 10
    finish(fill(store, photos, dataset.read))
    again = FeatureStore(workspace, KIND)
    np.testing.assert_array_equal(again.read([photo.sha256 for photo in photos[:10]]), before)
    assert len(again) == len(photos) and len(store.augmented) == 2 * len(photos)
    more = open_features(workspace, KIND, Views(VIEWS.augmentation, 5, VIEWS.seed))
    assert set(more.missing([photo.sha256 for photo in photos]).values()) == {(3, 4)}, "more views keep those there"
    other = open_features(workspace, KIND, Views(VIEWS.augmentation, 3, seed=6))
    assert set(other.missing([photo.sha256 for photo in photos]).values()) == {(1, 2)}, "another seed draws others"


def test_many_views_go_through_the_network_in_small_batches(workspace, dataset, monkeypatch):
    batches = []

    class Watched(litert_runtime.LitePredictor):
        def predict(self, images):
            batches.append(len(images))
            return super().predict(images)

    monkeypatch.setattr(litert_runtime, "LitePredictor", Watched)
    photos = photos_of(dataset)[:2]
    store = open_features(workspace, KIND, Views(VIEWS.augmentation, 6))
    finish(fill(store, photos, dataset.read))
    assert sorted(batches) == [2] * 6
    batches.clear()
    photos, plain = photos_of(dataset), ViewedStore(store.plain)
    finish(extract(pooled, [Request(photos[2:3], (store,)), Request(photos[3:7], (plain,))], dataset.read))
    assert batches.count(2) == len(batches) == 3 + 2, "photos of one view go in twos beside those of many"


def test_a_photo_that_is_gone_costs_nothing_that_comes_before_it(workspace, dataset):
    """Runtimes are compared on a few of the photos first; whichever of them cannot be read is told in its turn."""
    photos, store = photos_of(dataset), FeatureStore(workspace, KIND)

    def read(path):
        if path == photos[6].path:
            raise UserError("It is gone.")
        return dataset.read(path)

    def predictors(num_images, precision, samples):
        assert len(samples()) == 3, "one of the four is the one that is gone"
        return replace(pooled(num_images), num_threads=1)

    with pytest.raises(UserError, match="It is gone."):
        finish(fill(store, photos, read, predictors))
    assert len(store) >= 4


def test_a_network_gives_each_photo_its_output(dataset):
    photos = photos_of(dataset)[:5]
    found = {}
    for chunk, (rows,) in run_photos(pooled(5), photos, lambda path: load_input(dataset.read(path), 96, "squash")):
        found |= dict(zip([photo.path for photo in chunk], rows, strict=True))
    model = LiteModel(asset_path(SPEC))
    for photo in photos:
        image = load_input(dataset.read(photo.path), 96, "squash")
        np.testing.assert_allclose(found[photo.path], model.run(image[np.newaxis], "pooled")[0], atol=1e-4)


def test_requests_are_computed_in_their_order_each_with_its_own_views(workspace, dataset):
    photos = photos_of(dataset)
    store = open_features(workspace, KIND, VIEWS)
    plain = ViewedStore(store.plain)
    events, _ = finish(extract(pooled, [Request(photos[:4], (store,)), Request(photos[4:], (plain,))], dataset.read))
    assert (events[-1].done, events[-1].total) == (4 * 3 + len(photos) - 4,) * 2
    assert not store.missing([photo.sha256 for photo in photos[:4]])
    assert set(store.missing([photo.sha256 for photo in photos[4:]]).values()) == {(1, 2)}


def test_another_layer_is_kept_by_its_kind(workspace, dataset):
    """Activations come the same way; here what is kept is the feature map."""
    backbone, photos = PretrainedBackbone(workspace, SPEC, 96), photos_of(dataset)
    shape = backbone.output_shape("feature_map")
    with open_activations(workspace, ActivationKind("net", "top", 96, "squash", shape), VIEWS) as store:
        finish(fill(store, photos[:6], dataset.read, partial(backbone.predictors, "feature_map")))
        rows = all_views(store, [photo.sha256 for photo in photos[:6]])
    image = load_input(dataset.read(photos[0].path), 96, "squash")
    alone = LiteModel(asset_path(SPEC)).run(VIEWS.image(image, photos[0].sha256, 2)[np.newaxis], "feature_map")[0]
    np.testing.assert_allclose(rows[0, 2], alone, atol=1e-4)


def test_two_stores_are_filled_in_one_pass_as_by_two(workspace, dataset, tmp_path):
    photos, layer = photos_of(dataset), SPEC.blocks[2].layer
    hashes = [photo.sha256 for photo in photos]
    backbone = PretrainedBackbone(workspace, SPEC, 96)
    below, joint = partial(backbone.predictors, layer), partial(backbone.joint_predictors, layer)
    features = FeatureKind("net", 96, "squash", SPEC.feature_size)
    activations = ActivationKind("net", "top", 96, "squash", backbone.output_shape(layer))
    other = open_workspace(tmp_path / "other")
    with (
        open_features(workspace, features, VIEWS) as seen,
        open_activations(workspace, activations, VIEWS) as entering,
        open_features(other, features, VIEWS) as alone,
        open_activations(other, activations, VIEWS) as apart,
    ):
        finish(fill(alone, photos, dataset.read))
        finish(fill(apart, photos, dataset.read, below))
        finish(fill(seen, photos[:5], dataset.read))
        both = Request(photos, (entering, seen))
        events, _ = finish(extract(joint, [both], dataset.read))
        rows = 3 * (len(photos) - 5)
        assert (events[0].done, events[-1].done, events[-1].total) == (0, rows, rows)
        assert list(entering.missing(hashes)) == hashes[:5], "what only one lacks is left to a pass of its own"
        finish(fill(entering, photos, dataset.read, below))
        assert finish(extract(joint, [both], dataset.read))[0] == []
        backbone.release_joint_file(layer)
        assert not backbone._joint_files, "its file can have a gigabyte, and was used for the last time"
        for received, expected in ((seen, alone), (entering, apart)):
            rows = all_views(expected, hashes)
            np.testing.assert_allclose(all_views(received, hashes), rows, atol=1e-5 * np.abs(rows).max())


@pytest.fixture(scope="module")
def vgg(tmp_path_factory) -> AdaptedBackbone:
    """VGG16 of random weights, whose file takes seconds to make; on this machine ncnn was the fastest for it."""
    workspace, ncnn = open_workspace(tmp_path_factory.mktemp("measured")), RuntimeChoice("ncnn", 2, 1, 200.0, 100.0)
    for part in ("pooled", "block4_pool and pooled"):
        remember(workspace, f"vgg16, 32 px, {part}", Measured(ncnn, ncnn))
    spec = TABLE["vgg16"]
    return AdaptedBackbone(workspace, spec, "vgg", build_backbone(spec, 32, weights=None), POOLED, 32)


@pytest.mark.parametrize(
    ("least", "same_bits", "reason"),
    [
        (25, True, "for 24 photos opening and checking ncnn is not worth it: LiteRT"),
        (24, False, "the same numbers to float tolerance by another arithmetic"),
    ],
)
@pytest.mark.parametrize("layer", [None, "block4_pool"], ids=["features", "features and activations in one pass"])
def test_many_photos_of_vgg_run_on_ncnn(workspace, dataset, monkeypatch, vgg, least, same_bits, reason, layer):
    monkeypatch.setattr(runtime_choice, "LEAST_IMAGES", least)
    photos = photos_of(dataset)
    hashes = [photo.sha256 for photo in photos]
    stores = [ViewedStore(FeatureStore(workspace, FeatureKind("vgg", 32, "center-crop", 512)))]
    predictors = partial(vgg.predictors, POOLED)
    if layer:
        kind = ActivationKind("vgg", layer, 32, "center-crop", vgg.output_shape(layer))
        stores, predictors = [open_activations(workspace, kind), *stores], partial(vgg.joint_predictors, layer)
    finish(extract(predictors, [Request(photos, tuple(stores))], dataset.read))
    images = [load_input(dataset.read(photo.path), 32, "center-crop") for photo in photos]
    same = []
    for store, name in zip(stores, [layer, POOLED] if layer else [POOLED], strict=True):
        file = LiteModel(vgg.file(name))
        alone = np.concatenate([file.run(image[np.newaxis], file.output_names[0]) for image in images])
        np.testing.assert_allclose(store.read(hashes), alone, atol=1e-5 * np.abs(alone).max())
        same.append(bool((store.read(hashes) == alone).all()))
    assert all(same) == same_bits, reason


@pytest.mark.parametrize(
    ("megabytes", "cores", "threads", "reason"),
    [
        (9, 2, 2, "the built-in network: one on each core"),
        (9, 64, 8, "at most eight"),
        (60, 16, 8, "VGG16 without its top"),
        (200, 16, 2, "copies of large weights would fill the memory"),
        (2000, 16, 1, "however large: one"),
    ],
)
def test_large_weights_are_copied_less_often(monkeypatch, tmp_path, megabytes, cores, threads, reason):
    monkeypatch.setattr(litert_runtime, "usable_cores", lambda: cores)
    path = tmp_path / "large.tflite"
    with open(path, "wb") as file:
        file.truncate(megabytes * 1_000_000)
    assert litert_pool(path, ("pooled",)).num_threads == threads, reason


def test_photos_are_decoded_once_for_all_epochs(workspace, dataset):
    photos = photos_of(dataset)
    with ImageCache(workspace, 96, "squash") as cache:
        store = ViewedStore(cache)
        finish(decode(store, photos[:5], dataset.read))
        events, _ = finish(decode(store, photos, dataset.read))
        assert (events[0].done, events[-1].done, events[-1].total) == (5, len(photos), len(photos))
        assert finish(decode(store, photos, dataset.read))[0] == []
        for photo in photos[::5]:
            image = load_input(dataset.read(photo.path), 96, "squash")
            np.testing.assert_array_equal(cache.read([photo.sha256])[0], image)


def test_large_rows_are_saved_before_they_fill_the_memory(workspace, dataset, monkeypatch):
    monkeypatch.setattr(saving, "SAVE_SECONDS", 1000)
    monkeypatch.setattr(saving, "SAVE_BYTES", 6 * 96 * 96 * 3)
    saved = []
    with ImageCache(workspace, 96, "squash") as cache:
        append = cache.append
        monkeypatch.setattr(cache, "append", lambda keys, rows: saved.append(len(keys)) or append(keys, rows))
        finish(decode(ViewedStore(cache), photos_of(dataset), dataset.read))
    assert sum(saved) == 24 and max(saved) <= 8
