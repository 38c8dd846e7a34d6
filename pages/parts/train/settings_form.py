"""The settings of a run as widgets: the strategy, and all else folded away in groups.

Every widget is built from the field's own words and limits in `TrainConfig`. What the person sets goes to
shared/settings.py, which knows what of it counts.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import Field
from types import MappingProxyType
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.train import preview
from pages.shared import chrome
from pages.shared.settings import AUTO, OPTIONS, VARIATIONS, counting, limits, own, proposed
from pages.shared.widgets import plain
from tlcore.config import STRATEGIES, TrainConfig, defaults_for
from tlcore.data.manifest import Dataset
from tlcore.models.registry import find_backbone
from tlcore.models.spec import BackboneSpec

SLIDER_STEPS = 100  # a slider with more steps cannot be set exactly with a finger
ECHO_SECONDS = 2.0  # so long a slow browser may take to draw a single new default
GROUPS = {
    "network": "The network: image size and more",
    "learning": "How it learns: rounds, step size and more",
    "augmentation": "Vary the photos (augmentation)",
}


def _remember(name: str) -> None:
    value = st.session_state[f"setting_{name}"]
    if not _is_echo(name, value):
        own()[name] = value
        _replaced().pop(name, None)


def _replaced() -> dict[str, tuple[Any, float]]:
    """For settings whose default has changed: the value before, which a browser may still show, and since when."""
    replaced: dict[str, tuple[Any, float]] = st.session_state.setdefault("settings_replaced", {})
    return replaced


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


def choose_strategy(config: TrainConfig) -> None:
    """What may learn: one of four, in a sentence each."""
    common = _common("strategy", config.strategy, tuple(STRATEGIES))
    st.radio(options=list(STRATEGIES), format_func=STRATEGIES.__getitem__, **common)


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
    changed = [name for name in counting(config) if name in own() and OPTIONS[name].metadata["group"] in GROUPS]
    if changed:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"You set: {', '.join(OPTIONS[name].metadata['label'] for name in changed)}.", width="content")
            if st.button("Put back what is right for this choice"):
                _put_back()
                st.rerun()


def _fold(group: str) -> DeltaGenerator:
    """The fold of a group; its key keeps it open when the page above it grows."""
    return st.expander(GROUPS[group], key=f"fold_{group}")


def _inside(group: str, config: TrainConfig) -> list[str]:
    return [name for name in counting(config) if OPTIONS[name].metadata["group"] == group]


def _rows(names: list[str], config: TrainConfig, hints: Mapping[str, str] = MappingProxyType({})) -> None:
    """The widgets of these settings, two in a row, each with its hint; rows keep the order on a small screen too."""
    for start in range(0, len(names), 2):
        for name, column in zip(names[start : start + 2], st.columns(2, gap="large")):
            with column:
                setting(OPTIONS[name], getattr(config, name), find_backbone(config.backbone), config)
                if name in hints:
                    preview.hint(hints[name], bool(getattr(config, name)))


def _variations(names: list[str], config: TrainConfig, dataset: Dataset | None) -> None:
    """The settings that vary the photos, beside nine variants of one as soon as photos can vary."""
    _views_note(config)
    if dataset is None or not set(VARIATIONS) & set(names):
        _rows(names, config)
    else:
        preview.show(config, dataset, lambda: _rows(names, config, preview.hints(dataset)))


def _put_back() -> None:
    st.session_state["own_settings"] = {name: own()[name] for name in ("backbone", "strategy") if name in own()}


def _views_note(config: TrainConfig) -> None:
    """How the photos come to vary, as long as they do not."""
    if "views" in counting(config) and config.views == 1:
        st.markdown("Choose two or more views, and each photo can be mirrored, turned, zoomed and more.")


def setting(option: Field[Any], value: Any, spec: BackboneSpec, config: TrainConfig) -> None:
    """The widget for one setting: a choice, a switch, a slider where it can be set exactly, else a number to type."""
    meta, name = option.metadata, option.name
    if name == "unfreeze_from":
        blocks = {AUTO: "auto: the upper third"} | {
            block.name: f"{block.name} and above ({block.num_layers} layers)" for block in spec.blocks
        }
        choice(name, list(blocks), value, blocks, disabled=config.num_unfrozen_layers > 0)
        return
    low, high = limits(name, spec)
    common = _common(name, value, (low, high))
    if "choices" in meta:
        st.selectbox(options=list(meta["choices"]), format_func=meta["choices"].__getitem__, **common)
    elif option.type is bool:
        st.checkbox(**common)
    elif "step" not in meta:
        usual = {getattr(defaults_for(strategy), name) for strategy in STRATEGIES}  # all, so that steps never change
        st.select_slider(
            options=round_steps(low, high, {*usual, value}), format_func=lambda number: f"{number:g}", **common
        )
    elif (high - low) / meta["step"] <= SLIDER_STEPS:
        st.slider(min_value=low, max_value=high, step=meta["step"], **common)
    else:
        digits = {"format": f"%.{max(0, -math.floor(math.log10(meta['step'])))}f"} if option.type is float else {}
        st.number_input(min_value=low, max_value=high, step=meta["step"], **digits, **common)


def choice(name: str, options: list[str], value: str, labels: dict[str, str], disabled: bool = False) -> None:
    """A select box for a field whose values are not in its own words."""
    common = _common(name, value, tuple(labels.values()))
    st.selectbox(options=options, format_func=labels.__getitem__, disabled=disabled, **common)


def _common(name: str, value: Any, allowed: tuple[Any, ...]) -> dict[str, Any]:
    """What every widget of a setting has; its value is put into the session first, so that defaults can change.

    It is put there only where it is another value than the widget's own, or where `allowed` (limits, or the words to
    choose from) is not what it was: to put it there in every run would push back a slider that has moved on since.
    """
    meta, key = OPTIONS[name].metadata, f"setting_{name}"
    before = st.session_state.setdefault("settings_allowed", {})
    if st.session_state.get(key) != value or before.get(name) != allowed:
        if key in st.session_state and st.session_state[key] != value:
            _replaced()[name] = st.session_state[key], time.monotonic()
        st.session_state[key] = value
    before[name] = allowed
    return {"label": meta["label"], "help": plain(meta["help"]), "key": key, "on_change": _remember, "args": (name,)}


def settings_frame(config: TrainConfig) -> pd.DataFrame:
    """The settings of a run that counted, as a table: what each is called, and its value in words."""
    rows = []
    for name in counting(config):
        meta, value = OPTIONS[name].metadata, getattr(config, name)
        words = "yes" if value is True else "no" if value is False else str(value)
        rows.append((meta["label"], meta.get("choices", {}).get(value, words)))
    return pd.DataFrame(rows, columns=["Setting", "Value"])


def round_steps(low: float, high: float, others: set[float]) -> list[float]:
    """1, 2, 5, 10, … from low to high, with `others` among them: steps that feel equal on a wide range."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = {float(f"{digit}e{exponent}") for exponent in exponents for digit in (1, 2, 5)}
    return sorted({step for step in steps if low <= step <= high} | others)
