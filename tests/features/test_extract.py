"""Extraction computes what the store lacks, equal to the network's own answer, and keeps what it has when stopped."""

import keras
import numpy as np
import pytest

from tests.conftest import finish
from tests.features.test_store import all_views
from tests.small import write_small_folder
from tlcore.data.augment import Augmentation, Views
from tlcore.data.images import load_input
from tlcore.data.ingest import ingest_folder
from tlcore.errors import UserError
from tlcore.features import extract as module
from tlcore.features import saving
from tlcore.features.activations import ActivationKind, ImageCache, open_activations, open_features
from tlcore.features.extract import Network, Photo, decode, extract, extract_both, feature_kind, run_views
from tlcore.features.store import FeatureKind, FeatureStore
from tlcore.models.build import build_backbone
from tlcore.models.convert import convert_to_tflite
from tlcore.models.frozen_files import frozen_file, with_activation
from tlcore.models.litert_runtime import LiteModel
from tlcore.models.registry import BACKBONES, find_backbone
from tlcore.models.weights import asset_path
from tlcore.workspace import open_workspace

SPEC = BACKBONES[0]
KIND = feature_kind(SPEC, 96, "center-crop")
VIEWS = Views(Augmentation(horizontal_flip=True, rotation=20, brightness=0.2), count=3, seed=5)


def photos_of(dataset) -> list[Photo]:
    return [Photo(*row) for row in dataset.photos[["sha256", "path"]].itertuples(index=False)]


@pytest.fixture
def dataset(workspace, tmp_path):
    return finish(ingest_folder(workspace, write_small_folder(tmp_path / "shapes", photos_per_class=8)))[1]


def test_a_vector_is_what_the_network_says_of_that_photo_alone(workspace, dataset):
    store = FeatureStore(workspace, KIND)
    photos = photos_of(dataset)
    finish(extract(store, SPEC, photos, dataset.read))
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
    finish(extract(store, SPEC, photos[:20], read))
    asked.clear()
    events, _ = finish(extract(store, SPEC, photos, read))
    assert sorted(asked) == sorted(photo.path for photo in photos[20:])
    assert (events[-1].done, events[-1].total) == (4, 4)
    assert finish(extract(store, SPEC, photos, read))[0] == [], "nothing to do tells nothing"


def test_a_stop_keeps_what_was_computed(workspace, dataset):
    store, stop = FeatureStore(workspace, KIND), []
    job = extract(store, SPEC, photos_of(dataset), dataset.read, lambda: bool(stop))
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
        finish(extract(store, SPEC, photos, dataset.read))
    assert len(FeatureStore(workspace, KIND)) >= 12


def test_a_view_is_what_the_network_says_of_that_drawing_and_the_photo_is_decoded_once(workspace, dataset, monkeypatch):
    photos, decoded = photos_of(dataset), []
    monkeypatch.setattr(module, "load_input", lambda *args: decoded.append(1) or load_input(*args))
    store = open_features(workspace, KIND, VIEWS)
    events, _ = finish(extract(store, SPEC, photos, dataset.read))
    assert len(decoded) == len(photos) == events[-1].done == events[-1].total
    got, model = all_views(store, [photo.sha256 for photo in photos]), LiteModel(asset_path(SPEC))
    assert got.shape == (len(photos), 3, SPEC.feature_size)
    for index in (0, 10, 23):
        image = load_input(dataset.read(photos[index].path), 96, "center-crop")
        for view in range(3):
            seen = VIEWS.image(image, photos[index].sha256, view)
            np.testing.assert_allclose(got[index, view], model.run(seen[np.newaxis], "pooled")[0], atol=1e-4)
    assert finish(extract(store, SPEC, photos, dataset.read))[0] == []


def test_views_are_added_to_photos_that_are_there_and_the_plain_rows_stay_where_they_were(workspace, dataset):
    photos = photos_of(dataset)
    plain = FeatureStore(workspace, KIND)
    finish(extract(plain, SPEC, photos[:10], dataset.read))
    before = plain.read([photo.sha256 for photo in photos[:10]])
    store = open_features(workspace, KIND, VIEWS)
    assert store.num_missing([photo.sha256 for photo in photos]) == 3 * len(photos) - 10
    finish(extract(store, SPEC, photos, dataset.read))
    again = FeatureStore(workspace, KIND)
    np.testing.assert_array_equal(again.read([photo.sha256 for photo in photos[:10]]), before)
    assert len(again) == len(photos) and len(store.augmented) == 2 * len(photos)
    more = open_features(workspace, KIND, Views(VIEWS.augmentation, 5, VIEWS.seed))
    assert set(more.missing([photo.sha256 for photo in photos]).values()) == {(3, 4)}, "more views keep those there"
    other = open_features(workspace, KIND, Views(VIEWS.augmentation, 3, seed=6))
    assert set(other.missing([photo.sha256 for photo in photos]).values()) == {(1, 2)}, "another seed draws others"


def test_many_views_go_through_the_network_in_small_batches(dataset, monkeypatch):
    batches = []

    class Watched(LiteModel):
        def run_all(self, images, outputs):
            batches.append(len(images))
            return super().run_all(images, outputs)

    monkeypatch.setattr(module, "LiteModel", Watched)
    photos = photos_of(dataset)[:2]
    views = Views(VIEWS.augmentation, 6)
    network = Network(asset_path(SPEC), "pooled", 96, "squash")
    chunks = list(run_views(network, [(photo, tuple(range(6))) for photo in photos], dataset.read, views=views))
    assert sorted(batches) == [2] * 6
    assert sorted(len(pairs) for pairs, _ in chunks) == [6, 6], "all views of a photo come together"
    assert all(rows.shape == (6, SPEC.feature_size) for _, rows in chunks)


def test_a_frozen_file_of_its_own_and_another_output_are_kept_by_the_kind(workspace, dataset, tmp_path):
    """Activations come the same way; here the output that is kept is the built-in file's feature map."""
    source = tmp_path / "frozen.tflite"
    source.write_bytes(asset_path(SPEC).read_bytes())

    class MapKind(ActivationKind):
        output = "feature_map"

    photos = photos_of(dataset)
    with open_activations(workspace, MapKind("net", "top", 96, "squash", (3, 3, 1280)), VIEWS) as store:
        finish(extract(store, SPEC, photos[:6], dataset.read, source=source))
        rows = all_views(store, [photo.sha256 for photo in photos[:6]])
    image = load_input(dataset.read(photos[0].path), 96, "squash")
    alone = LiteModel(source).run(VIEWS.image(image, photos[0].sha256, 2)[np.newaxis], "feature_map")[0]
    np.testing.assert_allclose(rows[0, 2], alone, atol=1e-4)


def test_two_stores_are_filled_in_one_pass_as_by_two(workspace, dataset, tmp_path):
    photos, layer = photos_of(dataset), SPEC.blocks[2].layer
    hashes = [photo.sha256 for photo in photos]
    lower = frozen_file(workspace, SPEC, 96, layer)
    shape = LiteModel(lower).run(np.zeros((1, 96, 96, 3), np.uint8), "activation").shape[1:]
    features = FeatureKind("net", 96, "squash", SPEC.feature_size)
    activations = ActivationKind("net", "top", 96, "squash", shape)
    other = open_workspace(tmp_path / "other")
    with (
        open_features(workspace, features, VIEWS) as seen,
        open_activations(workspace, activations, VIEWS) as entering,
        open_features(other, features, VIEWS) as alone,
        open_activations(other, activations, VIEWS) as below,
    ):
        finish(extract(alone, SPEC, photos, dataset.read))
        finish(extract(below, SPEC, photos, dataset.read, source=lower))
        finish(extract(seen, SPEC, photos[:5], dataset.read))
        source = with_activation(asset_path(SPEC), lambda: lower, layer, 96)
        events, _ = finish(extract_both((seen, entering), photos, dataset.read, source))
        assert (events[-1].done, events[-1].total) == (len(photos) - 5,) * 2
        assert list(entering.missing(hashes)) == hashes[:5], "what only one lacks is left to a look of its own"
        finish(extract(entering, SPEC, photos, dataset.read, source=lower))
        assert finish(extract_both((seen, entering), photos, dataset.read, source))[0] == []
        for received, expected in ((seen, alone), (entering, below)):
            rows = all_views(expected, hashes)
            np.testing.assert_allclose(all_views(received, hashes), rows, atol=1e-5 * np.abs(rows).max())


@pytest.mark.parametrize(
    ("least", "same_bits", "reason"),
    [
        (25, True, "for 24 photos opening and checking a chain is not worth it: LiteRT"),
        (24, False, "the same numbers to float tolerance by another arithmetic"),
    ],
)
def test_many_photos_go_through_a_chain(workspace, dataset, tmp_path, monkeypatch, least, same_bits, reason):
    monkeypatch.setattr(module, "LEAST_FOR_CHAIN", least)
    vgg, photos = find_backbone("vgg16"), photos_of(dataset)
    source = tmp_path / "vgg16.tflite"
    model = build_backbone(vgg, 32, weights=None)
    source.write_bytes(convert_to_tflite(keras.Model(model.input, {"pooled": model.output}), 32, float16=False))
    store = FeatureStore(workspace, FeatureKind("vgg16", 32, "center-crop", vgg.feature_size))
    finish(extract(store, vgg, photos, dataset.read, source=source))
    images = [load_input(dataset.read(photo.path), 32, "center-crop") for photo in photos]
    alone = np.concatenate([LiteModel(source).run(image[np.newaxis], "pooled") for image in images])
    rows = store.read([photo.sha256 for photo in photos])
    np.testing.assert_allclose(rows, alone, atol=1e-5 * alone.max())
    assert (rows == alone).all() == same_bits, reason


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
    monkeypatch.setattr(module, "usable_cores", lambda: cores)
    path = tmp_path / "large.tflite"
    with open(path, "wb") as file:
        file.truncate(megabytes * 1_000_000)
    assert module._threads(Network(path, "pooled", 96, "squash")) == threads, reason


def test_photos_are_decoded_once_for_all_epochs(workspace, dataset):
    photos = photos_of(dataset)
    with ImageCache(workspace, 96, "squash") as cache:
        finish(decode(cache, photos[:5], dataset.read))
        events, _ = finish(decode(cache, photos, dataset.read))
        assert (events[-1].done, events[-1].total) == (len(photos) - 5,) * 2
        assert finish(decode(cache, photos, dataset.read))[0] == []
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
        finish(decode(cache, photos_of(dataset), dataset.read))
    assert sum(saved) == 24 and max(saved) <= 8
