"""The verdict on two models, in a sentence."""

import pytest

from tlcore.evaluation.significance import Verdict
from tlcore.messages.verdicts import verdict_message

NAMES = {"a": "hybrid", "b": "feature extraction", "c": "EfficientNet-Lite0"}


@pytest.mark.parametrize(
    ("verdict", "words", "reason"),
    [
        (
            Verdict("a", "b", 5, 3, 0.73),
            "Hybrid got 5 photos correct that feature extraction got wrong, and 3 the "
            "other way round: the difference could be chance.",
            "the usual",
        ),
        (
            Verdict("a", "b", 1, 0, 1.0),
            "Hybrid got 1 photo correct that feature extraction got wrong, and 0 the "
            "other way round: the difference could be chance.",
            "one photo",
        ),
        (
            Verdict("a", "b", 1_250, 3, 0.0),
            "Hybrid got 1,250 photos correct that feature extraction got wrong, and 3 "
            "the other way round: the difference is larger than chance.",
            "a finding",
        ),
        (
            Verdict("b", "c", 0, 0, 1.0),
            "Feature extraction and EfficientNet-Lite0 got exactly the same photos correct: no difference.",
            "the same answers",
        ),
    ],
)
def test_the_verdict_in_a_sentence(verdict, words, reason):
    assert verdict_message(verdict, NAMES) == words, reason
