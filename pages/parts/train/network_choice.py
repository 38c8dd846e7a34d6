"""The choice of the pretrained network: each in plain words, and filters that stay folded away."""

import streamlit as st

from pages.parts.train import settings_form
from pages.shared.networks import backbone_label, place_message
from tlcore.messages.quantities import count, format_bytes
from tlcore.models.registry import BACKBONES, BUILT_IN
from tlcore.models.spec import BackboneSpec
from tlcore.models.weights_cache import is_present

ANY = "any"
SIZES = {ANY: ("Any size", None), "small": ("Up to 25 MB", 25e6), "medium": ("Up to 100 MB", 100e6)}
QUICK, MEDIUM = 3.0, 15.0  # the most work of one photo, as a multiple of the built-in network's
SPEEDS = {ANY: ("Any speed", None), "quick": ("Quick", QUICK), "medium": ("Quick or medium", MEDIUM)}
"""What a filter is called, and the most it lets through: bytes, and `relative_work`."""


def choose(current: BackboneSpec) -> None:
    """The networks to choose from, what the chosen one is like, and the filters."""
    place = st.container()
    with st.expander("Find a network by size or speed"):
        shown = _filtered(current)
        st.caption(f"{count(len(shown), 'network')} of {len(BACKBONES)} to choose from.")
    with place:
        settings_form.choice(
            "backbone", [spec.name for spec in shown], current.name, {spec.name: backbone_label(spec) for spec in shown}
        )
        st.markdown(current.sentence)
        size = f"{format_bytes(num_bytes(current))}, " if is_present(current) else ""
        st.caption(f"{accuracy_message(current)} · {size}{place_message(current)} · {speed_message(current)}")


def _filtered(current: BackboneSpec) -> list[BackboneSpec]:
    """The networks that the filters let through, the chosen one always among them."""
    size = _filter("Size", SIZES, "networks_size")
    speed = _filter("Speed", SPEEDS, "networks_speed")
    here = st.checkbox("On this machine already", key="networks_here", persist_state="session")
    return [
        spec
        for spec in BACKBONES
        if spec == current
        or (
            (size is None or num_bytes(spec) <= size)
            and (speed is None or relative_work(spec) <= speed)
            and (not here or is_present(spec))
        )
    ]


def _filter(name: str, steps: dict[str, tuple[str, float | None]], key: str) -> float | None:
    """A filter with its steps; the most it lets through, None for everything."""
    chosen = st.segmented_control(
        name,
        list(steps),
        default=ANY,
        key=key,
        persist_state="session",
        required=True,
        format_func=lambda step: steps[step][0],
    )
    return steps[chosen or ANY][1]


def num_bytes(spec: BackboneSpec) -> int:
    """How large the weights are; 4 bytes a parameter for those that come with the program."""
    return spec.download_bytes or 4 * spec.parameters


def relative_work(spec: BackboneSpec) -> float:
    """The work of one photo, as a multiple of the built-in network's."""
    return spec.multiply_adds / BUILT_IN.multiply_adds


def accuracy_message(spec: BackboneSpec) -> str:
    """How often it is right on the photos it was taught with."""
    if spec.imagenet_top1 is None:
        return "Nobody published how often it is right"
    return f"Right on {spec.imagenet_top1 * 100:.0f} of 100 photos of ImageNet, with 1,000 classes"


def speed_message(spec: BackboneSpec) -> str:
    """How much work a photo is, beside the built-in network."""
    times = relative_work(spec)
    kind = "quick" if times <= QUICK else "medium speed" if times <= MEDIUM else "slow"
    if spec.built_in:
        return kind
    if times < 0.75:
        return f"{kind}, less work than the built-in network"
    if times < 1.5:
        return f"{kind}, about the work of the built-in network"
    return f"{kind}, about {times:.0f} times the work of the built-in network"
