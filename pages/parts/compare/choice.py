"""What to compare: some strategies with some backbones, and what that comes to."""

from collections.abc import Sequence
from dataclasses import fields

import streamlit as st

from pages.shared import settings, strategies
from pages.shared.networks import backbone_label
from pages.shared.widgets import plain
from tlcore.config import SEVERAL, STRATEGIES, TrainConfig
from tlcore.messages.networks import SEVERAL_USE, only_message
from tlcore.messages.quantities import count, format_bytes
from tlcore.models.registry import BUILT_IN, possible_strategies
from tlcore.models.several import MOST_NETWORKS, members_of
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights_cache import is_present

PREFERRED = ("feature-extraction", "hybrid")
"""The strategies that are ticked at first."""


def choose() -> list[TrainConfig]:
    """The choice of strategies and networks. Returns the settings of each run, a network after the other."""
    left, right = st.columns([7, 5], gap="large")
    with left, st.container(key="tl_race_strategies", gap="small"):
        st.markdown(":small[Strategies]")  # as large as the label beside it
        for strategy in STRATEGIES:
            st.session_state.setdefault(f"race_{strategy}", strategy in PREFERRED)
        ticked = [strategy for strategy in STRATEGIES if _card(strategy)]
    with right:
        here = sorted(settings.backbones(), key=lambda spec: not is_present(spec))
        by_name = {spec.name: spec for spec in here}
        chosen = st.multiselect(
            "Pretrained networks (backbones)",
            list(by_name),
            default=[BUILT_IN.name],
            key="race_networks",
            persist_state="session",
            format_func=lambda name: backbone_label(by_name[name]),
        )
        together = _together(chosen)
    specs = [by_name[name] for name in chosen] + ([together] if together else [])
    configs = [
        settings.proposed(strategy, spec)
        for spec in specs
        for strategy in ticked
        if strategy in possible_strategies(spec)
    ]
    if configs:
        st.markdown(_plan_message(len(ticked), specs, configs))
    return configs


def _together(chosen: Sequence[str]) -> BackboneSpec | None:
    """The chosen networks side by side as one more to compare, where that is wanted and possible."""
    possible = 2 <= len(chosen) <= MOST_NETWORKS
    label = "Also use them side by side, as one"
    wanted = st.toggle(
        label,
        key="race_together",
        persist_state="session",
        disabled=not possible,
        help=f"Choose two or three networks. {SEVERAL_USE}",
    )
    if not wanted or not possible:
        return None
    if refusal := settings.refusal_of(SEVERAL.join(chosen)):
        st.caption(f"{plain(refusal.what)} {plain(refusal.fix)}")
        return None
    return settings.of_name(SEVERAL.join(chosen))


def _card(strategy: str) -> bool:
    """A strategy to tick, which looks as its card on the Train page does; whether it is ticked."""
    with st.container(key=f"tl_race_card_{strategy}", gap=None):
        ticked = st.checkbox(strategies.name(strategy), key=f"race_{strategy}", persist_state="session")
        st.caption(strategies.sentence(strategy))
    return ticked


def _plan_message(num_strategies: int, specs: Sequence[BackboneSpec], configs: Sequence[TrainConfig]) -> str:
    """How many runs it makes, what is fetched first, and which of the person's own settings count."""
    number = count(len(configs), "run")
    product = f"{count(num_strategies, 'strategy', 'strategies')} × {count(len(specs), 'network')}"
    made = f"{product} = {number}" if len(configs) == num_strategies * len(specs) else number
    words = [f"{made}, one after the other, on the same photos with the same split."]
    words += [plain(only_message(spec)) for spec in specs if possible_strategies(spec) != tuple(STRATEGIES)]
    members = dict.fromkeys(member for spec in specs for member in members_of(spec))
    fetched = [spec for spec in members if not is_present(spec)]
    if fetched and any(config.strategy != "scratch" for config in configs):
        size = format_bytes(sum(spec.download_bytes for spec in fetched))
        words.append(f"Downloaded first: {', '.join(spec.title for spec in fetched)} ({size}).")
    names = {name for config in configs for name in settings.counting(config)} - {"strategy", "backbone"}
    own = [option.metadata["label"] for option in fields(TrainConfig) if option.name in names & set(settings.own())]
    if own:
        words.append(f"Your options from the Train page apply: {', '.join(own)}.")
    return " ".join(words)
