"""Why a strategy is recommended, in a few short sentences, and the recommendation as the terminal prints it in JSON."""

from typing import Any

from tlcore.advice.rule import RULES, Recommendation, find_close_strategies, find_quadrant
from tlcore.config import short_name
from tlcore.messages.quantities import count

CONSEQUENCES = {
    (True, "feature-extraction"): "So the network can stay frozen, and only a new head is trained.",
    (True, "hybrid"): "So the head is trained first, and then the top layers are fine-tuned.",
    (True, "fine-tuning"): "So the whole network can be fine-tuned, in small steps.",
    (False, "feature-extraction"): "What it knows still helps here, so only a new head is trained.",
    (False, "hybrid"): "So the head is trained first, and then the top layers are fine-tuned on your photos.",
    (False, "fine-tuning"): "So the whole network is fine-tuned on your photos, in small steps.",
}
"""What follows, by whether photos are similar to ImageNet's and by the strategy."""

FIRST_KEYS = ("similarity", "similar", "size", "quadrant", "strategy", "reason")


def recommendation_reason(recommendation: Recommendation) -> str:
    """Why the strategy is recommended; older files hold the sentence itself."""
    if recommendation.similarity_interval is None:
        return recommendation.reason
    return reason_message(
        recommendation.similarity,
        recommendation.similarity_interval,
        recommendation.num_photos,
        recommendation.num_examined,
    )


def reason_message(similarity: float, interval: tuple[float, float], num_photos: int, num_examined: int) -> str:
    """Why the strategy of the quadrant is recommended, in a few short sentences.

    Args:
        similarity: 0–1. interval: its likely range (95%).
        num_photos: training photos. num_examined: photos that were examined.
    """
    similar, size, quadrant = find_quadrant(similarity, num_photos)
    close = [short_name(strategy) for strategy in find_close_strategies(similarity, interval, num_photos)]
    known = {
        (True, False): "The network knows photos like yours",
        (True, True): "The network knows photos somewhat like yours",
        (False, False): "The network has seen few photos like yours",
        (False, True): "The network only partly knows photos like yours",
    }[similar, bool(close)]
    measured = (
        f"similarity {similarity:.2f} of 1, likely range {interval[0]:.2f}–{interval[1]:.2f}, "
        f"from {count(num_examined, 'photo')}"
    )
    amount = f"{count(num_photos, 'training photo')}, a {size} data set"
    border = f" It is a close call: race {' against '.join(close)} to see which is better." if close else ""
    return f"{known} ({measured}). You have {amount}. {CONSEQUENCES[similar, RULES[quadrant]]}{border}"


def recommendation_values(recommendation: Recommendation) -> dict[str, Any]:
    """A recommendation for JSON, the answer with its reason first."""
    values = recommendation.to_dict() | {"reason": recommendation_reason(recommendation)}
    return {key: values[key] for key in FIRST_KEYS} | values
