"""The settings of a run as widgets: all but backbone and strategy, folded away under "Options".

Every widget is built from the field's own words and limits in `TrainConfig`. What the person sets goes to
shared/settings.py, which knows what of it counts.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import Field
from types import MappingProxyType
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.train import preview
from pages.shared import chrome
from pages.shared.settings import AUTO, OPTIONS, VARIATIONS, backbone, counting, limits, own, proposed
from pages.shared.widgets import plain
from tlcore.config import STRATEGIES, TrainConfig, defaults_for
from tlcore.data.manifest import Dataset
from tlcore.models.spec import BackboneSpec

SLIDER_STEPS = 100  # a slider with more steps cannot be set exactly with a finger
ECHO_SECONDS = 2.0  # so long a slow browser may take to draw a single new default
GROUPS = {"learning": "Training", "network": "Network", "augmentation": "Augmentation"}
"""The groups of settings, with the tab that each stands under."""


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

    It then sends the old values of all of them, whereas a person who wants one of them back sees the others again.
    """
    old, since = _replaced().get(name, (None, 0.0))
    if value != old:
        return False
    others = [other for other in _replaced() if other != name and f"setting_{other}" in st.session_state]
    if not others:
        return time.monotonic() - since < ECHO_SECONDS
    return any(st.session_state[f"setting_{other}"] == _replaced()[other][0] for other in others)


def options(dataset: Dataset | None = None, is_stale: Callable[[TrainConfig], bool] = lambda config: False) -> None:
    """Everything else, folded away, a tab a group; what the person changed is told, with the way back.

    Args:
        dataset: whose photos show how they would vary; without it there is no preview.
        is_stale: whether what the page above says is wrong for these settings, so that all of it has to be drawn again.
    """
    # A fragment: few of these change what stands above, so mostly only the options are drawn again, and the preview
    # follows at once.
    st.fragment(chrome.errors_shown()(_options), key="options")(dataset, is_stale)


def _options(dataset: Dataset | None, is_stale: Callable[[TrainConfig], bool]) -> None:
    config = proposed()
    if is_stale(config):
        st.rerun()
    with st.expander("Options", key="fold_options"):  # its key keeps it open when the page above it grows
        _reset(config)
        *groups, last = GROUPS
        *tabs, last_tab = st.tabs(list(GROUPS.values()), key="option_tabs")
        for group, tab in zip(groups, tabs):
            with tab:
                _rows(_inside(group, config), config)
        with last_tab:
            _variations(_inside(last, config), config, dataset)


def _reset(config: TrainConfig) -> None:
    """What the person changed, and the button that takes it back."""
    changed = [name for name in counting(config) if name in own() and OPTIONS[name].metadata["group"] in GROUPS]
    words = ", ".join(OPTIONS[name].metadata["label"] for name in changed)
    with st.container(horizontal=True, vertical_alignment="center", key="tl_changed"):
        st.caption(f"You changed: {words}" if changed else "Recommended settings for this strategy", width="content")
        if changed:
            st.button("Put back recommended settings", key="put_back", on_click=_put_back)


def _inside(group: str, config: TrainConfig) -> list[str]:
    return [name for name in counting(config) if OPTIONS[name].metadata["group"] == group]


def _rows(names: list[str], config: TrainConfig, hints: Mapping[str, str] = MappingProxyType({})) -> None:
    """The widgets of these settings, two in a row, each with its hint; rows keep the order on a small screen too."""
    for start in range(0, len(names), 2):
        for name, column in zip(names[start : start + 2], st.columns(2, gap="large")):
            with column:
                setting(OPTIONS[name], getattr(config, name), backbone(), config)
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
        st.markdown("Choose two or more variants, and each photo can be mirrored, turned, zoomed and more.")


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
    if "choices" in meta:
        index = list(meta["choices"]).index(value)
        shared = widget_options(name, value, (low, high), {"index": index})
        st.selectbox(options=list(meta["choices"]), format_func=meta["choices"].__getitem__, **shared)
        return
    shared = widget_options(name, value, (low, high), {"value": value})
    if option.type is bool:
        st.checkbox(**shared)
    elif "step" not in meta:
        usual = {getattr(defaults_for(strategy), name) for strategy in STRATEGIES}  # all, so that steps never change
        st.select_slider(
            options=round_steps(low, high, {*usual, value}), format_func=lambda number: f"{number:g}", **shared
        )
    elif (high - low) / meta["step"] <= SLIDER_STEPS:
        st.slider(min_value=low, max_value=high, step=meta["step"], **shared)
    else:
        digits = {"format": f"%.{max(0, -math.floor(math.log10(meta['step'])))}f"} if option.type is float else {}
        st.number_input(min_value=low, max_value=high, step=meta["step"], **digits, **shared)


def choice(name: str, options: list[str], value: str, labels: dict[str, str], disabled: bool = False) -> None:
    """A select box for a field whose values are not in its own words."""
    shared = widget_options(name, value, tuple(labels.values()), {"index": options.index(value)})
    st.selectbox(options=options, format_func=labels.__getitem__, disabled=disabled, **shared)


def widget_options(name: str, value: Any, allowed: tuple[Any, ...], default: dict[str, Any]) -> dict[str, Any]:
    """What every widget of a setting has; its value is put into the session first, so that defaults can change.

    It is put there only where it is another value than the widget's own, or where `allowed` (limits, or the words to
    choose from) is not what it was: to put it there in every run would push back a slider that has moved on since.

    Args:
        default: the value as the widget takes it. A busy browser skips a run whose successor comes soon, and would
            then begin with the least that is allowed and send that.
    """
    meta, key = OPTIONS[name].metadata, f"setting_{name}"
    before = st.session_state.setdefault("settings_allowed", {})
    is_put = st.session_state.get(key) != value or before.get(name) != allowed
    if is_put:
        if key in st.session_state and st.session_state[key] != value:
            _replaced()[name] = st.session_state[key], time.monotonic()
        st.session_state[key] = value
    before[name] = allowed
    shared = {"label": meta["label"], "help": plain(meta["help"]), "key": key, "on_change": _remember, "args": (name,)}
    return shared | ({} if is_put else default)  # Streamlit logs a warning where both are given


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
