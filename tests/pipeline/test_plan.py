"""The plan of a run: which stages each strategy has, what of them is cached, and that everything else reads it."""

import ast
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.conftest import finish
from tests.small import write_small_folder
from tlcore.config import STRATEGIES, defaults_for
from tlcore.data.augment import Augmentation
from tlcore.data.ingest import ingest_folder
from tlcore.events import Planned, StageKey, decode, encode, never
from tlcore.jobs.store import create_run
from tlcore.pipeline.fine_tune_stages import adapt_batch_norm
from tlcore.pipeline.head_stages import extract_features
from tlcore.pipeline.plan import build_plan
from tlcore.pipeline.train import make_context

DOWNLOAD, ADAPT, FEATURES, JOINT, HEAD, ACTIVATIONS, DECODE, TUNE = (
    StageKey.DOWNLOAD,
    StageKey.ADAPT_BATCH_NORM,
    StageKey.EXTRACT_FEATURES,
    StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS,
    StageKey.TRAIN_HEAD,
    StageKey.CACHE_ACTIVATIONS,
    StageKey.DECODE_PHOTOS,
    StageKey.FINE_TUNE,
)
SMALL = {"image_size": 64, "epochs": 2, "fine_tune_epochs": 3}
ROOT = Path(__file__).parents[2]


@pytest.fixture
def dataset(workspace, tmp_path):
    return finish(ingest_folder(workspace, write_small_folder(tmp_path / "shapes", photos_per_class=6)))[1]


@pytest.fixture
def context_of(workspace, dataset):
    def make(strategy, **changes):
        config = defaults_for(strategy, **SMALL | changes)
        return make_context(workspace, create_run(workspace, dataset.id, config, "run"), never)

    return make


def outline(plan):
    return [(stage.key, stage.cached, stage.total) for stage in plan]


NOTHING_VARIED = asdict(Augmentation()) | {"views": 1}


@pytest.mark.parametrize(
    ("strategy", "changes", "expected", "reason"),
    [
        ("feature-extraction", {}, [(FEATURES, 0, 18), (HEAD, 0, 2)], "18 photos, one view each"),
        (
            "feature-extraction",
            {"rotation": 9.0, "views": 3},
            [(FEATURES, 0, 42), (HEAD, 0, 2)],
            "18 in all",
        ),
        ("scratch", {}, [(DECODE, 0, 18), (TUNE, 0, 3)], "no head first, and a batch of 32 holds all"),
        (
            "fine-tuning",
            NOTHING_VARIED | {"batch_size": 5},
            [(FEATURES, 0, 18), (HEAD, 0, 2), (DECODE, 0, 18), (TUNE, 0, 9)],
            "three epochs of three steps",
        ),
        (
            "hybrid",
            NOTHING_VARIED | {"batch_norm_adaptation": 0.0},
            [(FEATURES, 0, 18), (HEAD, 0, 2), (ACTIVATIONS, 0, 18), (TUNE, 0, 3)],
            "so few rows are not worth a file that gives both",
        ),
        (
            "hybrid",
            {"batch_norm_adaptation": 0.0},
            [(JOINT, 0, 54), (HEAD, 0, 2), (TUNE, 0, 3)],
            "12 photos in four views and 6: one pass for both",
        ),
        (
            "hybrid",
            {"batch_norm_adaptation": 0.0, "head": "flatten"},
            [(FEATURES, 0, 54), (HEAD, 0, 2), (ACTIVATIONS, 0, 54), (TUNE, 0, 3)],
            "a head on the whole feature map has a pass of its own",
        ),
    ],
)
def test_each_strategy_has_its_stages(context_of, strategy, changes, expected, reason):
    assert outline(build_plan(context_of(strategy, **changes))) == expected, reason


@pytest.mark.parametrize(
    ("changes", "keys", "reason"),
    [
        ({}, [JOINT], "four views of what is learned from"),
        ({"views": 5}, [JOINT], "as many as the person chose"),
        (NOTHING_VARIED | {"views": 4}, [FEATURES, ACTIVATIONS], "nothing varied: one view of each, few rows"),
        ({"head": "flatten"}, [FEATURES, ACTIVATIONS], "a head on the whole feature map has a pass of its own"),
    ],
)
def test_before_batch_norm_is_adapted_all_may_be_missing_and_the_plan_says_so(context_of, changes, keys, reason):
    context = context_of("hybrid", **{"batch_norm_adaptation": 0.3} | changes)
    adapt, *coming = build_plan(context)
    assert (adapt.key, adapt.total, adapt.certain) == (ADAPT, 12, True)
    extracting = [stage for stage in coming if stage.num_outputs]
    assert [stage.key for stage in extracting] == keys, reason
    assert not any(stage.certain for stage in extracting) and all(
        stage.certain for stage in coming if stage.epoch_units
    )
    finish(adapt_batch_norm(context))
    context.done.add(ADAPT)
    known = build_plan(context)
    assert outline(known) == outline(coming) and all(stage.certain for stage in known), "nothing was there: the same"


def test_a_plan_counts_what_is_on_disk_when_it_is_made(context_of):
    finish(extract_features(context_of("feature-extraction")))
    assert outline(build_plan(context_of("feature-extraction")))[0] == (FEATURES, 18, 18)
    assert outline(build_plan(context_of("feature-extraction", rotation=9.0, views=2)))[0] == (FEATURES, 18, 30)
    assert outline(build_plan(context_of("feature-extraction", image_size=96)))[0] == (FEATURES, 0, 18), "another size"


def test_a_stage_that_is_over_is_not_planned_again(context_of):
    context = context_of("feature-extraction")
    context.done.add(FEATURES)
    assert [stage.key for stage in build_plan(context)] == [HEAD]


def test_early_stopping_may_end_a_stage_sooner(context_of):
    plan = build_plan(context_of("fine-tuning", patience=1, batch_size=5))
    assert [(stage.least, stage.total) for stage in plan if stage.epoch_units] == [(1, 2), (3, 9)]


def test_without_weights_the_download_is_all_that_is_known(context_of, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (stage,) = build_plan(context_of("hybrid", backbone="mobilenet-v2-0.35"))
    assert stage.key == DOWNLOAD and stage.open_ended and stage.cached == 0 < stage.total


def test_opening_the_stores_neither_runs_a_network_nor_makes_room(context_of, monkeypatch):
    from tlcore.features import activations
    from tlcore.models.litert_runtime import LiteModel

    def fail(*args, **options):
        raise AssertionError("not now")

    context = context_of("feature-extraction", head="flatten")
    build_plan(context)  # makes the file
    monkeypatch.setattr(LiteModel, "run_all", fail)
    monkeypatch.setattr(activations, "evict", fail)
    assert outline(build_plan(context))[0] == (FEATURES, 0, 18)


def test_the_plan_goes_through_the_events(context_of):
    event = Planned(tuple(stage.describe() for stage in build_plan(context_of("hybrid"))))
    assert decode(encode(event)) == event and isinstance(decode(encode(event)).stages[0].key, StageKey)


def test_one_place_knows_the_strategies():
    """No other file of the pipeline, and nothing that tells how long or how far a run is, compares with a strategy."""
    names = set(STRATEGIES)
    for room in ("pipeline", "comparison", "features", "jobs", "worker", "serving"):
        for path in (ROOT / "tlcore" / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and node.value in names:
                    raise AssertionError(f"{path.relative_to(ROOT)}, line {node.lineno}: {node.value!r}")
