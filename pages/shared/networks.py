"""A pretrained network in a list to choose from, in words."""

from tlcore.messages.quantities import format_bytes
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights_cache import is_present


def backbone_label(spec: BackboneSpec) -> str:
    """A network in the list: its title, how often it is right, and whether it has to be fetched first."""
    right = "" if spec.imagenet_top1 is None else f" · {spec.imagenet_top1 * 100:.0f}% right"
    return f"{spec.title}{right} · {place_message(spec)}"


def place_message(spec: BackboneSpec) -> str:
    """Where its weights are."""
    if spec.built_in:
        return "built in"
    return "on this machine" if is_present(spec) else f"download of {format_bytes(spec.download_bytes)}"
