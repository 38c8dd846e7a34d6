"""The choice of the backbone: a handful of well-known ones, or all of them with a search and an order.

Each says its size, its speed and its accuracy in words, and as three small bars for the eye.
"""

import math
from collections.abc import Callable, Sequence

import streamlit as st

from pages.parts.train import settings_form
from pages.shared import settings
from pages.shared.networks import num_bytes, place_message, speed_word
from pages.shared.widgets import plain
from tlcore.messages.networks import ability_message
from tlcore.messages.quantities import format_bytes, percent
from tlcore.models.registry import BUILT_IN
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights_cache import is_present

WELL_KNOWN = (BUILT_IN.name, "mobilenet-v3-large", "efficientnet-v2-b0", "resnet50", "convnext-tiny")
HANDFUL = len(WELL_KNOWN)
ROW = '.st-key-setting_backbone [role="radiogroup"] > div'
HEIGHT = 430  # pixels, of the list of all of them, which scrolls; style.css keeps the chosen one in sight
SEARCH, HERE = "backbone_search", "backbone_here"
ORDERS: dict[str, Callable[[BackboneSpec], float]] = {
    "Smallest": lambda spec: num_bytes(spec),
    "Fastest": lambda spec: spec.multiply_adds,
    "Most accurate": lambda spec: -(spec.imagenet_top1 or 0.0),
}
LEAST_BYTES, MOST_BYTES = 5e5, 1.4e9  # where the bars begin and end; sizes and work by their logarithm
LEAST_WORK, MOST_WORK = 4e7, 9e10
LEAST_ACCURACY, MOST_ACCURACY = 0.4, 0.9


def choose(current: BackboneSpec) -> None:
    """The backbones to choose from, what the chosen one is like, and the way to all of them."""
    everything = st.session_state.get("all_backbones", False)
    found = _searched() if everything else handful()
    shown = found if current in found else [current, *found]
    if everything and not found:
        st.caption(nothing_found_message(st.session_state.get(SEARCH) or "", st.session_state.get(HERE, False)))
    is_long = len(shown) > HANDFUL + 1
    place = "tl_backbones_long" if is_long else "tl_backbones"
    with st.container(height=HEIGHT if is_long else "content", key=place, gap=None):
        st.html(_bars_style(shown))
        st.radio(
            options=[spec.name for spec in shown],
            format_func={spec.name: spec.title for spec in shown}.__getitem__,
            captions=[caption(spec) for spec in shown],
            **settings_form.widget_options(
                "backbone", current.name, tuple(spec.name for spec in shown), {"index": shown.index(current)}
            ),
        )
    st.caption(f"{plain(current.sentence)} {accuracy_message(current)}.")
    if (number := len(settings.backbones())) > HANDFUL:
        label = "Show fewer" if everything else f"Show all {number}"
        st.button(label, type="tertiary", key="show_backbones", on_click=_show, args=(not everything,))


def handful() -> list[BackboneSpec]:
    """Those that are shown at first: the built-in one, some of each kind, and the person's own."""
    every = settings.backbones()
    known = [spec for name in WELL_KNOWN for spec in every if spec.name == name]
    own = [spec for spec in every if spec.imported is not None]
    others = [spec for spec in every if spec not in known and spec not in own]
    return known + others[: HANDFUL - len(known)] + own


def _show(everything: bool) -> None:
    st.session_state["all_backbones"] = everything


def _searched() -> list[BackboneSpec]:
    """All backbones that the search lets through, in the chosen order."""
    words = st.text_input("Search backbones", key=SEARCH, persist_state="session", placeholder="ResNet")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = st.segmented_control("Sort by", list(ORDERS), key="backbone_order", persist_state="session")
        here = st.checkbox("No download needed", key=HERE, persist_state="session")
    found = [spec for spec in settings.backbones() if matches(spec, words or "") and (not here or is_present(spec))]
    return ordered(found, order)


def nothing_found_message(words: str, here: bool) -> str:
    """Why the list has no other backbone than the chosen one, and what to do, in Markdown.

    Args:
        words: what is searched. here: whether only those that need no download are wanted.
    """
    if here and any(matches(spec, words) for spec in settings.backbones()):
        return "No other backbone works without a download. Clear “No download needed” to see the rest."
    return f"No backbone is called “{plain(words)}”. Try a shorter name, or another one."


def matches(spec: BackboneSpec, words: str) -> bool:
    """Whether each of the words is in the backbone's name, however it is written: "resnet 50" finds ResNet50."""
    name = "".join(filter(str.isalnum, f"{spec.title}{spec.name}".lower()))
    return all("".join(filter(str.isalnum, word)) in name for word in words.lower().split())


def ordered(specs: Sequence[BackboneSpec], order: str | None) -> list[BackboneSpec]:
    """The backbones in one of the `ORDERS`; None leaves them in the table's own, the built-in one first."""
    return sorted(specs, key=ORDERS[order]) if order else list(specs)


def caption(spec: BackboneSpec) -> str:
    """Its place, size, speed and accuracy: "12 MB download · fast · 76%"."""
    size = "" if not is_present(spec) else f"{format_bytes(num_bytes(spec))} · "
    accuracy = "" if spec.imagenet_top1 is None else f" · {percent(spec.imagenet_top1)} accurate"
    return f"{place_message(spec)} · {size}{speed_word(spec)}{accuracy}"


def accuracy_message(spec: BackboneSpec) -> str:
    """How good it is at the photos that it was made with."""
    if spec.imported is not None:
        return f"{plain(ability_message(spec)).removesuffix('.')}"
    if spec.imagenet_top1 is None:
        return "Its accuracy on ImageNet was never published"
    return f"{percent(spec.imagenet_top1)} correct on ImageNet, which has 1,000 classes"


def _bars_style(shown: Sequence[BackboneSpec]) -> str:
    """The lengths of the bars, which style.css draws; only numbers of the table, nothing that a person wrote."""
    rules = []
    for place, spec in enumerate(shown, start=1):
        size, speed, accuracy = bars(spec)
        lengths = f"--tl-size:{size:.2f};--tl-speed:{speed:.2f};--tl-accuracy:{accuracy:.2f}"
        rules.append(f"{ROW}:nth-child({place}){{{lengths}}}")
    names = "".join(f"<b>{name}</b>" for name in ("Size", "Speed", "Accuracy"))
    return f'<style>{"".join(rules)}</style><p class="tl-bar-names" aria-hidden="true">{names}</p>'


def bars(spec: BackboneSpec) -> tuple[float, float, float]:
    """How long its bars are, 0–1: size, speed (the longer, the faster), accuracy."""
    size = _share(math.log(num_bytes(spec)), math.log(LEAST_BYTES), math.log(MOST_BYTES))
    work = _share(math.log(spec.multiply_adds), math.log(LEAST_WORK), math.log(MOST_WORK))
    return size, 1 - work, _share(spec.imagenet_top1 or 0.0, LEAST_ACCURACY, MOST_ACCURACY)


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
