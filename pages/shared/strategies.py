"""What the strategies are called where somebody chooses one: the same on every page."""

import re

from tlcore.config import STRATEGIES, short_name
from tlcore.messages.quantities import capitalized


def name(strategy: str) -> str:
    """What a strategy is called: "Feature extraction"."""
    return capitalized(short_name(strategy))


def label(strategy: str) -> str:
    """Its name and what it does, for a box to tick: "Hybrid: train the head first, then …"."""
    sentence = re.sub(r" \([^)]*\)", "", STRATEGIES[strategy]).rstrip(".")
    return f"{name(strategy)}: {sentence[:1].lower()}{sentence[1:]}"
