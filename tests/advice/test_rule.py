"""The rule: every quadrant has a strategy, borders are where they are drawn, JSON keeps everything."""

import json
from dataclasses import FrozenInstanceError, replace

import pytest

from tlcore.advice import rule
from tlcore.advice.rule import (
    LARGE_FROM,
    RULES,
    SIMILAR_FROM,
    ExaminedPhoto,
    FewShotAccuracy,
    LabelChangingFlip,
    Recommendation,
    find_close_strategies,
    find_quadrant,
)
from tlcore.config import STRATEGIES

RECOMMENDATION = Recommendation(
    similarity=0.85,
    similar=True,
    num_photos=980,
    num_classes=2,
    size="small",
    quadrant="small-similar",
    strategy="feature-extraction",
    num_examined=200,
    examined=(ExaminedPhoto("ab", "cats/1.jpg", "cats", (("tabby", 0.7), ("Egyptian cat", 0.2), ("lynx", 0.05))),),
    few_shot=(FewShotAccuracy(1, 0.8, 0.5), FewShotAccuracy(2, 0.9, 0.5)),
    label_changing_flips=(LabelChangingFlip("horizontal_flip", "6", "4", 0.8),),
    close_strategies=("feature-extraction", "hybrid"),
    similarity_interval=(0.8, 0.9),
)


def test_json_keeps_everything():
    assert Recommendation.from_dict(json.loads(json.dumps(RECOMMENDATION.to_dict()))) == RECOMMENDATION


def test_a_file_of_the_version_before_is_read():
    """As `advice.json` was written before the interval was kept: with the sentence instead."""
    text = """{"similarity": 0.85, "similar": true, "num_photos": 980, "num_classes": 2, "size": "small",
        "quadrant": "small-similar", "strategy": "feature-extraction", "reason": "Because.", "looked_at": 200,
        "seen": [{"sha256": "ab", "path": "cats/1.jpg", "label": "cats",
                  "guesses": [["tabby", 0.7], ["Egyptian cat", 0.2], ["lynx", 0.05]]}],
        "few": [{"per_class": 1, "features": 0.8, "pixels": 0.5}, {"per_class": 2, "features": 0.9, "pixels": 0.5}],
        "mirrored": [{"change": "horizontal_flip", "label": "6", "becomes": "4", "share": 0.8}],
        "rivals": ["feature-extraction", "hybrid"]}"""
    expected = replace(RECOMMENDATION, similarity_interval=None, reason="Because.")
    assert Recommendation.from_dict(json.loads(text)) == expected
    assert set(json.loads(text)) | {"similarity_interval"} == set(RECOMMENDATION.to_dict()), "the keys stay"


@pytest.mark.parametrize("missing", ["similarity", "seen", "few", "rivals"])
def test_a_recommendation_of_another_version_is_refused(missing):
    values = RECOMMENDATION.to_dict()
    del values[missing]
    with pytest.raises((KeyError, TypeError)):
        Recommendation.from_dict(values)


@pytest.mark.parametrize(
    ("similarity", "num_photos", "quadrant", "reason"),
    [
        (0.86, 1000, "small-similar", "cats and dogs"),
        (0.13, 1259, "small-different", "digits"),
        (0.55, 610, "small-different", "emoji: adapting brings them a little"),
        (SIMILAR_FROM, LARGE_FROM, "large-similar", "the borders belong to the upper side"),
        (SIMILAR_FROM - 1e-6, LARGE_FROM, "large-different", "just below"),
        (SIMILAR_FROM, LARGE_FROM - 1, "small-similar", "one photo fewer"),
    ],
)
def test_the_quadrant(similarity, num_photos, quadrant, reason):
    similar, size, found = find_quadrant(similarity, num_photos)
    assert found == quadrant == f"{size}-{'similar' if similar else 'different'}", reason


def test_every_quadrant_has_a_strategy():
    assert set(RULES) == {"small-similar", "small-different", "large-similar", "large-different"}
    assert set(RULES.values()) <= set(STRATEGIES)


@pytest.mark.parametrize(
    ("off", "spread", "num_photos", "found", "reason"),
    [
        (0.0, 0.03, 600, ("feature-extraction", "hybrid"), "on the border itself, which belongs to the similar ones"),
        (-0.15, 0.03, 600, ("hybrid", "feature-extraction"), "as far as is still close, below it"),
        (0.15, 0.03, 600, ("feature-extraction", "hybrid"), "as far as is still close, above it"),
        (-0.17, 0.03, 600, (), "clearly different"),
        (0.17, 0.03, 600, (), "clearly similar"),
        (-0.2, 0.25, 600, ("hybrid", "feature-extraction"), "farther off, but so few photos that nobody can know"),
        (-0.1, 0.03, LARGE_FROM, ("fine-tuning", "hybrid"), "many photos: other strategies meet there"),
    ],
)
def test_who_races_close_to_the_border(off, spread, num_photos, found, reason):
    similarity = SIMILAR_FROM + off
    interval = similarity - spread, similarity + spread
    assert find_close_strategies(similarity, interval, num_photos) == found, reason


def test_there_is_no_race_where_both_sides_get_the_same_advice(monkeypatch):
    monkeypatch.setattr(rule, "RULES", dict.fromkeys(RULES, "hybrid"))
    assert find_close_strategies(SIMILAR_FROM, (SIMILAR_FROM, SIMILAR_FROM), 600) == ()


def test_a_recommendation_can_be_changed_only_by_making_another():
    with pytest.raises(FrozenInstanceError):
        RECOMMENDATION.strategy = "hybrid"
