"""What a run will do, in a sentence, before anybody starts it."""

from tlcore.config import TrainConfig
from tlcore.messages.durations import about_message
from tlcore.messages.quantities import count, format_bytes
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights_cache import bytes_to_fetch, is_present


def plan_message(config: TrainConfig, spec: BackboneSpec, num_photos: int, seconds: tuple[float, float] | None) -> str:
    """What will happen: "Trains a new head on EfficientNet-Lite0 with 68 photos, about 10 s."

    Args:
        spec: the network of the config.
        num_photos: training photos.
        seconds: until the test figures, at least and at most; None where nobody knows.
    """
    photos = count(num_photos, "photo")
    what = {
        "feature-extraction": f"Trains a new head on {spec.title} with {photos}",
        "hybrid": f"Trains a new head on {spec.title} with {photos}, then fine-tunes the top of the network",
        "fine-tuning": f"Fine-tunes all of {spec.title} with {photos}",
        "scratch": f"Trains {spec.title} from random weights with {photos}",
    }[config.strategy]
    if config.pretrained and not is_present(spec):
        what = f"Downloads {spec.title} ({format_bytes(bytes_to_fetch(spec))}), then {what[0].lower()}{what[1:]}"
    return f"{what}, {about_message(*seconds)}." if seconds else f"{what}."
