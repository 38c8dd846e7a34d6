"""Extraction computes what the store lacks, equal to the network's own answer, and keeps what it has when stopped."""

import numpy as np
import pytest

from tests.conftest import finish
from tests.small import write_small_folder
from tlcore.data.images import load_input
from tlcore.data.ingest import ingest_folder
from tlcore.errors import UserError
from tlcore.features.extract import Photo, extract, feature_kind
from tlcore.features.store import FeatureStore
from tlcore.models.litert import LiteModel
from tlcore.models.registry import BACKBONES
from tlcore.models.weights import asset_path

SPEC = BACKBONES[0]
KIND = feature_kind(SPEC, 96, "center-crop")


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
