"""Why a strategy is recommended, in words, and the recommendation as JSON for the terminal."""

import pytest

from tests.recommendations import make_recommendation
from tlcore.advice import rule
from tlcore.advice.rule import LARGE_FROM, RULES, SIMILAR_FROM, find_close_strategies
from tlcore.config import short_name
from tlcore.messages import recommendation as messages
from tlcore.messages.recommendation import reason_message, recommendation_reason, recommendation_values


@pytest.mark.parametrize("strategy", ["feature-extraction", "hybrid", "fine-tuning"])
def test_whatever_the_rule_is_changed_to_there_is_a_sentence(monkeypatch, strategy):
    for module in (rule, messages):
        monkeypatch.setattr(module, "RULES", dict.fromkeys(RULES, strategy))
    for similarity in (0.1, 0.9):
        for num_photos in (100, 100_000):
            assert reason_message(similarity, (0.1, 0.2), num_photos, 200).endswith(".")


def test_the_reason_tells_the_figures_and_when_it_is_a_close_thing():
    clear, close = reason_message(0.86, (0.84, 0.88), 1000, 200), reason_message(0.66, (0.63, 0.69), 1000, 1)
    assert "0.86 of 1, likely range 0.84–0.88, from 200 photos" in clear
    assert "1,000 training photos, a small data set" in clear
    assert "knows photos like yours" in clear and "knows photos somewhat like yours" in close
    assert "a close call" in close and "a close call" not in clear
    assert "from 1 photo)" in close
    below, far = reason_message(0.53, (0.5, 0.56), 610, 200), reason_message(0.13, (0.1, 0.16), 610, 200)
    assert "only partly knows photos like yours" in below and "a close call" in below
    assert "has seen few photos like yours" in far and "a close call" not in far


@pytest.mark.parametrize(
    ("off", "num_photos"), [(0.0, 600), (-0.15, 600), (0.15, 600), (-0.17, 600), (0.17, 600), (-0.1, LARGE_FROM)]
)
def test_close_to_the_border_the_sentence_names_the_two_that_race(off, num_photos):
    similarity = SIMILAR_FROM + off
    interval = similarity - 0.03, similarity + 0.03
    found = find_close_strategies(similarity, interval, num_photos)
    words = reason_message(similarity, interval, num_photos, 200)
    assert ("a close call" in words) == bool(found)
    names = " against ".join(short_name(strategy) for strategy in found)
    assert words.endswith(f"race {names} to see which is better.") == bool(found)


@pytest.mark.parametrize(
    ("interval", "stored", "words", "reason"),
    [
        (None, "Because.", "Because.", "a file that does not have the interval has the sentence"),
        ((0.48, 0.52), "", reason_message(0.5, (0.48, 0.52), 24, 24), "made of the interval"),
    ],
)
def test_the_reason_of_older_files_is_the_one_that_they_hold(interval, stored, words, reason):
    assert recommendation_reason(make_recommendation(similarity_interval=interval, reason=stored)) == words, reason


def test_json_has_the_answer_first_and_the_keys_that_programs_know():
    found = make_recommendation(similarity_interval=(0.48, 0.52), reason="")
    values = recommendation_values(found)
    assert list(values)[:6] == ["similarity", "similar", "size", "quadrant", "strategy", "reason"]
    assert {"num_photos", "num_classes", "looked_at", "seen", "few", "mirrored", "rivals"} < set(values)
    assert values["reason"] == recommendation_reason(found) and values["looked_at"] == found.num_examined
