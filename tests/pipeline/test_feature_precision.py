"""Fewer bits for what is only learned from: never for a photo that a figure rests on, whatever else a run does."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.conftest import QUICK, finish
from tests.small import write_small_folder
from tlcore.config import TrainConfig, defaults_for
from tlcore.data.augment import view_key
from tlcore.data.ingest import ingest_folder
from tlcore.events import Finished, never
from tlcore.features.activations import open_features
from tlcore.features.extract import Photo, Request, extract, feature_kind
from tlcore.features.store import FeatureStore
from tlcore.jobs.store import create_run
from tlcore.models.frozen_files import POOLED
from tlcore.models.litert_runtime import litert_pool
from tlcore.models.predictor import EXACT, PredictorPool
from tlcore.models.registry import BUILT_IN, TABLE
from tlcore.models.weights import asset_path
from tlcore.pipeline import context as context_module
from tlcore.pipeline import familiarity
from tlcore.pipeline import feature_precision as module
from tlcore.pipeline.caches import views_of
from tlcore.pipeline.feature_precision import FeaturePrecision, feature_precision
from tlcore.pipeline.train import make_context
from tlcore.serving.bundle import load_bundle
from tlcore.worker.runner import run_job

BOTH, VIEWS_ONLY, NONE = FeaturePrecision("bf16", "bf16"), FeaturePrecision(EXACT, "bf16"), FeaturePrecision()
PHOTOS_ONLY = FeaturePrecision("bf16", EXACT)
HALVED, BOTH_HALVED = (replace(each, activations_as_float16=True) for each in (NONE, BOTH))
VARIED = {"views": 4, "rotation": 10.0}


class Photos:
    """As much of a data set as the rule looks at."""

    def __init__(self, train: int, held_out: int) -> None:
        self.photos = pd.DataFrame({"split": ["train"] * train + ["test"] * held_out})

    def part(self, split: str) -> pd.DataFrame:
        return self.photos[self.photos["split"] == split]


@pytest.mark.parametrize(
    ("config", "photos", "expected", "reason"),
    [
        (defaults_for("feature-extraction"), (1_000, 300), NONE, "each photo is tested once: all need exact features"),
        (defaults_for("feature-extraction", **VARIED), (1_000, 300), VIEWS_ONLY, "views are never tested on"),
        (defaults_for("feature-extraction", **VARIED), (100, 30), NONE, "too few to be worth a second arithmetic"),
        (defaults_for("feature-extraction"), (4_000, 1_100), PHOTOS_ONLY, "too many for a cross-validation unasked"),
        (defaults_for("feature-extraction", cross_validation="always"), (4_000, 1_100), NONE, "it was asked for"),
        (defaults_for("feature-extraction", cross_validation="never"), (1_000, 300), PHOTOS_ONLY, "none is wanted"),
        (
            defaults_for("feature-extraction", cross_validation="never"),
            (1_000, 199),
            NONE,
            "how familiar photos have to be is found on all of them",
        ),
        (defaults_for("hybrid"), (200, 50), BOTH_HALVED, "no fold of it, and its four views are learned from"),
        (defaults_for("hybrid", features="exact"), (200, 50), HALVED, "fast features were turned off"),
        (defaults_for("hybrid", mixed_precision="never"), (200, 50), BOTH, "float16 was turned off"),
        (defaults_for("scratch"), (4_000, 1_100), NONE, "nothing is extracted"),
    ],
)
def test_what_is_computed_in_fewer_bits(config, photos, expected, reason):
    dataset, num_views = Photos(*photos), config.views if config.rotation else 1
    without = replace(NONE, activations_as_float16=expected.activations_as_float16)
    assert feature_precision(dataset, config, BUILT_IN, num_views, lambda: "bf16") == expected, reason
    assert feature_precision(dataset, config, BUILT_IN, num_views, lambda: EXACT) == without, "no such processor"


class Shifted:
    """LiteRT, all numbers greater by 1: another arithmetic that one can see."""

    def __init__(self) -> None:
        self._litert = litert_pool(asset_path(BUILT_IN), (POOLED,)).open()

    def predict(self, images: np.ndarray) -> list[np.ndarray]:
        return [rows + 1 for rows in self._litert.predict(images)]


def opened(num_images: int, precision: str, samples) -> PredictorPool:
    assert samples().shape[1:] == (96, 96, 3)
    return litert_pool(asset_path(BUILT_IN), (POOLED,)) if precision == EXACT else PredictorPool(Shifted, 2, batch=3)


def test_a_photo_is_decoded_once_for_views_of_two_precisions(workspace, tmp_path):
    dataset = finish(ingest_folder(workspace, write_small_folder(tmp_path / "shapes", photos_per_class=4)))[1]
    photos = [Photo(*row) for row in dataset.photos[["sha256", "path"]].itertuples(index=False)]
    views, kind, read = views_of(TrainConfig(**VARIED)), feature_kind(BUILT_IN, 96, "center-crop"), []
    found = {}
    for precision in (EXACT, "bf16"):
        store, before = open_features(workspace, kind, views, precision), len(read)
        finish(extract(opened, [Request(photos, (store,))], lambda path: read.append(path) or dataset.read(path)))
        assert len(read) - before == len(photos) + 4, "each once, and the samples"
        keys = [photo.sha256 for photo in photos]
        found[precision] = (
            store.plain.read(keys),
            store.augmented.read([view_key(key, view) for key in keys for view in (1, 2, 3)]),
        )
        store.close()
    np.testing.assert_array_equal(found[EXACT][0], found["bf16"][0])
    np.testing.assert_allclose(found["bf16"][1], found[EXACT][1] + 1, atol=1e-4)


def test_stores_of_other_precisions_lie_apart_and_old_ones_stay():
    exact, fast = (feature_kind(TABLE["resnet50"], 224, "center-crop", each).folder_name for each in (EXACT, "bf16"))
    assert exact.endswith("-224px-center-crop-pixels2") and fast == f"{exact}-bf16"
    varied = replace(feature_kind(BUILT_IN, 224, "center-crop", "bf16"), views="abc").folder_name
    assert varied.endswith("-views-abc-bf16")


def test_what_a_run_is_judged_by_is_exact(workspace, tmp_path, monkeypatch):
    """Fast features are LiteRT's plus 1 here, so that whoever mixed them up would be seen."""
    for name, value in {"LEAST_ROWS": 1, "ENOUGH_HELD_OUT": 1}.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(familiarity, "ENOUGH", 1)
    monkeypatch.setattr(context_module, "usable_precision", lambda workspace: "bf16")
    dataset = finish(ingest_folder(workspace, write_small_folder(tmp_path / "shapes", photos_per_class=12)))[1]
    config = replace(QUICK, cross_validation="never", views=2, rotation=10.0)
    run = create_run(workspace, dataset.id, config, "fast")
    monkeypatch.setattr(
        "tlcore.models.frozen_backbone.PretrainedBackbone.predictors", lambda self, layer, *asked: opened(*asked)
    )
    assert isinstance(run_job(workspace, run), Finished), "the packed file, all of it exact, answers as the figures say"
    kinds = {each: feature_kind(BUILT_IN, config.image_size, "center-crop", each) for each in (EXACT, "bf16")}
    stores = {each: FeatureStore(workspace, kind) for each, kind in kinds.items()}
    parts = {part: list(dataset.part(part)["sha256"]) for part in ("train", "validation", "test")}
    assert len(stores[EXACT]) == len({*parts["validation"], *parts["test"]})
    assert not stores["bf16"].missing(parts["train"]) and len(stores["bf16"]) == len(set(parts["train"]))
    assert stores["bf16"].read(parts["train"]).mean() > stores[EXACT].read(parts["test"]).mean() + 0.5
    assert make_context(workspace, run, never).precision == BOTH
    told = load_bundle(run.folder).info["features"]
    assert told == {"training_photos": "bfloat16", "augmented_views": "bfloat16", "other_photos": "float32"}
