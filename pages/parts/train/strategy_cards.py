"""The choice of the strategy: four cards, each with a picture of what is frozen and what trains.

The pictures are drawn by style.css (a bar a part of the network, the head last) and only repeat the words below them.
"""

import streamlit as st

from pages.parts.train import settings_form
from pages.shared import strategies
from pages.shared.widgets import plain
from tlcore.config import STRATEGIES, TrainConfig
from tlcore.messages.networks import only_message
from tlcore.models.registry import possible_strategies
from tlcore.models.spec import BackboneSpec

SENTENCES = {
    "feature-extraction": "Keep the network frozen and train a new head. Fastest, good with few photos.",
    "hybrid": "Train the head first, then fine-tune the top of the network.",
    "fine-tuning": "Train the head, then fine-tune the whole network. Best with many photos.",
    "scratch": "Start from random weights, for comparison. Needs by far the most photos.",
}
"""What a strategy does and when it is right, short enough for a card."""


def choose(config: TrainConfig, spec: BackboneSpec, recommended: str | None) -> None:
    """The cards of what the network can be used with; the one that is recommended says so.

    Args:
        spec: the network.
        recommended: a strategy; None as long as there is no recommendation.
    """
    possible = possible_strategies(spec)
    place = possible.index(recommended) + 1 if recommended in possible else 0
    index = possible.index(config.strategy)
    # As a style: a new label would redraw the cards under the finger.
    card = f'.st-key-setting_strategy [role="radiogroup"] > div:nth-child({place})'
    st.html(f'<style>{card} {{ --tl-badge: "Recommended"; }}</style>')
    st.radio(
        options=list(possible),
        format_func=strategies.name,
        captions=[SENTENCES[strategy] for strategy in possible],
        **settings_form.widget_options("strategy", config.strategy, possible, {"index": index}),
    )
    if len(possible) < len(STRATEGIES):
        st.caption(plain(only_message(spec)))
    st.html(
        '<p class="tl-legend"><i></i>trains<i class="tl-random-mark"></i>trains from random weights'
        '<i class="tl-frozen-mark"></i>frozen</p>'
    )
