"""What the strategies are called where somebody chooses one: the same on every page."""

import re

from tlcore.config import STRATEGIES, short_name
from tlcore.messages.quantities import capitalized


def name(strategy: str) -> str:
    """What a strategy is called: "Feature extraction"."""
    return capitalized(short_name(strategy))


def label(strategy: str) -> str:
    """Its name and what it does in Markdown, for a box to tick that looks like a card: "Hybrid Train …"."""
    sentence = re.sub(r" \([^)]*\)", "", STRATEGIES[strategy]).rstrip(".")
    return f"**{name(strategy)}** {sentence}"
