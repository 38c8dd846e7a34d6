"""A network as the parts it is drawn in: how many weights each has, and which of them learn. From the table alone."""

from dataclasses import dataclass

from tlcore.config import TrainConfig
from tlcore.models.registry import BackboneSpec, Block, lowest_unfrozen_block

BELOW, LAST = "first layers", "new head"


@dataclass(frozen=True)
class Part:
    """A part of a network. `num_weights` is None where it depends on the size of the photos."""

    name: str
    num_weights: int | None
    learns: bool


def network_parts(spec: BackboneSpec, config: TrainConfig, num_classes: int) -> list[Part]:
    """The parts from the photo up to the classes, the head (last step) included, and which of them the strategy trains.

    The classifier for ImageNet is left out, since it is replaced. Batch normalisation is not counted: it stays as
    pretrained, except from scratch.
    """
    lowest = _lowest_unfrozen(spec, config)
    upward = list(reversed(spec.blocks))
    sizes = [spec.num_weights - (upward[0].num_weights if upward else 0)] + [
        block.num_weights - (above.num_weights if above else 0)
        for block, above in zip(upward, [*upward[1:], None][: len(upward)], strict=True)
    ]
    everything = config.fine_tunes and not config.partly_frozen
    parts, unfrozen = [], everything
    for name, size in zip([BELOW, *(block.name for block in upward)], sizes, strict=True):
        unfrozen = unfrozen or (lowest is not None and name == lowest.name)
        parts.append(Part(name, size, unfrozen))
    return [*parts, Part(LAST, head_weights(spec, config, num_classes), True)]


def head_weights(spec: BackboneSpec, config: TrainConfig, num_classes: int) -> int | None:
    """The weights of the head; None for a flattened one, which grows with the photos."""
    if config.head == "flatten":
        return None
    sizes = [spec.feature_size, *([config.hidden_units] if config.hidden_units else []), num_classes]
    return sum(below * above + above for below, above in zip(sizes, sizes[1:], strict=False))


def _lowest_unfrozen(spec: BackboneSpec, config: TrainConfig) -> Block | None:
    """The lowest block that is unfrozen; for a number of layers, the next one of the table that holds them all."""
    if not config.partly_frozen:
        return None
    if config.num_unfrozen_layers:
        holds = [block for block in spec.blocks if block.num_layers >= config.num_unfrozen_layers]
        return holds[0] if holds else spec.blocks[-1]
    return lowest_unfrozen_block(spec, config.unfreeze_from)
