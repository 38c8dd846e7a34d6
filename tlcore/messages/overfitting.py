"""How much better a training did on its own photos, in words."""

from tlcore.evaluation.overfitting import Gap
from tlcore.messages.quantities import count, percent, percent_range


def gap_message(gap: Gap, num_validation: int) -> str:
    """How much better it knows its own photos, and whether that is more than chance.

    Args:
        num_validation: photos that `gap.validation` is a share of.
    """
    right = round(gap.validation * num_validation)
    points = round(100 * gap.training) - round(100 * gap.validation)
    wide = count(points, "point") if points > 0 else "less than a point"
    start = (
        f"In round {gap.epoch}, the one that was kept, {percent(gap.training)} of the training photos were right and "
        f"{right:,} of {num_validation:,} validation photos ({percent(gap.validation)}; plausibly "
        f"{percent_range(gap.low, gap.high)})."
    )
    if gap.beyond_chance:
        verdict = f"The gap of {wide} is larger than chance: some of it was learned by heart."
    elif points > 0:
        verdict = f"The gap of {count(points, 'point')} may be chance."
    else:
        verdict = (
            "There is no gap. While it learns, photos are varied and some of what it saw is hidden, so that "
            "training is the harder task."
        )
    later = (
        " After that round its validation loss rose again while the training loss went on falling: this is what "
        "over-fitting looks like."
    )
    return f"{start} {verdict}{later if gap.climbs else ''}"
