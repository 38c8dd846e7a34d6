"""A network as parts: they add up, and those train that the strategy unfreezes."""

from dataclasses import replace

import pytest

from tlcore.config import TrainConfig, defaults_for
from tlcore.models.parts import LAST, head_weights, network_parts
from tlcore.models.registry import BACKBONES, BUILT_IN, TABLE, auto_block


@pytest.mark.parametrize("spec", BACKBONES, ids=lambda spec: spec.name)
def test_the_parts_add_up_to_the_network(spec):
    parts = network_parts(spec, TrainConfig(backbone=spec.name), 7)
    assert sum(part.num_weights for part in parts[:-1]) == spec.num_weights < spec.parameters
    assert all(part.num_weights > 0 for part in parts)
    assert [part.name for part in parts[1:-1]] == [block.name for block in reversed(spec.blocks)]


@pytest.mark.parametrize(
    ("config", "lowest", "reason"),
    [
        (defaults_for("feature-extraction"), LAST, "only the new head is trained"),
        (defaults_for("hybrid"), auto_block(BUILT_IN).name, "the upper third"),
        (defaults_for("hybrid", unfreeze_from="block7a"), "block7a", "as the person chose"),
        (defaults_for("hybrid", num_unfrozen_layers=3), "head", "as many layers as the top block has"),
        (defaults_for("hybrid", num_unfrozen_layers=4), "block7a", "one more: the next block that holds them"),
        (defaults_for("hybrid", num_unfrozen_layers=2000), "block1a", "more layers than there are blocks for"),
        (defaults_for("fine-tuning"), "first layers", "everything"),
        (defaults_for("scratch"), "first layers", "everything"),
    ],
)
def test_what_learns_is_all_from_the_lowest_unfrozen_part_up(config, lowest, reason):
    parts = network_parts(BUILT_IN, config, 7)
    names = [part.name for part in parts]
    assert [part.learns for part in parts] == [index >= names.index(lowest) for index in range(len(parts))], reason


def test_the_upper_third_is_a_third_of_the_layers():
    block = auto_block(BUILT_IN)
    above = [each for each in BUILT_IN.blocks if each.num_layers < block.num_layers]
    assert above[-1].num_layers < BUILT_IN.blocks[-1].num_layers / 3 <= block.num_layers


@pytest.mark.parametrize(
    ("changes", "weights", "reason"),
    [
        ({}, 1280 * 7 + 7, "a weight for each feature and class, and one a class"),
        ({"hidden_units": 10}, 1280 * 10 + 10 + 10 * 7 + 7, "a layer between"),
        ({"head": "flatten"}, None, "it grows with the photos"),
    ],
)
def test_the_weights_of_the_head(changes, weights, reason):
    assert head_weights(BUILT_IN, replace(TrainConfig(), **changes), 7) == weights, reason


def test_the_unfrozen_part_of_vgg16_has_the_weights_of_its_recipe():
    """Three convolutions of 3 × 3 on 512 channels: 7,079,424 weights, as Chollet's fine-tuning recipe has them."""
    vgg16 = TABLE["vgg16"]
    parts = network_parts(vgg16, defaults_for("hybrid", unfreeze_from="block5", backbone="vgg16"), 2)
    assert [part.num_weights for part in parts if part.learns] == [7_079_424, 512 * 2 + 2]
