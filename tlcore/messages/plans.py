"""What a run will do, in a sentence, before anybody starts it."""

import math

from tlcore.config import TrainConfig
from tlcore.messages.durations import CLOSE
from tlcore.messages.quantities import count, format_bytes
from tlcore.models.registry import find_backbone
from tlcore.models.weights_cache import is_present


def plan_message(config: TrainConfig, num_photos: int, seconds: tuple[float, float] | None) -> str:
    """What will happen: "Trains a new head on EfficientNet-Lite0 with 68 photos, about 10 s."

    Args:
        num_photos: training photos.
        seconds: until the test figures, at least and at most; None where nobody knows.
    """
    spec, photos = find_backbone(config.backbone), count(num_photos, "photo")
    what = {
        "feature-extraction": f"Trains a new head on {spec.title} with {photos}",
        "hybrid": f"Trains a new head on {spec.title} with {photos}, then fine-tunes the top of the network",
        "fine-tuning": f"Fine-tunes all of {spec.title} with {photos}",
        "scratch": f"Trains {spec.title} from random weights with {photos}",
    }[config.strategy]
    if config.pretrained and not is_present(spec):
        what = f"Downloads {spec.title} ({format_bytes(spec.download_bytes)}), then {what[0].lower()}{what[1:]}"
    return f"{what}, {about_message(*seconds)}." if seconds else f"{what}."


def about_message(low: float, high: float) -> str:
    """A time that nobody knows exactly: "a few seconds", "about 10 s", "15 to 40 s", "about 4 minutes"."""
    if high <= 5:
        return "a few seconds"
    close = high <= CLOSE * low or high <= 15
    middle = (low + high) / 2
    if high < 90:
        if close:
            return f"about {max(5, 5 * round(middle / 5))} s"
        return f"{max(5, 5 * int(low / 5))} to {5 * math.ceil(high / 5)} s"
    if high < 90 * 60:
        least, most = max(1, round(low / 60)), math.ceil(high / 60)
        if close or least == most:
            return f"about {count(max(1, round(middle / 60)), 'minute')}"
        return f"{least} to {most} minutes"
    least, most = max(1, round(low / 3600)), math.ceil(high / 3600)
    return f"about {count(most, 'hour')}" if close or least == most else f"{least} to {most} hours"
