"""A pretrained network in a list to choose from, in words."""

from tlcore.messages.quantities import format_bytes, percent
from tlcore.models.registry import BUILT_IN
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights_cache import bytes_to_fetch, is_present

FAST, MEDIUM = 3.0, 15.0  # the most work of one photo, as a multiple of the built-in network's


def backbone_label(spec: BackboneSpec) -> str:
    """A network in the list: its title, how accurate it is, and whether it has to be fetched first."""
    accurate = "" if spec.imagenet_top1 is None else f" · {percent(spec.imagenet_top1)} accurate"
    return f"{spec.title}{accurate} · {place_message(spec)}"


def place_message(spec: BackboneSpec) -> str:
    """Where its weights are: "built in", "downloaded", "12 MB download"."""
    if not spec.is_downloaded:
        return "built in" if spec.built_in else "added by you"
    return "downloaded" if is_present(spec) else f"{format_bytes(bytes_to_fetch(spec))} download"


def num_bytes(spec: BackboneSpec) -> int:
    """How large the weights are; 4 bytes a parameter for those that come with the program."""
    return spec.download_bytes or 4 * spec.parameters


def relative_work(spec: BackboneSpec) -> float:
    """The work of one photo, as a multiple of the built-in network's."""
    return spec.multiply_adds / BUILT_IN.multiply_adds


def speed_word(spec: BackboneSpec) -> str:
    """How fast it is: "fast", "medium speed", "slow"."""
    times = relative_work(spec)
    return "fast" if times <= FAST else "medium speed" if times <= MEDIUM else "slow"
