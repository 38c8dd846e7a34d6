"""The form of the Train page: its sentence, its two choices, its options, and what of it becomes a run's settings."""

import shutil
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.train import backbone_picker, plan, settings_form, strategy_cards
from pages.shared import settings
from tests.pages.conftest import FETCHED, buttons, words
from tlcore.config import STRATEGIES, TrainConfig, defaults_for
from tlcore.events import StageKey
from tlcore.models import registry
from tlcore.models.registry import BUILT_IN
from tlcore.pipeline import estimate
from tlcore.pipeline.timings import load_timings, timing_names

TABLE = registry.BACKBONES  # all of them: the tests' own table has two

pytestmark = pytest.mark.usefixtures("two_networks")


@pytest.fixture
def form(visit, trained) -> AppTest:
    """The page with a data set and no run."""
    workspace, dataset, _ = trained
    shutil.rmtree(workspace.recommendations, ignore_errors=True)  # others run the real pages on these photos
    return visit("train", workspace, dataset=dataset.id)


def choose(at: AppTest, strategy: str = "", backbone: str = "") -> AppTest:
    """Make the two choices."""
    if strategy:
        at.radio(key="setting_strategy").set_value(strategy).run()
    if backbone:
        at.radio(key="setting_backbone").set_value(backbone).run()
    return at


def start(at: AppTest, queue) -> TrainConfig:
    """Press the button; the settings of the run that was made."""
    at.button(key="train").click().run()
    return queue.jobs[-1].config


def keys(at: AppTest) -> set[str]:
    """The settings on the page."""
    return {key.removeprefix("setting_") for key in settings_of(at)}


def settings_of(at: AppTest) -> dict:
    """The widgets of the settings, by their keys."""
    kinds = (at.selectbox, at.slider, at.select_slider, at.number_input, at.checkbox, at.radio)
    return {each.key: each for kind in kinds for each in kind if each.key.startswith("setting_")}


def test_only_the_two_choices_are_not_folded_away(form):
    inside = {each.key for fold in form.expander for kind in ("selectbox", "radio") for each in fold.get(kind)}
    assert "setting_strategy" not in inside and "setting_backbone" not in inside
    assert form.radio(key="setting_strategy").value == "feature-extraction"
    assert form.radio(key="setting_strategy").options == ["Feature extraction", "Hybrid", "Fine-tuning", "From scratch"]
    assert form.radio(key="setting_backbone").value == BUILT_IN.name
    assert [fold.label for fold in form.expander] == ["Bring your own network", "Options"]
    assert [tab.label for tab in form.tabs] == list(settings_form.GROUPS.values())
    assert [button.label for button in form.button if button.proto.type == "primary"] == ["Train"]


def test_one_sentence_says_what_the_button_will_do(form):
    assert "with 24 photos" in words(form) and "24 photos to train on · 6 for validation · 6 held back" in words(form)
    assert "then fine-tunes the top" in words(choose(form, "hybrid"))


def test_every_strategy_has_a_sentence_on_its_card(form):
    assert list(strategy_cards.SENTENCES) == list(STRATEGIES)
    assert list(form.radio(key="setting_strategy").proto.captions) == list(strategy_cards.SENTENCES.values())


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_strategy_brings_its_defaults(form, queue, strategy):
    config = start(choose(form, strategy), queue)
    assert config == defaults_for(strategy)
    assert not form.exception


def test_what_the_person_set_survives_a_change_of_strategy(form, queue):
    choose(form, "hybrid")
    form.number_input(key="setting_epochs").set_value(7)
    form.number_input(key="setting_fine_tune_epochs").set_value(3).run()
    choose(form, "feature-extraction")
    assert "fine_tune_epochs" not in keys(form)
    config = start(choose(form, "fine-tuning"), queue)
    assert config == defaults_for("fine-tuning", epochs=7, fine_tune_epochs=3)


def test_what_does_nothing_does_not_come_along(form, queue):
    choose(form, "hybrid")
    form.number_input(key="setting_fine_tune_epochs").set_value(3).run()
    assert start(choose(form, "feature-extraction"), queue) == defaults_for("feature-extraction")


def test_what_was_set_is_told_and_can_be_put_back(form, queue):
    form.number_input(key="setting_epochs").set_value(7).run()
    assert f"You changed: {settings.OPTIONS['epochs'].metadata['label']}" in words(form)
    form.button(key="put_back").click().run()
    assert "You changed" not in words(form)
    assert start(form, queue) == defaults_for("feature-extraction")


@pytest.mark.parametrize(
    ("strategy", "hidden", "reason"),
    [
        (
            "feature-extraction",
            {"unfreeze_from", "num_unfrozen_layers", "fine_tune_epochs", "fine_tune_learning_rate", "mixed_precision"},
            "nothing opens",
        ),
        ("fine-tuning", {"unfreeze_from", "num_unfrozen_layers"}, "everything opens"),
        (
            "scratch",
            {"unfreeze_from", "num_unfrozen_layers", "epochs", "learning_rate", "views", "mixed_precision"},
            "there is no first phase",
        ),
        ("hybrid", set(), "all of it counts"),
    ],
)
def test_what_does_nothing_is_not_shown(form, strategy, hidden, reason):
    assert keys(choose(form, strategy)).isdisjoint(hidden), reason
    opened = {"fine_tune_epochs", "fine_tune_learning_rate"} if strategy != "feature-extraction" else {"epochs"}
    assert opened <= keys(form)


def pushed_back(at: AppTest) -> set[str]:
    """The settings whose value was sent to the browser anew in the last run: what was pressed since would be lost."""
    return {key for key, each in settings_of(at).items() if each.proto.set_value}


def test_a_value_is_sent_to_the_browser_only_when_another_one_belongs_there(form):
    choose(form, "hybrid")
    form.run()
    assert pushed_back(form) == set(), "nothing has changed"
    form.slider(key="setting_patience").set_value(3).run()
    form.number_input(key="setting_epochs").set_value(7).run()
    form.select_slider(key="setting_fine_tune_learning_rate").set_value(0.001).run()
    assert pushed_back(form) == set(), "the browser knows best what was set there"
    choose(form, "feature-extraction")
    assert pushed_back(form) >= {"setting_rotation"}, "the new strategy has its own variations"


@pytest.mark.parametrize(
    ("sent", "taken", "reason"),
    [
        (
            {"image_size": 96, "schedule": "constant", "label_smoothing": 0.0, "patience": 8, "rotation": 0.0},
            {"image_size": 96},
            "a browser that still shows the old defaults sends them along; only one number was typed",
        ),
        ({"image_size": 96}, {"image_size": 96}, "a browser that has drawn the new ones"),
        ({"schedule": "constant"}, {"schedule": "constant"}, "one of the old defaults is wanted back"),
    ],
)
def test_old_defaults_that_come_back_by_themselves_are_nobodys_wish(form, queue, sent, taken, reason):
    at = choose(form, "hybrid")
    for name, value in sent.items():
        next(
            each
            for kind in (at.number_input, at.selectbox, at.slider)
            for each in kind
            if each.key == f"setting_{name}"
        ).set_value(value)
    at.run()
    assert at.session_state["own_settings"] == {"strategy": "hybrid"} | taken, reason
    assert start(at, queue) == defaults_for("hybrid", **taken), reason


def test_the_steps_of_a_step_size_stay_when_it_moves(form):
    choose(form, "fine-tuning")
    slider = form.select_slider(key="setting_fine_tune_learning_rate")
    before = list(slider.options)
    assert slider.value == 0.0003, "a value between the round ones"
    slider.set_value(0.0005).run()
    assert list(form.select_slider(key="setting_fine_tune_learning_rate").options) == before


def test_photos_vary_from_two_views_on(form):
    form.slider(key="setting_views").set_value(1).run()
    assert keys(form).isdisjoint(settings.VARIATIONS)
    form.slider(key="setting_views").set_value(4).run()
    assert keys(form) >= set(settings.VARIATIONS)
    form.slider(key="setting_views").set_value(1).run()
    assert keys(choose(form, "scratch")) >= set(settings.VARIATIONS), "photos vary on the fly"


def test_the_blocks_are_those_of_the_network_from_the_top_down(form, queue):
    choose(form, "hybrid")
    box = form.selectbox(key="setting_unfreeze_from")
    assert box.value == "auto" and box.options[0] == "auto: the upper third"
    assert box.options[1:3] == ["head and above (3 layers)", "block7a and above (11 layers)"]
    box.set_value("block7a").run()
    assert "block7a" in words_of_boxes(form)
    choose(form, backbone="far-net")
    box = form.selectbox(key="setting_unfreeze_from")
    assert len(box.options) == 4 and box.value == "auto", "the other network has no such block"
    choose(form, backbone=BUILT_IN.name)
    assert start(form, queue).unfreeze_from == "block7a", "and it comes back with its network"


def words_of_boxes(at: AppTest) -> list[str]:
    return [box.value for box in at.selectbox]


def test_layers_instead_of_a_block(form):
    choose(form, "hybrid")
    form.number_input(key="setting_num_unfrozen_layers").set_value(5).run()
    assert form.selectbox(key="setting_unfreeze_from").disabled
    assert form.number_input(key="setting_num_unfrozen_layers").max == BUILT_IN.blocks[-1].num_layers


def test_the_image_size_fits_the_network(form, queue):
    form.number_input(key="setting_image_size").set_value(40).run()
    choose(form, backbone="far-net")
    assert form.number_input(key="setting_image_size").min == 75
    assert start(form, queue).image_size == 75


def test_each_network_begins_at_its_own_image_size(form, queue):
    assert start(choose(form, backbone="far-net"), queue).image_size == 299


def test_a_network_says_its_size_before_it_is_fetched(form, tmp_path):
    choose(form, backbone="far-net")
    assert "Download 58.9 MB and train" in buttons(form)
    assert "Downloads FarNet (58.9 MB), then trains a new head" in words(form)
    assert list(form.radio(key="setting_backbone").proto.captions)[1] == "58.9 MB download · slow · 80% accurate"
    assert "Train" in buttons(choose(form, "scratch")), "random weights need no download"


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("backbone_search", "far", "the built-in one is called otherwise"),
        ("backbone_search", "nothing is called so", "no name matches"),
        ("backbone_here", True, "the other would have to be fetched"),
    ],
)
def test_a_search_leaves_out_backbones_but_never_the_chosen_one(form, key, value, reason, monkeypatch):
    monkeypatch.setattr(backbone_picker, "HANDFUL", 1)
    assert form.run().radio(key="setting_backbone").options == [BUILT_IN.title], "one is shown at first"
    form.button(key="show_backbones").click().run()
    assert form.radio(key="setting_backbone").options == [BUILT_IN.title, "FarNet"]
    (form.checkbox if key == "backbone_here" else form.text_input)(key=key).set_value(value).run()
    shown = form.radio(key="setting_backbone")
    assert shown.value == BUILT_IN.name and shown.options[0] == BUILT_IN.title, reason
    assert ("FarNet" in shown.options) == (value == "far"), reason
    assert not form.exception and not form.error


@pytest.mark.parametrize(
    ("words", "found"),
    [("", True), ("net far", True), ("FAR-NET", True), ("far net 2", False)],
)
def test_names_are_found_however_they_are_written(words, found):
    assert backbone_picker.matches(FETCHED, words) == found


@pytest.mark.parametrize(
    ("order", "first"), [(None, BUILT_IN), ("Smallest", BUILT_IN), ("Fastest", BUILT_IN), ("Most accurate", FETCHED)]
)
def test_backbones_are_sorted(order, first):
    assert backbone_picker.ordered([BUILT_IN, FETCHED], order)[0] == first


def test_the_longer_the_bar_the_more_of_it():
    size, speed, accuracy = backbone_picker.bars(BUILT_IN)
    far_size, far_speed, far_accuracy = backbone_picker.bars(FETCHED)
    assert far_size > size and far_speed < speed and far_accuracy > accuracy


@pytest.mark.parametrize("spec", TABLE, ids=lambda spec: spec.name)
def test_bars_stay_inside_their_tracks(spec):
    assert all(0.02 <= length <= 1 for length in backbone_picker.bars(spec))


def test_a_handful_begins_with_the_built_in_one_and_all_of_it_is_known():
    assert set(backbone_picker.WELL_KNOWN) <= {spec.name for spec in TABLE}
    assert backbone_picker.WELL_KNOWN[0] == BUILT_IN.name


@pytest.mark.parametrize(
    ("change", "stale", "reason"),
    [
        ({}, False, "nothing was changed"),
        ({"epochs": 400}, True, "more epochs take longer"),
        ({"label_smoothing": 0.1}, False, "it takes no time, so only the options are drawn again"),
        ({"hidden_units": 4096, "head": "flatten"}, True, "memory for that is refused"),
    ],
)
def test_an_option_changes_the_sentence_only_where_it_has_to(trained, monkeypatch, change, stale, reason):
    """The options are a fragment of their own: what stands above is drawn again only where it would be wrong."""
    workspace, dataset, _ = trained
    config = defaults_for("feature-extraction")
    rates = {StageKey.TRAIN_HEAD: 0.01, StageKey.EXTRACT_FEATURES: 0.01}
    known = load_timings(workspace) | {timing_names(config, BUILT_IN)[rate]: seconds for rate, seconds in rates.items()}
    monkeypatch.setattr(estimate, "load_timings", lambda _: known)
    monkeypatch.setattr(plan.state, "workspace", lambda: workspace)
    monkeypatch.setattr(plan, "memory_refusal", lambda configs: "no" * (configs[0].head == "flatten"))
    said = plan.sentence(dataset, config)
    assert "about" in said
    monkeypatch.setattr(plan.st, "session_state", {"plan_shown": (config, said)})
    assert plan.is_stale(dataset, replace(config, **change)) == stale, reason


def use_several(at: AppTest, *names: str) -> AppTest:
    """Switch to several networks, and choose some."""
    at.toggle(key="several_networks").set_value(True).run()
    return at.multiselect(key="several_chosen").set_value(list(names)).run()


def test_several_networks_become_one_run(form, queue):
    use_several(form, BUILT_IN.name, FETCHED.name)
    assert any("Together" in each.value and "times the computing" in each.value for each in form.caption)
    assert form.radio(key="setting_strategy").options == [strategy_cards.strategies.name("feature-extraction")]
    assert any("feature extraction only" in each.value for each in form.caption)
    config = start(form, queue)
    assert config.backbone == "+".join(sorted([BUILT_IN.name, FETCHED.name])) and not config.fine_tunes


@pytest.mark.parametrize(
    ("own", "names", "expected", "reason"),
    [
        ({}, [BUILT_IN.name], BUILT_IN.name, "one is a single network"),
        ({"head": "flatten"}, [BUILT_IN.name, FETCHED.name], "pooling", "a head that they cannot have gives way"),
        ({"strategy": "hybrid"}, [BUILT_IN.name, FETCHED.name], "feature-extraction", "and so does a strategy"),
    ],
)
def test_what_does_not_go_with_several_networks(form, queue, own, names, expected, reason):
    form.session_state["own_settings"] = dict(own)
    use_several(form, *names)
    assert expected in start(form, queue).to_dict().values(), reason


def test_back_to_a_single_network(form, queue):
    use_several(form, BUILT_IN.name, FETCHED.name)
    form.toggle(key="several_networks").set_value(False).run()
    assert form.radio(key="setting_backbone").value == BUILT_IN.name == start(form, queue).backbone


@pytest.mark.parametrize("name", ["nothing+efficientnet-lite0", "efficientnet-lite0+efficientnet-lite0", "+"])
def test_networks_that_nobody_can_choose_are_passed_over(form, queue, name):
    form.session_state["own_settings"] = {"backbone": name}
    assert start(form.run(), queue).backbone == BUILT_IN.name
