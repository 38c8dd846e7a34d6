"""The choice of several backbones at once: a switch, and a list to choose two or three from in place of the cards."""

import streamlit as st

from pages.shared import settings
from pages.shared.networks import backbone_label
from pages.shared.widgets import plain
from tlcore.config import SEVERAL
from tlcore.messages.networks import SEVERAL_USE, several_message
from tlcore.models.registry import BUILT_IN
from tlcore.models.several import MOST_NETWORKS
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights_cache import is_present

SWITCH, CHOSEN = "several_networks", "several_chosen"


def choose(current: BackboneSpec) -> bool:
    """The switch, and where it is on, the choice; returns whether it is.

    Args:
        current: the chosen network, or several side by side.
    """
    st.session_state.setdefault(SWITCH, bool(current.members))
    if not st.toggle("Use several networks", key=SWITCH, persist_state="session", on_change=_switched):
        return False
    specs = {spec.name: spec for spec in sorted(settings.backbones(), key=lambda spec: not is_present(spec))}
    st.session_state.setdefault(CHOSEN, [spec.name for spec in current.members or (current,)])
    st.session_state[CHOSEN] = [name for name in st.session_state[CHOSEN] if name in specs]
    chosen = st.multiselect(
        "Two or three pretrained networks (backbones)",
        list(specs),
        key=CHOSEN,
        max_selections=MOST_NETWORKS,
        format_func=lambda name: backbone_label(specs[name]),
        on_change=_chosen,
        wrap=True,
        persist_state="session",
    )
    if len(chosen) < 2:
        st.caption(f"{SEVERAL_USE} Choose {'one more' if chosen else 'two'} to begin.")
    elif current.members:
        st.caption(f"{SEVERAL_USE} {plain(several_message(current))}")
    else:
        _refused(chosen)
    return True


def _switched() -> None:
    """Off again: of several networks, the built-in one, else the first, is kept."""
    names = str(settings.own().get("backbone", BUILT_IN.name)).split(SEVERAL)
    if not st.session_state[SWITCH]:
        settings.own()["backbone"] = BUILT_IN.name if BUILT_IN.name in names else names[0]
        st.session_state.pop(CHOSEN, None)


def _chosen() -> None:
    settings.own()["backbone"] = SEVERAL.join(st.session_state[CHOSEN]) or BUILT_IN.name


def _refused(chosen: list[str]) -> None:
    """Why these cannot be used together."""
    refusal = settings.refusal_of(SEVERAL.join(chosen))
    if refusal is not None:
        st.warning(f"{plain(refusal.what)} {plain(refusal.fix)}")
