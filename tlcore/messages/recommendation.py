"""Why a strategy is recommended, in a few short sentences, and the recommendation as the terminal prints it in JSON."""

from typing import Any

from tlcore.advice.rule import RULES, Recommendation, find_close_strategies, find_quadrant
from tlcore.config import short_name
from tlcore.messages.quantities import count

CONSEQUENCES = {
    (True, "feature-extraction"): "So it can stay as it is, and only the last step learns.",
    (True, "hybrid"): "So the last step learns first, and then the top of the network may adapt.",
    (True, "fine-tuning"): "So all of the network may adapt, in small steps.",
    (False, "feature-extraction"): "Still, what it knows serves here, and only the last step learns.",
    (False, "hybrid"): "So the last step learns first, and then the top of the network adapts to your photos.",
    (False, "fine-tuning"): "So all of the network adapts to your photos, in small steps.",
}
"""What follows, by whether photos are similar to ImageNet's and by the strategy."""

FIRST_KEYS = ("similarity", "similar", "size", "quadrant", "strategy", "reason")


def recommendation_reason(recommendation: Recommendation) -> str:
    """Why the recommended strategy is the right one; of older files as they hold it."""
    if recommendation.similarity_interval is None:
        return recommendation.reason
    return reason_message(
        recommendation.similarity,
        recommendation.similarity_interval,
        recommendation.num_photos,
        recommendation.num_examined,
    )


def reason_message(similarity: float, interval: tuple[float, float], num_photos: int, num_examined: int) -> str:
    """Why the strategy of the quadrant is the right one, in a few short sentences.

    Args:
        similarity: 0–1. interval: where it plausibly lies (95%).
        num_photos: training photos. num_examined: photos that were examined.
    """
    similar, size, quadrant = find_quadrant(similarity, num_photos)
    close = [short_name(strategy) for strategy in find_close_strategies(similarity, interval, num_photos)]
    known = {
        (True, False): "The network knows photos like yours",
        (True, True): "The network knows photos somewhat like yours",
        (False, False): "The network has seen few photos like yours",
        (False, True): "The network knows photos like yours only in part",
    }[similar, bool(close)]
    measured = (
        f"similarity {similarity:.2f} of 1, plausibly {interval[0]:.2f}–{interval[1]:.2f}, "
        f"from {count(num_examined, 'photo')}"
    )
    amount = "few" if size == "small" else "many"
    border = (
        f" This is close to the border: a race of {' against '.join(close)} shows which is better." if close else ""
    )
    number = "one photo to learn from is" if num_photos == 1 else f"{num_photos:,} to learn from are"
    return f"{known} ({measured}), and {number} {amount}. {CONSEQUENCES[similar, RULES[quadrant]]}{border}"


def recommendation_values(recommendation: Recommendation) -> dict[str, Any]:
    """A recommendation for JSON, the answer with its reason first."""
    values = recommendation.to_dict() | {"reason": recommendation_reason(recommendation)}
    return {key: values[key] for key in FIRST_KEYS} | values
