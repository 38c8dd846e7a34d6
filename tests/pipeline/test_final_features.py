"""What a finished network makes of photos: from the store where it is frozen, computed where that lacks them."""

import numpy as np

from tests.conftest import copy_of, finish
from tlcore.data.images import load_input
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.events import StageKey, never
from tlcore.models.litert_runtime import LiteModel
from tlcore.models.registry import BUILT_IN
from tlcore.models.weights import asset_path
from tlcore.pipeline.context import TrainedModel
from tlcore.pipeline.final_features import features_of
from tlcore.pipeline.train import make_context

FROZEN = TrainedModel(np.empty((0, 3)), 1, bytes, dict)


def by_litert(context, photos):
    """The pooled features as the backbone's own file gives them."""
    size, model = context.config.image_size, LiteModel(asset_path(BUILT_IN).read_bytes())
    images = [load_input(context.dataset.read(photo.path), size, RESIZE_POLICY) for photo in photos]
    return np.concatenate([model.run(image[np.newaxis], "pooled") for image in images])


def test_a_frozen_networks_features_are_those_on_disk_and_missing_ones_are_computed(trained, tmp_path):
    workspace, _, run = copy_of(trained, tmp_path / "home")
    context = make_context(workspace, run, never)
    photos = context.photos[:5]
    events, features = finish(features_of(context, FROZEN, photos))
    assert not events and features.dtype == np.float32, "all of them were on disk"
    np.testing.assert_allclose(features, by_litert(context, photos), atol=1e-3)
    for path in workspace.features.rglob("*.bin"):
        path.unlink()
    events, again = finish(features_of(make_context(workspace, run, never), FROZEN, photos))
    assert {event.stage for event in events} == {StageKey.EXTRACT_FEATURES}
    np.testing.assert_allclose(again, features, atol=1e-5)
    assert finish(features_of(context, FROZEN, []))[1].shape == (0, BUILT_IN.feature_size)
