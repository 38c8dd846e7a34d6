"""What a whole training takes of memory: near what was measured, and refused before it begins where it cannot fit."""

import pytest

from tlcore.config import STRATEGIES, defaults_for
from tlcore.errors import UserError
from tlcore.features import training_memory
from tlcore.features.memory import total_memory
from tlcore.features.training_memory import NUM_OUTPUTS, check_training_memory, lighter_choices
from tlcore.models.registry import BACKBONES, BUILT_IN


@pytest.mark.parametrize(
    ("strategy", "settings", "measured_mb"),
    [
        ("feature-extraction", {"image_size": 160}, 853),
        ("feature-extraction", {"image_size": 224}, 867),
        ("hybrid", {"image_size": 160}, 1343),
        ("hybrid", {"image_size": 224}, 1558),
        ("fine-tuning", {"image_size": 96, "batch_size": 8}, 1299),
        ("fine-tuning", {"image_size": 160}, 1818),
        ("scratch", {"image_size": 96}, 1617),
        ("scratch", {"image_size": 224}, 3415),
    ],
)
def test_the_estimate_is_near_what_was_measured(strategy, settings, measured_mb):
    estimate = training_memory.training_memory(defaults_for(strategy, **settings), BUILT_IN) / 1e6
    assert 0.9 * measured_mb < estimate < 1.15 * measured_mb


def test_every_network_has_its_number():
    assert {spec.name for spec in BACKBONES} == set(NUM_OUTPUTS)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_more_layers_more_pixels_and_more_photos_take_more(strategy):
    def needed(**settings):
        return training_memory.training_memory(defaults_for(strategy, **settings), BUILT_IN)

    small, big = needed(image_size=96, batch_size=8), needed(image_size=224, batch_size=64)
    assert small == big if strategy == "feature-extraction" else small < big
    open_more = needed(unfreeze_from=BUILT_IN.blocks[-1].name)
    assert open_more >= needed()


@pytest.mark.parametrize(
    ("strategy", "fits", "fix", "reason"),
    [
        ("feature-extraction", True, "", "the default works on a machine of 1,000 MB"),
        ("hybrid", False, "Choose feature extraction", "this was killed there without a word"),
        ("scratch", False, "a smaller batch size (8)", "the same"),
    ],
)
def test_what_cannot_fit_is_refused_with_what_to_choose(tmp_path, strategy, fits, fix, reason):
    for name, value in (("memory.max", "1000000000"), ("memory.current", "5")):
        (tmp_path / name).write_text(value)
    config = defaults_for(strategy, image_size=160)
    if fits:
        check_training_memory(config, BUILT_IN, group=tmp_path)
        return
    with pytest.raises(UserError) as refused:
        check_training_memory(config, BUILT_IN, group=tmp_path)
    assert "of memory; this computer has 1.0 GB" in refused.value.what and fix in refused.value.fix, reason


def test_a_container_of_the_first_version_has_a_limit_too(tmp_path):
    (tmp_path / "memory").mkdir()
    for name, value in (("memory.limit_in_bytes", "700000000"), ("memory.usage_in_bytes", "5")):
        (tmp_path / "memory" / name).write_text(value)
    assert total_memory(tmp_path) == 700_000_000


def test_there_is_always_something_to_choose():
    small = defaults_for("feature-extraction", image_size=32)
    assert lighter_choices(small) == "fewer photos"
    assert "built-in network" in lighter_choices(defaults_for("hybrid", backbone="vgg16"))
