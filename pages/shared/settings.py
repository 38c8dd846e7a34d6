"""The settings of the next run: what the person set himself over the defaults of the chosen strategy and network.

As long as the person has chosen no strategy, it is the recommended one as soon as there is a recommendation.

What the person set lives in the session under its field's name, apart from any widget: it outlives the page, and a
change of strategy changes only the rest. Nothing here draws; parts/train/settings_form.py does.
"""

from dataclasses import fields
from typing import Any

import streamlit as st

from pages.shared import state
from tlcore.config import SEVERAL, TrainConfig, defaults_for
from tlcore.data.augment import Augmentation
from tlcore.errors import UserError
from tlcore.models.backbones import list_backbones
from tlcore.models.registry import BUILT_IN, possible_strategies, usual_image_size
from tlcore.models.several import side_by_side
from tlcore.models.spec import BackboneSpec

AUTO = TrainConfig().unfreeze_from
START = "train"  # the key of the button that starts a run
RECOMMENDED = "recommended_strategy"  # in the session: of the data set in use, None as long as there is none
OPTIONS = {option.name: option for option in fields(TrainConfig)}
VARIATIONS = tuple(option.name for option in fields(Augmentation))
IDLE: dict[str, tuple[str, ...]] = {  # what does nothing for a strategy
    "feature-extraction": (
        "unfreeze_from",
        "num_unfrozen_layers",
        "fine_tune_epochs",
        "fine_tune_learning_rate",
        "batch_norm_adaptation",
        "mixed_precision",
    ),
    "hybrid": ("cross_validation", "refit"),
    "fine-tuning": ("unfreeze_from", "num_unfrozen_layers", "cross_validation", "refit"),
    "scratch": (
        "features",
        "cross_validation",
        "refit",
        "unfreeze_from",
        "num_unfrozen_layers",
        "epochs",
        "learning_rate",
        "views",
        "batch_norm_adaptation",
        "mixed_precision",
    ),
}


def own() -> dict[str, Any]:
    """What this visitor set himself, by field name."""
    values: dict[str, Any] = st.session_state.setdefault("own_settings", {})
    return values


def recommend(strategy: str | None) -> None:
    """Propose this strategy to a person who has chosen none; None proposes the usual one."""
    st.session_state[RECOMMENDED] = strategy


def backbones() -> tuple[BackboneSpec, ...]:
    """The networks that this visitor can choose from: the table's, then those that he added."""
    return list_backbones(state.workspace(), state.maker())


def backbone() -> BackboneSpec:
    """The chosen network, or several side by side; the built-in one where it was deleted, or is not this visitor's."""
    try:
        return of_name(str(own().get("backbone", BUILT_IN.name)))
    except UserError:
        return BUILT_IN


def of_name(name: str) -> BackboneSpec:
    """The network of this name, or several joined by "+", of those that this visitor can choose from.

    Raises:
        UserError: one is none of those, or they cannot be used together.
    """
    known = {spec.name: spec for spec in backbones()}
    names = name.split(SEVERAL)
    if unknown := [each for each in names if each not in known]:
        raise UserError(f"There is no network “{unknown[0]}”.", "Choose another one.")
    specs = [known[each] for each in names]
    return specs[0] if len(specs) == 1 else side_by_side(specs)


def refusal_of(name: str) -> UserError | None:
    """Why networks cannot be used together; None where they can."""
    try:
        of_name(name)
    except UserError as error:
        return error
    return None


def proposed(strategy: str | None = None, spec: BackboneSpec | None = None) -> TrainConfig:
    """The settings a run would get now: the person's own where they count, else what is right for his choice.

    Args:
        strategy, spec: in place of those that he chose, or that are proposed to him.
    """
    spec = spec or backbone()
    strategy = strategy or own().get("strategy") or st.session_state.get(RECOMMENDED) or TrainConfig().strategy
    if strategy not in possible_strategies(spec):
        strategy = TrainConfig().strategy
    values = {"image_size": usual_image_size(strategy, spec)} | own() | {"backbone": spec.name}
    kept = {name: _fitting(name, value, spec) for name, value in values.items() if name != "strategy"}
    names = counting(defaults_for(strategy, **kept))
    return defaults_for(strategy, **{name: value for name, value in kept.items() if name in names})


def counting(config: TrainConfig) -> list[str]:
    """The fields that count for the strategy; photos that a frozen network sees vary only from two views on."""
    idle = set(IDLE[config.strategy])
    if config.strategy in ("feature-extraction", "hybrid") and config.views == 1:
        idle |= set(VARIATIONS)
    if SEVERAL in config.backbone:
        idle.add("head")
    return [name for name in OPTIONS if name not in idle]


def _fitting(name: str, value: Any, spec: BackboneSpec) -> Any:
    """A value that the person set, brought to what the chosen network allows."""
    if name == "head" and spec.members:
        return TrainConfig().head
    if name == "unfreeze_from" and spec.blocks:
        return value if value in [block.name for block in spec.blocks] else AUTO
    low, high = limits(name, spec)
    return value if low is None else min(max(value, low), high)


def limits(name: str, spec: BackboneSpec) -> tuple[Any, Any]:
    """The least and the most of a number with this network; None for what is no number."""
    meta = OPTIONS[name].metadata
    if name == "image_size":
        return max(meta["low"], spec.least_image_size), min(meta["high"], spec.most_image_size or meta["high"])
    if name == "num_unfrozen_layers" and spec.blocks:
        return meta["low"], spec.blocks[-1].num_layers
    return meta.get("low"), meta.get("high")
