"""How much better a training did on its own photos, in words."""

from tlcore.evaluation.overfitting import Gap
from tlcore.messages.quantities import count, percent
from tlcore.messages.scores import score_message


def gap_message(gap: Gap, num_validation: int) -> str:
    """How much better a model does on its training photos, and whether that could be chance.

    Args:
        num_validation: photos that `gap.validation` is a share of.
    """
    correct = round(gap.validation * num_validation)
    points = round(100 * gap.training) - round(100 * gap.validation)
    wide = count(points, "point") if points > 0 else "less than a point"
    start = (
        f"In epoch {gap.epoch}, the one that was kept: training photos {percent(gap.training)} correct, validation "
        f"photos {score_message(correct, num_validation, gap.low, gap.high)}."
    )
    if gap.beyond_chance:
        verdict = f"The gap of {wide} is larger than chance: the model has memorised some of its photos (overfitting)."
    elif points > 0:
        verdict = f"The gap of {count(points, 'point')} could be chance."
    else:
        verdict = (
            "There is no gap. While training, photos are varied (augmentation) and some features are hidden "
            "(dropout), which makes the training photos harder."
        )
    later = (
        " After that epoch the validation loss rose while the training loss kept falling: this is what overfitting "
        "looks like."
    )
    return f"{start} {verdict}{later if gap.climbs else ''}"
