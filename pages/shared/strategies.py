"""What the strategies are called where somebody chooses one: the same on every page."""

import re

from tlcore.config import STRATEGIES, short_name
from tlcore.messages.quantities import capitalized


def name(strategy: str) -> str:
    """What a strategy is called: "Feature extraction"."""
    return capitalized(short_name(strategy))


def sentence(strategy: str) -> str:
    """What it does, as a label: "Train the head first, then …"."""
    return re.sub(r" \([^)]*\)", "", STRATEGIES[strategy]).rstrip(".")
