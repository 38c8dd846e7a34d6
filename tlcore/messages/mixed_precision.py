"""In which precision a run was fine-tuned, in words."""

from collections.abc import Sequence

from tlcore.events import EpochEnd

_WORDS = {
    "mixed_bfloat16": "Fine-tuned in 16 bits (mixed precision, bfloat16); validated and tested in 32 bits.",
    "float32": "Fine-tuned in 32 bits.",
}


def dtype_policy_of(epochs: Sequence[EpochEnd]) -> str:
    """The Keras dtype policy by which a network was trained; "" where it stayed frozen or an older version ran."""
    return next((end.dtype_policy for end in reversed(epochs) if end.dtype_policy), "")


def mixed_precision_message(epochs: Sequence[EpochEnd]) -> str:
    """The sentence beside a run's settings; "" where there is nothing to tell."""
    return _WORDS.get(dtype_policy_of(epochs), "")
