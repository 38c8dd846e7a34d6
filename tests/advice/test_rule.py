"""The rule: every quadrant has a strategy and a sentence, borders are where they are drawn, JSON keeps everything."""

import json
from dataclasses import FrozenInstanceError

import pytest

from tlcore.advice import rule as recommend
from tlcore.advice.rule import (
    LARGE_FROM,
    RULES,
    SIMILAR_FROM,
    FewShotAccuracy,
    LabelChangingFlip,
    Recommendation,
    Seen,
    give_reason,
    place,
    rivals,
)
from tlcore.config import STRATEGIES, short_name

ADVICE = Recommendation(
    similarity=0.85,
    similar=True,
    num_photos=980,
    num_classes=2,
    size="small",
    quadrant="small-similar",
    strategy="feature-extraction",
    reason="Because.",
    looked_at=200,
    seen=(Seen("ab", "cats/1.jpg", "cats", (("tabby", 0.7), ("Egyptian cat", 0.2), ("lynx", 0.05))),),
    few=(FewShotAccuracy(1, 0.8, 0.5), FewShotAccuracy(2, 0.9, 0.5)),
    mirrored=(LabelChangingFlip("horizontal_flip", "6", "4", 0.8),),
    rivals=("feature-extraction", "hybrid"),
)


def test_json_keeps_everything():
    assert Recommendation.from_dict(json.loads(json.dumps(ADVICE.to_dict()))) == ADVICE


@pytest.mark.parametrize("missing", ["similarity", "seen", "few", "rivals"])
def test_an_advice_of_another_version_is_refused(missing):
    values = ADVICE.to_dict()
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
    similar, size, found = place(similarity, num_photos)
    assert found == quadrant == f"{size}-{'similar' if similar else 'different'}", reason


def test_every_quadrant_has_a_strategy_and_every_strategy_a_sentence(monkeypatch):
    assert set(RULES) == {"small-similar", "small-different", "large-similar", "large-different"}
    assert set(RULES.values()) <= set(STRATEGIES)
    for strategy in ("feature-extraction", "hybrid", "fine-tuning"):  # whatever the rule is changed to
        monkeypatch.setattr(recommend, "RULES", dict.fromkeys(RULES, strategy))
        for similarity in (0.1, 0.9):
            for num_photos in (100, 100_000):
                assert give_reason(similarity, (0.1, 0.2), num_photos, 200).endswith(".")


def test_the_reason_tells_the_figures_and_when_it_is_a_close_thing():
    clear, close = give_reason(0.86, (0.84, 0.88), 1000, 200), give_reason(0.66, (0.63, 0.69), 1000, 1)
    assert "0.86 of 1, plausibly 0.84–0.88, from 200 photos" in clear and "1,000 to learn from are few" in clear
    assert "knows photos like yours" in clear and "knows photos somewhat like yours" in close
    assert "close to the border" in close and "close to the border" not in clear
    assert "from 1 photo)" in close
    below, far = give_reason(0.53, (0.5, 0.56), 610, 200), give_reason(0.13, (0.1, 0.16), 610, 200)
    assert "knows photos like yours only in part" in below and "close to the border" in below
    assert "has seen few photos like yours" in far and "close to the border" not in far


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
    assert rivals(similarity, interval, num_photos) == found, reason
    said = give_reason(similarity, interval, num_photos, 200)
    assert ("close to the border" in said) == bool(found), reason
    names = " against ".join(short_name(strategy) for strategy in found)
    assert said.endswith(f"a race of {names} shows which is better.") == bool(found), reason


def test_there_is_no_race_where_both_sides_get_the_same_advice(monkeypatch):
    monkeypatch.setattr(recommend, "RULES", dict.fromkeys(RULES, "hybrid"))
    assert rivals(SIMILAR_FROM, (SIMILAR_FROM, SIMILAR_FROM), 600) == ()


def test_an_advice_can_be_changed_only_by_making_another():
    with pytest.raises(FrozenInstanceError):
        ADVICE.strategy = "hybrid"
