"""The settings of a run: what the person set himself over the defaults of the chosen strategy and network.

What the person set lives in the session under its field's name, apart from any widget: it outlives the page, and a
change of strategy changes only the rest. Every widget is built from the field's own words and limits in `TrainConfig`.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import Field, fields
from types import MappingProxyType
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import chrome, preview
from pages.shared.widgets import plain
from tlcore.config import STRATEGIES, TrainConfig, defaults_for
from tlcore.data.augment import Augmentation
from tlcore.data.manifest import Dataset
from tlcore.models.registry import BUILT_IN, BackboneSpec, find_backbone, usual_image_size

SLIDER_STEPS = 100  # a slider with more steps cannot be set exactly with a finger
AUTO = TrainConfig().unfreeze_from
ECHO_SECONDS = 2.0  # so long a slow browser may take to draw a single new default
GROUPS = {
    "network": "The network: image size and more",
    "learning": "How it learns: rounds, step size and more",
    "augmentation": "Vary the photos (augmentation)",
}
VARIATIONS = tuple(option.name for option in fields(Augmentation))
IDLE = {  # what does nothing for a strategy
    "feature-extraction": (
        "unfreeze_from",
        "num_unfrozen_layers",
        "fine_tune_epochs",
        "fine_tune_learning_rate",
        "batch_norm_adaptation",
    ),
    "hybrid": (),
    "fine-tuning": ("unfreeze_from", "num_unfrozen_layers"),
    "scratch": ("unfreeze_from", "num_unfrozen_layers", "epochs", "learning_rate", "views", "batch_norm_adaptation"),
}
_OPTIONS = {option.name: option for option in fields(TrainConfig)}


def own() -> dict[str, Any]:
    """What this visitor set himself, by field name."""
    return st.session_state.setdefault("own_settings", {})


def _remember(name: str) -> None:
    value = st.session_state[f"setting_{name}"]
    if not _is_echo(name, value):
        own()[name] = value
        _replaced().pop(name, None)


def _replaced() -> dict[str, tuple[Any, float]]:
    """For settings whose default has changed: the value before, which a browser may still show, and since when."""
    return st.session_state.setdefault("settings_replaced", {})


def _is_echo(name: str, value: Any) -> bool:
    """Whether nobody set this value: a browser that has not drawn the new defaults yet sends the old ones with a click.

    It then sends the old values of all of them, whereas a person who wants one of them back sees the others anew.
    """
    old, since = _replaced().get(name, (None, 0.0))
    if value != old:
        return False
    others = [other for other in _replaced() if other != name and f"setting_{other}" in st.session_state]
    if not others:
        return time.monotonic() - since < ECHO_SECONDS
    return any(st.session_state[f"setting_{other}"] == _replaced()[other][0] for other in others)


def network() -> BackboneSpec:
    """The chosen network."""
    return find_backbone(own().get("backbone", BUILT_IN.name))


def proposed(strategy: str | None = None, spec: BackboneSpec | None = None) -> TrainConfig:
    """The settings a run would get now: the person's own where they count, else what is right for his choice.

    Args:
        strategy, spec: in place of those that he chose.
    """
    spec, strategy = spec or network(), strategy or own().get("strategy", TrainConfig().strategy)
    values = {"image_size": usual_image_size(strategy, spec)} | own() | {"backbone": spec.name}
    kept = {name: _fitting(name, value, spec) for name, value in values.items() if name != "strategy"}
    counting = shown(defaults_for(strategy, **kept))
    return defaults_for(strategy, **{name: value for name, value in kept.items() if name in counting})


def shown(config: TrainConfig) -> list[str]:
    """The fields that count for the strategy; photos that a frozen network sees vary only from two views on."""
    idle = set(IDLE[config.strategy])
    if config.strategy in ("feature-extraction", "hybrid") and config.views == 1:
        idle |= set(VARIATIONS)
    return [name for name in _OPTIONS if name not in idle]


def _fitting(name: str, value: Any, spec: BackboneSpec) -> Any:
    """A value that the person set, brought to what the chosen network allows."""
    if name == "unfreeze_from":
        return value if value in [block.name for block in spec.blocks] else AUTO
    low, high = _limits(name, spec)
    return value if low is None else min(max(value, low), high)


def _limits(name: str, spec: BackboneSpec) -> tuple[Any, Any]:
    """The least and the most of a number with this network; None for what is no number."""
    meta = _OPTIONS[name].metadata
    if name == "image_size":
        return max(meta["low"], spec.least_image_size), meta["high"]
    if name == "num_unfrozen_layers":
        return meta["low"], spec.blocks[-1].num_layers
    return meta.get("low"), meta.get("high")


def choose_strategy(config: TrainConfig) -> None:
    """What may learn: one of four, in a sentence each."""
    shared = _shared("strategy", config.strategy, tuple(STRATEGIES))
    st.radio(options=list(STRATEGIES), format_func=STRATEGIES.__getitem__, **shared)


def folds(dataset: Dataset | None = None) -> None:
    """Everything else, folded away in groups; what the person changed is told, with the way back.

    Args:
        dataset: whose photos show how they would vary; without it there is no preview.
    """
    # A fragment: none of this changes what stands above, so only the folds are drawn again, and the preview follows at
    # once.
    st.fragment(chrome.errors_shown()(_folds), key="folds")(dataset)


def _folds(dataset: Dataset | None) -> None:
    config = proposed()
    *groups, last = GROUPS
    for group in groups:
        with _fold(group):
            _rows(_inside(group, config), config)
    with _fold(last):
        _variations(_inside(last, config), config, dataset)
    changed = [name for name in shown(config) if name in own() and _OPTIONS[name].metadata["group"] in GROUPS]
    if changed:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"You set: {', '.join(_OPTIONS[name].metadata['label'] for name in changed)}.", width="content")
            if st.button("Put back what is right for this choice"):
                _put_back()
                st.rerun()


def _fold(group: str) -> DeltaGenerator:
    """The fold of a group; its key keeps it open when the page above it grows."""
    return st.expander(GROUPS[group], key=f"fold_{group}")


def _inside(group: str, config: TrainConfig) -> list[str]:
    return [name for name in shown(config) if _OPTIONS[name].metadata["group"] == group]


def _rows(names: list[str], config: TrainConfig, hints: Mapping[str, str] = MappingProxyType({})) -> None:
    """The widgets of these settings, two in a row, each with its hint; rows keep the order on a small screen too."""
    for start in range(0, len(names), 2):
        for name, column in zip(names[start : start + 2], st.columns(2, gap="large")):
            with column:
                setting(_OPTIONS[name], getattr(config, name), find_backbone(config.backbone), config)
                if name in hints:
                    preview.hint(hints[name], bool(getattr(config, name)))


def _variations(names: list[str], config: TrainConfig, dataset: Dataset | None) -> None:
    """The settings that vary the photos, beside nine variants of one as soon as photos can vary."""
    _say_views(config)
    if dataset is None or not set(VARIATIONS) & set(names):
        _rows(names, config)
    else:
        preview.show(config, dataset, lambda: _rows(names, config, preview.hints(dataset)))


def _put_back() -> None:
    st.session_state["own_settings"] = {name: own()[name] for name in ("backbone", "strategy") if name in own()}


def _say_views(config: TrainConfig) -> None:
    """How the photos come to vary, as long as they do not."""
    if "views" in shown(config) and config.views == 1:
        st.markdown("Choose two or more views, and each photo can be mirrored, turned, zoomed and more.")


def setting(option: Field, value: Any, spec: BackboneSpec, config: TrainConfig) -> None:
    """The widget for one setting: a choice, a switch, a slider where it can be set exactly, else a number to type."""
    meta, name = option.metadata, option.name
    if name == "unfreeze_from":
        blocks = {AUTO: "auto: the upper third"} | {
            block.name: f"{block.name} and above ({block.num_layers} layers)" for block in spec.blocks
        }
        choice(name, list(blocks), value, blocks, disabled=config.num_unfrozen_layers > 0)
        return
    low, high = _limits(name, spec)
    shared = _shared(name, value, (low, high))
    if "choices" in meta:
        st.selectbox(options=list(meta["choices"]), format_func=meta["choices"].__getitem__, **shared)
    elif option.type is bool:
        st.checkbox(**shared)
    elif "step" not in meta:
        usual = {getattr(defaults_for(strategy), name) for strategy in STRATEGIES}  # all, so that steps never change
        st.select_slider(options=series(low, high, {*usual, value}), format_func=lambda number: f"{number:g}", **shared)
    elif (high - low) / meta["step"] <= SLIDER_STEPS:
        st.slider(min_value=low, max_value=high, step=meta["step"], **shared)
    else:
        digits = {"format": f"%.{max(0, -math.floor(math.log10(meta['step'])))}f"} if option.type is float else {}
        st.number_input(min_value=low, max_value=high, step=meta["step"], **digits, **shared)


def choice(name: str, options: list[str], value: str, said: dict[str, str], disabled: bool = False) -> None:
    """A select box for a field whose values are not in its own words."""
    shared = _shared(name, value, tuple(said.values()))
    st.selectbox(options=options, format_func=said.__getitem__, disabled=disabled, **shared)


def _shared(name: str, value: Any, allowed: tuple[Any, ...]) -> dict[str, Any]:
    """What every widget of a setting has; its value is put into the session first, so that defaults can change.

    It is put there only where it is another value than the widget's own, or where `allowed` (limits, or the words to
    choose from) is not what it was: to put it there in every run would push back a slider that has moved on since.
    """
    meta, key = _OPTIONS[name].metadata, f"setting_{name}"
    before = st.session_state.setdefault("settings_allowed", {})
    if st.session_state.get(key) != value or before.get(name) != allowed:
        if key in st.session_state and st.session_state[key] != value:
            _replaced()[name] = st.session_state[key], time.monotonic()
        st.session_state[key] = value
    before[name] = allowed
    return {"label": meta["label"], "help": plain(meta["help"]), "key": key, "on_change": _remember, "args": (name,)}


def frame(config: TrainConfig) -> pd.DataFrame:
    """The settings of a run that counted, as a table: what each is called, and its value in words."""
    rows = []
    for name in shown(config):
        meta, value = _OPTIONS[name].metadata, getattr(config, name)
        words = "yes" if value is True else "no" if value is False else str(value)
        rows.append((meta["label"], meta.get("choices", {}).get(value, words)))
    return pd.DataFrame(rows, columns=["Setting", "Value"])


def series(low: float, high: float, others: set[float]) -> list[float]:
    """1, 2, 5, 10, … from low to high, with `others` among them: steps that feel equal on a wide range."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = {float(f"{digit}e{exponent}") for exponent in exponents for digit in (1, 2, 5)}
    return sorted({step for step in steps if low <= step <= high} | others)
