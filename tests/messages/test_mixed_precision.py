"""A run says in which precision it was fine-tuned, and nothing where nobody can know."""

import pytest

from tlcore.events import EpochEnd, decode, encode
from tlcore.messages.mixed_precision import dtype_policy_of, mixed_precision_message


def epoch(phase: str, policy: str) -> EpochEnd:
    return EpochEnd(1, 2, 0.5, 0.8, 0.6, 0.7, 1.0, phase=phase, dtype_policy=policy)


@pytest.mark.parametrize(
    ("policies", "policy", "words", "reason"),
    [
        (["", "mixed_bfloat16"], "mixed_bfloat16", "in 16 bits", "the head's epochs have none"),
        (["", "float32"], "float32", "in 32 bits", "a network of depthwise convolutions"),
        ([""], "", "", "the network stayed frozen, or an older version trained it"),
        ([], "", "", "it has not begun"),
    ],
)
def test_what_is_told_is_what_the_epochs_had(policies, policy, words, reason):
    epochs = [decode(encode(epoch("fine_tune" if each else "head", each))) for each in policies]
    assert dtype_policy_of(epochs) == policy, reason
    message = mixed_precision_message(epochs)
    assert words in message and bool(message) == bool(words), reason
