"""The form of the Train page: its two questions, what folds away, and what of it becomes a run's settings."""

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.train import network_choice, settings_form
from pages.shared import settings
from tests.pages.conftest import buttons, words
from tlcore.config import STRATEGIES, TrainConfig, defaults_for
from tlcore.models.registry import BUILT_IN

pytestmark = pytest.mark.usefixtures("two_networks")


@pytest.fixture
def form(visit, trained) -> AppTest:
    """The page with a data set and no run."""
    workspace, dataset, _ = trained
    shutil.rmtree(workspace.recommendations, ignore_errors=True)  # others run the real pages on these photos
    return visit("train", workspace, dataset=dataset.id)


def choose(at: AppTest, strategy: str = "", backbone: str = "") -> AppTest:
    """Answer the two questions."""
    if strategy:
        at.radio(key="setting_strategy").set_value(strategy).run()
    if backbone:
        at.selectbox(key="setting_backbone").set_value(backbone).run()
    return at


def start(at: AppTest, queue) -> TrainConfig:
    """Press the button; the settings of the run that was made."""
    next(button for button in at.button if " on 24 photos" in button.label).click().run()
    return queue.jobs[-1].config


def keys(at: AppTest) -> set[str]:
    """The settings on the page."""
    return {key.removeprefix("setting_") for key in settings_of(at)}


def settings_of(at: AppTest) -> dict:
    """The widgets of the settings, by their keys."""
    kinds = (at.selectbox, at.slider, at.select_slider, at.number_input, at.checkbox, at.radio)
    return {each.key: each for kind in kinds for each in kind if each.key.startswith("setting_")}


def test_only_the_two_questions_are_not_folded_away(form):
    inside = {each.key for fold in form.expander for kind in ("selectbox", "radio") for each in fold.get(kind)}
    assert "setting_strategy" not in inside and "setting_backbone" not in inside
    assert form.radio(key="setting_strategy").value == "feature-extraction"
    assert form.radio(key="setting_strategy").options == list(STRATEGIES.values())
    assert form.selectbox(key="setting_backbone").value == BUILT_IN.name
    assert [fold.label for fold in form.expander] == ["Find a network by size or speed", *settings_form.GROUPS.values()]
    assert len([button for button in form.button if button.proto.type == "primary"]) == 1


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
    assert "You set: Rounds over all photos (epochs)." in words(form)
    next(button for button in form.button if button.label.startswith("Put back")).click().run()
    assert "You set" not in words(form)
    assert start(form, queue) == defaults_for("feature-extraction")


@pytest.mark.parametrize(
    ("strategy", "hidden", "reason"),
    [
        (
            "feature-extraction",
            {"unfreeze_from", "num_unfrozen_layers", "fine_tune_epochs", "fine_tune_learning_rate"},
            "nothing opens",
        ),
        ("fine-tuning", {"unfreeze_from", "num_unfrozen_layers"}, "everything opens"),
        (
            "scratch",
            {"unfreeze_from", "num_unfrozen_layers", "epochs", "learning_rate", "views"},
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
    assert "Download 58.9 MB and train on 24 photos" in buttons(form)
    assert "download of 58.9 MB" in words(form) and "about 40 times the work" in words(form)
    assert "Train on 24 photos" in buttons(choose(form, "scratch")), "random weights need no download"


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("networks_size", "small", "58.9 MB"),
        ("networks_speed", "quick", "40 times the work"),
        ("networks_here", True, "it would have to be fetched"),
    ],
)
def test_filters_leave_out_networks_but_never_the_chosen_one(form, key, value, reason):
    def filter_by() -> None:
        kind = form.checkbox if key == "networks_here" else form.segmented_control
        kind(key=key).set_value(value).run()

    filter_by()
    assert len(form.selectbox(key="setting_backbone").options) == 1, reason
    kind = form.checkbox if key == "networks_here" else form.segmented_control
    kind(key=key).set_value(False if key == "networks_here" else network_choice.ANY).run()
    choose(form, backbone="far-net")
    filter_by()
    assert form.selectbox(key="setting_backbone").value == "far-net"
