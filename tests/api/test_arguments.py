"""The settings of a training, as callers write them."""

import pytest

from tlcore.api.arguments import make_config, take_workspace
from tlcore.api.comparison import make_configs
from tlcore.config import RENAMED_FIELDS, defaults_for
from tlcore.errors import UserError
from tlcore.workspace import open_workspace

LITE = "efficientnet-lite0"


@pytest.mark.parametrize(
    ("strategy", "backbone", "settings", "expected", "reason"),
    [
        ("feature-extraction", LITE, {}, defaults_for("feature-extraction"), "all as it is right for the strategy"),
        ("hybrid", LITE, {"epochs": 3}, defaults_for("hybrid", epochs=3), "a setting over the strategy's defaults"),
        ("feature-extraction", "inception-v3", {}, {"image_size": 299}, "the network's own image size"),
        ("fine-tuning", "inception-v3", {}, {"image_size": 160}, "no more than the strategy's where it adapts"),
        ("scratch", LITE, {"image_size": 64}, {"image_size": 64}, "an image size that was given"),
        ("hybrid", LITE, {"open_epochs": 2}, {"fine_tune_epochs": 2}, "a name of version 0.1.0"),
    ],
)
def test_settings_go_over_what_is_right_for_strategy_and_network(
    strategy, backbone, settings, expected, reason, tmp_path
):
    config = make_config(strategy, backbone, settings, open_workspace(tmp_path))
    values = expected if isinstance(expected, dict) else expected.to_dict()
    assert config.strategy == strategy and config.backbone == backbone
    assert {name: config.to_dict()[name] for name in values} == values, reason


@pytest.mark.parametrize(("old", "new"), RENAMED_FIELDS.items())
def test_every_old_name_is_taken_once(old, new, tmp_path):
    value = "auto" if new == "unfreeze_from" else 1
    place = open_workspace(tmp_path)
    assert make_config("hybrid", LITE, {old: value}, place) == make_config("hybrid", LITE, {new: value}, place)
    with pytest.raises(UserError, match=f"{new} was given twice"):
        make_config("hybrid", LITE, {old: value, new: value}, place)


@pytest.mark.parametrize(
    ("strategy", "backbone", "settings", "message", "reason"),
    [
        ("magic", LITE, {}, "magic.*feature-extraction, hybrid", "an unknown strategy, with those allowed"),
        ("hybrid", "vgg", {}, "“vgg”.*efficientnet-lite0, vgg16", "an unknown network, with those allowed"),
        ("hybrid", LITE, {"epoch": 3}, "'epoch'.*Did you mean epochs", "a misspelling suggests the nearest"),
        ("hybrid", LITE, {"learningrate": 1}, "Did you mean learning_rate", "and another one"),
        ("hybrid", LITE, {"qqq": 3}, "settings are: image_size, .*contrast", "nothing is near: all that is allowed"),
        ("hybrid", LITE, {"epochs": 0}, "1 to 500", "out of range"),
        ("hybrid", LITE, {"epochs": "3"}, "'3'.*a whole number", "of another type"),
    ],
)
def test_a_wrong_setting_is_one_sentence(strategy, backbone, settings, message, reason, tmp_path):
    with pytest.raises(UserError, match=message):
        make_config(strategy, backbone, settings, open_workspace(tmp_path))


def test_a_workspace_is_given_in_any_form(tmp_path, monkeypatch):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path))
    workspace = open_workspace(tmp_path)
    for given in (workspace, tmp_path, str(tmp_path), None):
        assert take_workspace(given) == workspace


BOTH = "efficientnet-lite0+mobilenet-v2"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["mobilenet-v2", LITE], "a list"),
        ((LITE, "mobilenet-v2"), "a tuple, in another order"),
        (f" mobilenet-v2 + {LITE} ", "as one name"),
    ],
)
def test_several_networks_are_given_in_any_form(given, reason, tmp_path):
    config = make_config("feature-extraction", given, {}, open_workspace(tmp_path))
    assert (config.backbone, config.image_size) == (BOTH, 224), reason


@pytest.mark.parametrize("given", [[], (), [3], [None, LITE], 7, None, {"a": 1}.values()])
def test_what_is_no_network_is_one_sentence(given, tmp_path):
    with pytest.raises(UserError, match="is not allowed.*Give the name of a network"):
        make_config("feature-extraction", given, {}, open_workspace(tmp_path))


@pytest.mark.parametrize(
    ("strategies", "backbones", "expected"),
    [
        (["feature-extraction", "hybrid"], [LITE, BOTH], [(LITE, 0), (LITE, 1), (BOTH, 0)]),
        (["feature-extraction"], [[LITE, "mobilenet-v2"], BOTH, LITE], [(BOTH, 0), (LITE, 0)]),
        (["hybrid"], [LITE, BOTH], "stay frozen, so hybrid can.t"),
    ],
    ids=["several with what they can", "the same ones once", "nothing that they can"],
)
def test_a_race_of_several_networks(strategies, backbones, expected, tmp_path):
    if isinstance(expected, str):
        with pytest.raises(UserError, match=expected):
            make_configs(strategies, backbones, {}, open_workspace(tmp_path))
    else:
        configs = make_configs(strategies, backbones, {}, open_workspace(tmp_path))
        assert [(each.backbone, int(each.fine_tunes)) for each in configs] == expected
