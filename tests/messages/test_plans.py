"""What a run will do, in a sentence, with a time that is no more precise than what is known."""

from dataclasses import replace

import pytest

from tlcore.config import STRATEGIES, defaults_for
from tlcore.messages.plans import plan_message
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
    assert plan_message(defaults_for(strategy), BUILT_IN, 68, None) == f"{said}.", "nobody knows the time"
    assert plan_message(defaults_for(strategy), BUILT_IN, 68, (9, 11)) == f"{said}, about 10 s."


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_is_fetched_first_is_said(strategy, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    said = plan_message(defaults_for(strategy, backbone="far-net"), ABSENT, 1, None)
    assert said.startswith("Downloads FarNet (9.0 MB), then ") == (strategy != "scratch"), "random weights need none"
    assert "with 1 photo" in said
