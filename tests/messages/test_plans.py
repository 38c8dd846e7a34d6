"""What a run will do, in a sentence, with a time that is no more precise than what is known."""

from dataclasses import replace

import pytest

from tlcore.config import STRATEGIES, defaults_for
from tlcore.messages.plans import about_message, plan_message
from tlcore.models import registry
from tlcore.models.registry import BUILT_IN

ABSENT = replace(BUILT_IN, name="far-net", title="FarNet", asset="", weights_url="https://a/b.h5", download_bytes=9e6)


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("feature-extraction", "Trains a new head on EfficientNet-Lite0 with 68 photos"),
        ("hybrid", "Trains a new head on EfficientNet-Lite0 with 68 photos, then fine-tunes the top of the network"),
        ("fine-tuning", "Fine-tunes all of EfficientNet-Lite0 with 68 photos"),
        ("scratch", "Trains EfficientNet-Lite0 from random weights with 68 photos"),
    ],
)
def test_each_strategy_says_what_it_does(strategy, said):
    assert plan_message(defaults_for(strategy), 68, None) == f"{said}.", "nobody knows the time"
    assert plan_message(defaults_for(strategy), 68, (9, 11)) == f"{said}, about 10 s."


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_is_fetched_first_is_said(strategy, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(registry, "BACKBONES", (BUILT_IN, ABSENT))
    said = plan_message(defaults_for(strategy, backbone="far-net"), 1, None)
    assert said.startswith("Downloads FarNet (9.0 MB), then ") == (strategy != "scratch"), "random weights need none"
    assert "with 1 photo" in said


@pytest.mark.parametrize(
    ("low", "high", "said", "reason"),
    [
        (0.3, 4.9, "a few seconds", "nobody counts those"),
        (9, 12, "about 10 s", "the two ends are close"),
        (2, 13, "about 10 s", "nor is that much of a difference"),
        (15, 40, "15 to 40 s", "two ends that are far apart are both told"),
        (62, 80, "about 70 s", "below a minute and a half seconds are clearer"),
        (200, 260, "about 4 minutes", "close"),
        (61, 200, "1 to 4 minutes", "far apart"),
        (85, 95, "about 2 minutes", "rounded"),
        (3600, 4000, "about 63 minutes", "an hour and a bit"),
        (7000, 8000, "about 3 hours", "upwards, since nobody minds less"),
        (3600, 20000, "1 to 6 hours", "far apart"),
    ],
)
def test_a_time_is_no_more_precise_than_what_is_known(low, high, said, reason):
    assert about_message(low, high) == said, reason
