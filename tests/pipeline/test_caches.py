"""What a run keeps on disk stays there until it needs it no more, and room is made for all of it."""

from dataclasses import asdict

import pytest

from tests.conftest import finish
from tests.small import write_small_folder
from tlcore.config import defaults_for
from tlcore.data.augment import Augmentation
from tlcore.data.ingest import ingest_folder
from tlcore.events import never
from tlcore.features.activations import evict
from tlcore.jobs.store import create_run
from tlcore.pipeline import caches, feature_precision
from tlcore.pipeline.fine_tune_stages import cache_activations, extract_features_and_activations, model_of
from tlcore.pipeline.head_stages import extract_features
from tlcore.pipeline.train import make_context


@pytest.fixture
def context_of(workspace, tmp_path):
    dataset = finish(ingest_folder(workspace, write_small_folder(tmp_path / "shapes", photos_per_class=6)))[1]

    def make(**changes):
        settings = {"image_size": 64, "unfreeze_from": "head", "batch_norm_adaptation": 0.0} | changes
        config = defaults_for("hybrid", **settings)
        context = make_context(workspace, create_run(workspace, dataset.id, config, "run"), never)
        model_of(context)
        return context

    return make


NOTHING_VARIED = asdict(Augmentation())


def kinds(workspace) -> set[str]:
    return {path.name for path in (workspace.root / "activations").iterdir() if path.is_dir()}


@pytest.mark.parametrize(
    ("changes", "kept", "reason"),
    [
        ({}, 1, "what an earlier run cached for the part that trains: this one would have to compute it again"),
        ({"head": "flatten"}, 2, "and the feature map, which is read again when the network is trained"),
        ({"rotation": 9.0, "views": 2}, 3, "and the views of both, which the head is about to learn from"),
    ],
)
def test_what_the_run_needs_later_is_not_removed_to_make_room(workspace, context_of, changes, kept, reason):
    earlier = context_of(**NOTHING_VARIED | changes)
    with earlier.held:
        finish(cache_activations(earlier))
    context = context_of(**NOTHING_VARIED | changes)
    with context.held:
        finish(extract_features(context))
        before = kinds(workspace)
        assert evict(workspace, (), 0) == [] and len(before) == kept, reason
    assert set(evict(workspace, (), 0)) == before, "nobody needs it any more"


def test_one_pass_for_both_makes_room_for_both(workspace, context_of, monkeypatch):
    asked = []
    monkeypatch.setattr(caches, "make_room", lambda _, kind, rows: asked.append((kind.output, rows)))
    context = context_of(views=2)
    with context.held:
        finish(extract_features_and_activations(context))
    rows = 12 * 2 + 6
    assert asked == [("activation", rows), ("pooled", rows)], "of the photos in two views and of the others, together"


def test_only_what_is_trained_on_is_rounded(workspace, context_of, monkeypatch):
    monkeypatch.setattr(feature_precision, "LEAST_ROWS", 1)
    context, rooms = context_of(views=2, features="exact"), []
    monkeypatch.setattr(caches, "make_room", lambda _, kind, rows: rooms.append((kind.output, rows)))
    with context.held, caches.open_activation_stores(context, context.fine_tune_model) as stores:
        finish(extract_features_and_activations(context))
        for store in (stores.learning, stores.exact):
            store.refresh()
        learned = [photo.sha256 for photo in context.part("train")[0]]
        judged = [photo.sha256 for photo in context.split_photos()[1]]
        assert rooms == [("activation", 12 * 2 / 2 + 6), ("pooled", 12 * 2 + 6)], "half for what is trained on"
        assert stores.exact.missing(judged) == {} and stores.learning.missing(learned) == {}
        assert set(stores.exact.missing(learned)) == set(learned), "what is judged is never read from rounded rows"
        assert len(stores.learning.plain.half) == len(learned) == len(stores.learning.augmented.half)
    assert context_of(views=2, features="exact", mixed_precision="never").precision.is_exact, "switched off"
