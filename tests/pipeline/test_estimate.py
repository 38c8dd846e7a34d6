"""The time of a run before it is started: the work that is left, times what such work took here."""

from dataclasses import replace

import pytest

from tlcore.config import defaults_for
from tlcore.events import StageKey
from tlcore.models import registry
from tlcore.models.registry import BUILT_IN
from tlcore.pipeline import fine_tune_stages
from tlcore.pipeline.estimate import AROUND, MOST_ADAPTATION_PHOTOS, _Work, estimate_seconds
from tlcore.pipeline.timings import save_timings, timing_names
from tlcore.workspace import open_workspace

HEAD = defaults_for("feature-extraction", image_size=48)  # nobody has extracted at this size
HYBRID = defaults_for("hybrid", image_size=48)
EXTRACT, JOINT = StageKey.EXTRACT_FEATURES, StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS
ONCE = {"trace": 0.0, "convert": 0.0, "pack": 0.0, StageKey.VERIFY: 0.0}
TUNED = {"compile": 2.0, StageKey.FINE_TUNE: 0.1, "evaluate": 1.0}


@pytest.fixture
def estimate(trained, tmp_path):
    """`estimate(config, rates)`: the seconds on a machine that remembers these, and no photo was extracted yet."""
    workspace = open_workspace(tmp_path)

    def ask(config, rates):
        save_timings(
            workspace,
            {
                timing_names(config, BUILT_IN)[rate]: seconds
                for rate, seconds in (ONCE | rates if rates else rates).items()
            },
        )
        return estimate_seconds(workspace, trained[1], config)

    return ask


@pytest.mark.parametrize(
    ("config", "known", "reason"),
    [
        (HEAD, {EXTRACT: 0.001, StageKey.TRAIN_HEAD: 2e-5}, "no photo went through this network here"),
        (HYBRID, {EXTRACT: 0.001, **TUNED}, "nothing was fine-tuned here"),
        (defaults_for("scratch", image_size=48), {StageKey.DECODE_PHOTOS: 1e-3, **TUNED}, "nothing was trained"),
    ],
)
def test_what_was_never_measured_is_reckoned_and_less_certain(estimate, config, known, reason):
    low, high = estimate(config, {})
    assert 0 < low < high < 120, reason
    sure = estimate(config, known)
    assert sure[1] / sure[0] < high / low, "what was measured brings the two ends together"


def test_photos_and_epochs_take_their_time(estimate):
    low, high = estimate(HEAD, {EXTRACT: 0.1, StageKey.TRAIN_HEAD: 0.01})
    assert low == pytest.approx(AROUND[0] + 0.9 * (36 * 0.1 + 24 * 8 * 0.01)), "it may end after eight epochs"
    assert high == pytest.approx(AROUND[1] + 1.15 * (36 * 0.1 + 24 * 30 * 0.01))


def test_features_that_are_there_take_none(trained):
    workspace, dataset, run = trained
    config = defaults_for("feature-extraction", image_size=run.config.image_size)
    assert _Work(workspace, dataset, config).extraction() == (0.0, 0.0)
    assert _Work(workspace, dataset, replace(config, image_size=32)).extraction()[0] > 0


def test_views_are_extracted_each(estimate):
    rates = {EXTRACT: 1.0, StageKey.TRAIN_HEAD: 0.0}
    once, often = estimate(HEAD, rates), estimate(replace(HEAD, rotation=9.0, views=4), rates)
    assert often[0] - once[0] == pytest.approx(0.9 * 3 * 24)


@pytest.mark.parametrize(
    ("rates", "extracted", "reason"),
    [
        ({EXTRACT: 0.1, JOINT: 0.2}, 0.2, "one pass gives both"),
        ({EXTRACT: 0.1}, 0.1, "a pass that gives both takes about as long"),
    ],
)
def test_a_network_that_adapts_takes_all_of_it(estimate, rates, extracted, reason):
    measured = {**rates, **TUNED, StageKey.ADAPT_BATCH_NORM: 0.05, StageKey.TRAIN_HEAD: 0.0}
    low, _ = estimate(HYBRID, measured)
    rows = 24 * HYBRID.views + 12
    tuning = 2 + 1 + 0.1 * 24 * HYBRID.fine_tune_epochs
    assert low == pytest.approx(AROUND[0] + 0.9 * (24 * 0.05 + rows * extracted + tuning)), reason


def test_a_network_without_batch_normalisation_adapts_none(estimate):
    rates = {EXTRACT: 0.1, **TUNED, StageKey.TRAIN_HEAD: 0.0}
    assert estimate(HYBRID, rates) is not None, "it was fine-tuned here, and nothing was measured"


def test_nobody_knows_how_long_a_download_takes(estimate, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    absent = replace(BUILT_IN, name="far-net", asset="", weights_url="https://a/b.h5", download_bytes=9_000_000)
    monkeypatch.setitem(registry.TABLE, "far-net", absent)
    config = replace(HEAD, backbone="far-net")
    assert estimate(config, {EXTRACT: 0.1}) is None


def test_the_number_of_photos_to_adapt_to_is_that_of_the_stage():
    assert MOST_ADAPTATION_PHOTOS == fine_tune_stages.ADAPTATION_PHOTOS
