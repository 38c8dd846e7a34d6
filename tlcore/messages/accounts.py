"""What somebody made before he logged in, and what becomes of it, in words."""

from tlcore.messages.quantities import count
from tlcore.storage.handover import Handover


def offer_message(plan: Handover) -> str:
    """What would come along: "Before you logged in, this browser made 2 data sets (70 photos) and 1 run."."""
    return f"Before you logged in, you had {things_message(plan)} in this browser."


def things_message(plan: Handover) -> str:
    """What there is: "2 data sets (70 photos), 1 run and 1 race"."""
    photos = f" ({count(plan.photos, 'photo')})" if plan.datasets else ""
    parts = [
        count(number, one, many) + after
        for number, one, many, after in (
            (plan.datasets, "data set", "", photos),
            (plan.runs, "run", "", ""),
            (plan.comparisons, "race", "", ""),
            (plan.networks, "network", "", ""),
            (plan.uploads, "unfinished upload", "", ""),
            (plan.shared, "item shared with you", "items shared with you", ""),
        )
        if number
    ]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) if parts else "nothing"


def taken_message(plan: Handover) -> str:
    """That it was done."""
    return f"Added to your account: {things_message(plan)}."
